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
