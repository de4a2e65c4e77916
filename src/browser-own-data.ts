// forward-forward/own-data in a page: the names of own-data.ts, at work in workers.

// First, as in browser.ts.
export {
  decodeModel,
  type Model,
  preprocess,
  readTable,
  type TrainedModel,
  type TrainModelOptions,
  trainModel,
} from './train/page.ts';

// The rest, by folder.

export type { Encoding } from './data/encode-examples.ts';
export type { Examples, OpenedData } from './data/examples/examples.ts';
export type { Column, Table } from './data/formats/columns.ts';
export type { NotedTable, TextOptions } from './data/formats/text-table.ts';
export type { Images } from './data/images/images.ts';
export type { Note, NoteCode } from './data/notes.ts';
export type { PreprocessedData, PreprocessOptions } from './data/preprocessed.ts';
export { tableFrom, tableFromArray } from './data/tables/table.ts';
export { InputError } from './errors.ts';
export type { Answer } from './network/answers.ts';
export type { LoadOptions } from './network/encode.ts';
export type { EpochEvent } from './network/events.ts';
export type { PageOptions } from './network/page-script.ts';
export type { BlobLike, ResponseLike } from './platform.ts';
export type { Calibration } from './readouts/calibration.ts';
