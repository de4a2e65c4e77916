// forward-forward/own-data in Node: tables and images of somebody's own, by the names that a page has, too.

export type { Encoding } from './data/encode-examples.ts';
export type { Examples, OpenedData } from './data/examples/examples.ts';
export type { Column, Table } from './data/formats/columns.ts';
export { readTable } from './data/formats/csv.ts';
export type { TextOptions } from './data/formats/text-table.ts';
export type { Images } from './data/images/images.ts';
export type { Note, NoteCode } from './data/notes.ts';
export { type PreprocessedData, type PreprocessOptions, preprocess } from './data/preprocess.ts';
export { tableFrom, tableFromArray } from './data/tables/table.ts';
export { InputError } from './errors.ts';
export type { Answer } from './network/answers.ts';
export type { LoadOptions } from './network/encode.ts';
export type { EpochEvent } from './network/events.ts';
export { decodeModel, type Model } from './network/model.ts';
export { type TrainedModel, type TrainModelOptions, trainModel } from './train/train-model.ts';
