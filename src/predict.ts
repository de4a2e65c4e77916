// forward-forward/predict: prediction alone, for pages and devices that get a finished model.

// The rest, by folder.
export type { Note, NoteCode } from './data/notes.ts';
export type { Row } from './data/tables/rows.ts';
export type { KernelOptions } from './device/kernels.ts';
export { loadModel } from './device/load-model.ts';
export type { Model, OwnExamples } from './device/own-model.ts';
// First, and apart: bundlers keep the order, and kernels in the midst of code spoil the codes that gzip finds for both.
export { loadPredictor, type Prediction, type Predictor } from './device/predictor.ts';
export { InputError } from './errors.ts';
export type { Answer } from './network/answers.ts';
