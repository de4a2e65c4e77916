// A short run of what `npm run fuzz` does for ten minutes each: every input that was kept, and some that are made of them.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generator } from '../support/data.ts';
import { mutated } from './mutation.ts';
import { faultOf, targets } from './targets.ts';

/** Inputs made of others; of what takes a process for each, a few. */
const SOME = 150;
const FEW = 3;

it.each(Object.keys(targets))('%s: an error of ours, or none', async name => {
  const folder = join(import.meta.dirname, 'corpus', name);
  const kept = existsSync(folder) ? readdirSync(folder).map(file => readFileSync(join(folder, file))) : [];
  const inputs: Uint8Array[] = [...(await targets[name].seeds()), ...kept];
  const random = generator(5);
  const made = Array.from({ length: name === 'parquet' ? FEW : SOME }, () =>
    mutated(inputs[Math.floor(random() * inputs.length)], { random, others: inputs, words: [] }),
  );
  for (const bytes of [...inputs, ...made]) expect(await faultOf(targets[name], bytes)).toBeUndefined();
});
