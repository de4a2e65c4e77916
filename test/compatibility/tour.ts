// What a newcomer does with the library, wherever it runs: learn, look, save, load, ask, and a table of one's own.

import type * as Standalone from '../../src/standalone.ts';
import { bitsOfKinds, hashOf } from '../support/kinds.ts';

// For programs that are one file.
export { bitsOfKinds };

/** What is the same on every host, under the names of every entry. */
export type Library = Pick<
  typeof Standalone,
  'createNetwork' | 'dataset' | 'decodeNetwork' | 'encodeNetwork' | 'recipes'
>;
export type OwnLibrary = Pick<typeof Standalone, 'preprocess' | 'tableFrom' | 'trainModel'>;

/** What came of it. */
export interface Tour {
  readonly threads: number;
  /** Of the model file that plain SIMD learned, which is the same everywhere. */
  readonly bits: string;
  readonly trainError: number;
  /** Whether the saved network answers as the one that was saved. */
  readonly isSame: boolean;
  /** Test error of a table. */
  readonly ownError: number | undefined;
}

const [COUNT, WIDTH, CLASSES] = [240, 60, 4];

/** Examples that a few layers learn, the same everywhere. */
function examples(): { values: number[][]; labels: number[] } {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 16) / 65536;
  };
  const prototypes = Array.from({ length: CLASSES }, () =>
    Array.from({ length: WIDTH }, () => random() > 0.6),
  );
  const labels = Array.from({ length: COUNT }, (_, i) => i % CLASSES);
  const values = labels.map(label =>
    prototypes[label].map(isOn => Math.floor(isOn ? 150 + 100 * random() : 60 * random())),
  );
  return { values, labels };
}

/** `options` are given to whatever starts workers. */
export async function tour(ff: Library, own?: OwnLibrary, options = {}, ownOptions = options): Promise<Tour> {
  const { values, labels } = examples();
  const data = ff.dataset(values, labels);
  const recipe = { ...ff.recipes['one-pass'], layers: [70, 40], shift: 0, batch: 20, epochs: 4 };
  const network = await ff.createNetwork(recipe, {
    ...{ inputs: data.width, classes: data.classes, seed: 3, build: 'simd' },
    ...options,
  });
  let trainError = 100;
  for await (const event of network.fit(data)) trainError = event.trainError;
  const { threads } = network;
  const saved = await ff.encodeNetwork(network);
  const again = await ff.decodeNetwork(saved, options);
  const first = data.inputs.slice(0, data.width);
  const [one, other] = [await network.predict(first), await again.predict(first)];
  await network.close();
  await again.close();
  return {
    threads,
    bits: await hashOf(saved),
    trainError,
    // Loaded, it runs the fastest build, which rounds otherwise.
    isSame:
      one.label === other.label &&
      one.probabilities.every((share, label) => Math.abs(share - other.probabilities[label]) < 1e-5),
    ownError: own && (await learnTable(own, ownOptions)),
  };
}

async function learnTable(own: OwnLibrary, options: object): Promise<number> {
  const rows = Array.from({ length: 120 }, (_, i) => ({
    size: (i % 3) * 2 + ((i * 7) % 10) / 10,
    colour: ['red', 'green'][i % 2],
    kind: ['oak', 'elm', 'ash'][i % 3],
  }));
  const examples = await own.tableFrom(rows);
  const data = await own.preprocess({ examples }, { label: 'kind', ...options });
  const { model } = await own.trainModel(data, options);
  const { answers } = await model.network.evaluate(data.test);
  await model.close();
  return answers.error;
}
