// Small data that a training takes seconds to learn.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Numbers in [0, 1) from a seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** IDX files of 28 × 28 images of ten classes, `train` of them and `test`. */
export function writeDigits(folder: string, train: number, test: number): void {
  mkdirSync(folder);
  const shapes = generator(1);
  const classes = Array.from({ length: 10 }, () =>
    Uint8Array.from({ length: 784 }, () => (shapes() < 0.2 ? 255 : 0)),
  );
  const random = generator(2);
  for (const [name, count] of [
    ['train', train],
    ['t10k', test],
  ] as const) {
    const images = Buffer.alloc(16 + 784 * count);
    const labels = Buffer.alloc(8 + count);
    for (const [i, value] of [0x803, count, 28, 28].entries()) images.writeUInt32BE(value, 4 * i);
    for (const [i, value] of [0x801, count].entries()) labels.writeUInt32BE(value, 4 * i);
    for (let i = 0; i < count; i++) {
      const label = Math.floor(10 * random());
      labels[8 + i] = label;
      for (let k = 0; k < 784; k++)
        images[16 + 784 * i + k] = random() < 0.3 ? 255 * random() : classes[label][k];
    }
    writeFileSync(join(folder, `${name}-images-idx3-ubyte`), images);
    writeFileSync(join(folder, `${name}-labels-idx1-ubyte`), labels);
  }
}

/** A table of `rows` rows with numbers, words, and three kinds to learn. */
export function writeTable(path: string, rows: number): void {
  const random = generator(3);
  const lines = Array.from({ length: rows }, (_, i) => {
    const kind = i % 3;
    return [
      kind + 1.4 * random(),
      kind - 2 * random(),
      ['red', 'green', 'blue'][random() < 0.4 ? 0 : kind],
      'abc'[kind],
    ].join();
  });
  writeFileSync(path, `a,b,colour,kind\n${lines.join('\n')}\n`);
}
