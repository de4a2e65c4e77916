// Somebody's own data on its way to a network, in Node: where it can be told what memory holds.

import { isTable, type OpenedData } from './examples/examples.ts';
import { isForConvolutions } from './images/images.ts';
import { type PreprocessedData, type PreprocessOptions, preprocessed } from './preprocessed.ts';
import { checkRoom } from './room.ts';

export type { PreprocessedData, PreprocessOptions } from './preprocessed.ts';

/**
 * What own data need before `trainModel`: splits and encodes examples, each class alike: a fifth for testing unless the source has a `test` of its own, and 15 % of the
 * rest for validation. Throws an InputError where there is no column to learn, or too many classes or too few examples.
 */
export function preprocess(source: OpenedData, options: PreprocessOptions = {}): PreprocessedData {
  const { examples } = source;
  const pixels = !isTable(examples) && isForConvolutions(examples) ? 'plain' : 'centred';
  return preprocessed(source, { ...options, pixels: options.pixels ?? pixels }, checkRoom);
}
