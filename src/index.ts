// The public API in Node. Everything that is not exported here is free to change.

export { type Dataset, slice, splitValidation } from './data/dataset.ts';
export { digitFromPixels } from './data/digit.ts';
export { readExamples } from './data/examples.ts';
export { type Idx, idxDataset, parseIdx } from './data/idx.ts';
export { readDigit } from './data/image.ts';
export type { Images } from './data/images.ts';
export {
  type Examples,
  type PreprocessedData,
  type PreprocessOptions,
  preprocess,
  type Source,
} from './data/own.ts';
export { datasetNames, loadDataset } from './data/sources.ts';
export { type Column, type Table, tableFrom, tableFromArray } from './data/table.ts';
export { readStrings, textDataset } from './data/text.ts';
export { InputError } from './errors.ts';
export type { Answer } from './network/answers.ts';
export { createNetwork } from './network/create.ts';
export { encodeNetwork, type LoadOptions } from './network/encode.ts';
export {
  decodeModel,
  decodeNetwork,
  loadModel,
  loadNetwork,
  type Model,
  saveNetwork,
} from './network/model.ts';
export type { Evaluation, FitOptions, Network, Position, Prediction } from './network/network.ts';
export type { NetworkOptions } from './network/prepare.ts';
export type { StateTensor } from './network/state.ts';
export { continueText, nextCharacterError } from './network/writing.ts';
export type { Scored } from './readout/goodness.ts';
export { describeRecipe } from './recipes/describe.ts';
export type {
  Between,
  Goodness,
  LocalLayer,
  Negatives,
  Objective,
  Optimizer,
  Recipe,
  RecurrentSchedule,
  Schedule,
} from './recipes/recipe.ts';
export { recipes } from './recipes/recipes.ts';
export type { RowFunction } from './schedule/black-box.ts';
export { type Checkpoint, openCheckpoint } from './train/checkpoint.ts';
export type { EpochEvent } from './train/events.ts';
export { type TrainedModel, type TrainModelOptions, trainModel } from './train/learn.ts';
