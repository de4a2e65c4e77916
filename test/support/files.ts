// Model files that say something else than was written.

import { writeFile } from 'node:fs/promises';
import { readBytes } from '../../src/files/read.ts';
import { encodeSafetensors, parseSafetensors } from '../../src/files/safetensors.ts';

/** Writes the model file `from` to `to`, with another description: what `change` makes of it. */
export async function redescribe(
  from: string,
  to: string,
  // biome-ignore lint/suspicious/noExplicitAny: whatever a file may say
  change: (description: any) => void,
): Promise<void> {
  const { tensors, metadata } = parseSafetensors(await readBytes(from), from);
  const description = JSON.parse(metadata.description);
  change(description);
  const text = JSON.stringify(description);
  await writeFile(to, encodeSafetensors([...tensors.values()], { ...metadata, description: text }));
}

/** A safetensors file as other programs and older ones write it, without checksums. */
export function unchecked(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes);
  const begin = 8 + Number(file.readBigUInt64LE());
  const header = JSON.parse(file.toString('utf8', 8, begin));
  delete header.__metadata__.checksums;
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, file.subarray(begin)]);
}
