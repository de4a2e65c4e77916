// forward-forward/own-data in Node: tables and images of somebody's own, by the names that a page has, too.

import type { OpenedData } from './data/examples/examples.ts';
import {
  type PreprocessedData,
  type PreprocessOptions,
  preprocess as preprocessAtOnce,
} from './data/preprocess.ts';
import type { PageOptions } from './network/page-script.ts';

export type { Encoding } from './data/encode-examples.ts';
export type { Examples, OpenedData } from './data/examples/examples.ts';
export type { Column, Table } from './data/formats/columns.ts';
export { readTable } from './data/formats/csv.ts';
export type { NotedTable, TextOptions } from './data/formats/text-table.ts';
export type { Images } from './data/images/images.ts';
export type { Note, NoteCode } from './data/notes.ts';
export type { PreprocessedData, PreprocessOptions } from './data/preprocess.ts';
export { tableFrom, tableFromArray } from './data/tables/table.ts';
export { InputError } from './errors.ts';
export type { Answer } from './network/answers.ts';
export type { LoadOptions } from './network/encode.ts';
export type { EpochEvent } from './network/events.ts';
export { decodeModel, type Model } from './network/model.ts';
export type { PageOptions } from './network/page-script.ts';
export type { BlobLike, ResponseLike } from './platform.ts';
export { type TrainedModel, type TrainModelOptions, trainModel } from './train/train-model.ts';

/**
 * What own data need before `trainModel`: splits and encodes examples, each class alike: a fifth for testing unless the source has a `test`
 * of its own, and 15 % of the rest for validation. Rejects with an InputError where there is no column to learn, or too many classes or too
 * few examples.
 */
export async function preprocess(
  source: OpenedData,
  options: PreprocessOptions & PageOptions = {},
): Promise<PreprocessedData> {
  return preprocessAtOnce(source, options);
}
