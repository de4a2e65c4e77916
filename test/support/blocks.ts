// Data that a network learns in an epoch or two, as a folder of IDX files like MNIST: images of 28 × 28 with one bright block, whose
// place is the class.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

function idx(type: number, sizes: number[], values: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.set([0, 0, type, sizes.length]);
  for (const [i, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([header, values]);
}

/** Makes the folder with `train` and `test` images; with another `seed`, other ones of the same sizes. */
export async function writeBlocks(folder: string, train: number, test: number, seed = 0): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeSet(folder, 'train', train, seed);
  await writeSet(folder, 't10k', test, seed);
}

async function writeSet(folder: string, name: string, count: number, seed: number): Promise<void> {
  const images = new Uint8Array(count * 784);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
  for (let i = 0; i < count; i++) {
    const [top, left] = [4 + 10 * Math.floor(labels[i] / 5), 1 + 5 * (labels[i] % 5)];
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 5; x++) {
        images[i * 784 + (top + y) * 28 + left + x] = 100 + ((i * 7 + x * 11 + y + seed) % 150);
      }
    }
  }
  await writeFile(join(folder, `${name}-images-idx3-ubyte`), idx(8, [count, 28, 28], images));
  await writeFile(join(folder, `${name}-labels-idx1-ubyte`), idx(8, [count], labels));
}
