// What a predictor makes of model files that are damaged at random.

import { expect } from 'vitest';
import { loadPredictor } from '../../src/device/predictor.ts';
import { InputError } from '../../src/errors.ts';
import { generator } from './data.ts';
import { unchecked } from './files.ts';
import type { RandomModel } from './model.ts';

/** How files are damaged: how many of each kind, the share of the bytes that change which is in the header, and whether some are cut. */
export interface Damage {
  readonly rounds: number;
  readonly inHeader: number;
  readonly isCut: boolean;
}

/** How many files are loaded, and answer with a class that there is, and how many are refused; throws where anything else comes of one. */
export async function fateOfDamaged(
  { bytes, quantized, inputs }: Pick<RandomModel, 'bytes' | 'quantized' | 'inputs'>,
  { rounds, inHeader, isCut }: Damage,
): Promise<{ readonly loaded: number; readonly refused: number }> {
  const random = generator(7);
  let [loaded, refused] = [0, 0];
  const example = new Uint8Array(inputs).fill(100);
  // A checksum refuses what weights could still say.
  for (const file of [bytes, quantized].map(unchecked)) {
    const headerEnd = 8 + Number(Buffer.from(file).readBigUInt64LE());
    for (let round = 0; round < rounds; round++) {
      const length = isCut && random() < 0.1 ? Math.floor(random() * file.length) : file.length;
      const damaged = new Uint8Array(file).slice(0, length);
      for (let change = 0; change < 1 + random() * 3 && length > 0; change++) {
        const within = random() < inHeader ? Math.min(length, headerEnd) : length;
        damaged[Math.floor(random() * within)] = random() < 0.5 ? 48 + random() * 10 : random() * 256;
      }
      try {
        const predictor = await loadPredictor(damaged);
        const { label } = predictor.predict(example.subarray(0, predictor.inputs));
        expect(label).toBeLessThan(predictor.classes);
        loaded++;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        refused++;
      }
    }
  }
  return { loaded, refused };
}
