// Small models of own data, trained for a moment, and rows to ask them about: numbers, categories, dates and gaps.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dataset } from '../../src/data/dataset.ts';
import type { Examples } from '../../src/data/examples/examples.ts';
import { type PreprocessOptions, preprocess } from '../../src/data/preprocess.ts';
import { parseSafetensors } from '../../src/files/safetensors.ts';
import type { ModelDescription } from '../../src/network/encode.ts';
import { parseWholeDescription } from '../../src/network/own-description.ts';
import { recipeFor } from '../../src/recipes/defaults.ts';
import type { Recipe } from '../../src/recipes/recipe.ts';
import { trainModel } from '../../src/train/train-model.ts';
import { generator } from './data.ts';

/** A row of a table of machines; what is to be learned of it is `state`. */
export type Machine = {
  readonly heat: number | null;
  readonly 'load %': string;
  readonly colour: string;
  readonly 'seen at': string;
  readonly guarded: boolean;
  readonly counter: number;
  readonly state: string;
};

/** Machines that are calm, busy or broken, by their heat, their colour and the month. */
export function machines(count: number, seed: number): Machine[] {
  const random = generator(seed);
  return Array.from({ length: count }, () => {
    const state = ['calm', 'busy', 'broken'][Math.floor(random() * 3)];
    const heat = { calm: 20, busy: 60, broken: 75 }[state]! + 20 * (random() - 0.5);
    const colour = random() < 0.7 ? { calm: 'green', busy: 'red', broken: 'red' }[state]! : 'grey';
    const month = state === 'broken' ? 1 + Math.floor(3 * random()) : 4 + Math.floor(9 * random());
    const day = 1 + Math.floor(28 * random());
    return {
      heat: random() < 0.1 ? null : Math.round(heat * 100) / 100,
      'load %': `${(heat + 10 * random()).toFixed(1)} %`,
      colour: random() < 0.05 ? '' : colour,
      'seen at': `2024-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')} ${String(day % 24).padStart(2, '0')}:30`,
      guarded: random() < 0.5,
      // Large numbers that differ by little: single precision cannot tell them apart.
      counter: random() < 0.2 ? -999 : 1.7e9 + Math.floor(1000 * random()),
      state,
    };
  });
}

/** Rows as they may come, which the model is to meet as Node's does. */
export const oddMachines: readonly Readonly<Record<string, unknown>>[] = [
  ...machines(20, 7).map(({ state: _, ...row }) => row),
  { heat: null, 'load %': '', colour: null, 'seen at': '', guarded: null, counter: -999 },
  { heat: '31.5', 'load %': 'n/a', colour: 'RED', 'seen at': '2024-02-30', guarded: 'yes', counter: '' },
  {
    heat: 'hot',
    'load %': '55.5 %',
    colour: 'violet',
    'seen at': '05.06.2024',
    guarded: 'perhaps',
    counter: 'x',
  },
  { heat: 1e9, 'load %': '1e3', colour: ' green ', 'seen at': '1900-01-01', guarded: 0, counter: 1.7e9 },
  {
    heat: Number.POSITIVE_INFINITY,
    'load %': '-5 %',
    colour: 'nan',
    'seen at': '2030-12-31 23:59',
    guarded: 'TRUE',
    counter: 0,
  },
];

/** The bytes of a model file of these examples, trained for a moment: by the usual recipe for them, or another one. */
export async function ownModel(
  examples: Examples,
  options: PreprocessOptions = {},
  recipeOf: (train: Dataset) => Recipe = train => ({ ...recipeFor(train), layers: [40, 24] }),
): Promise<Uint8Array> {
  const data = preprocess({ examples }, options);
  const recipe = { ...recipeOf(data.train), epochs: 4, shift: 0 };
  const { model } = await trainModel(data, { recipe, threads: 1 });
  const folder = await mkdtemp(join(tmpdir(), 'ff-own-model-'));
  try {
    const path = join(folder, 'm.safetensors');
    await model.save(path);
    return new Uint8Array(readFileSync(path));
  } finally {
    await model.close();
    await rm(folder, { recursive: true });
  }
}

/** What the metadata of a model file say. */
export function descriptionOf(model: Uint8Array): ModelDescription {
  return parseWholeDescription(parseSafetensors(model, 'm').metadata, 'm');
}

/** The kernels that devices run, in one of their builds. */
export function deviceKernels(entry: 'predict' | 'learn', build: string): WebAssembly.Module {
  return new WebAssembly.Module(
    readFileSync(fileURLToPath(new URL(`../../build/${entry}-${build}.wasm`, import.meta.url))),
  );
}
