// The public API in a page: that of index.ts, without files.

export { type Dataset, slice, splitValidation } from './data/dataset.ts';
export { digitFromPixels } from './data/digit.ts';
export { type Idx, idxDataset, parseIdx } from './data/idx.ts';
export type { Images } from './data/images.ts';
export type { Examples } from './data/own.ts';
export { type Column, type Table, tableFrom, tableFromArray } from './data/table.ts';
export { InputError } from './errors.ts';
export type { Answer } from './network/answers.ts';
export type { LoadOptions } from './network/encode.ts';
export type { Evaluation, FitOptions, Position, Prediction } from './network/network.ts';
export {
  createNetwork,
  decodeModel,
  decodeNetwork,
  encodeNetwork,
  type Model,
  type PageOptions,
} from './network/page.ts';
export type { NetworkOptions } from './network/prepare.ts';
export type { RemoteNetwork as Network } from './network/remote.ts';
export type { StateTensor } from './network/state.ts';
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
export type { EpochEvent } from './train/events.ts';
