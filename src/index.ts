// The public API in Node. Everything that is not exported here is free to change.

export { type Dataset, type DatasetLike, type NumberArray, slice, splitValidation } from './data/dataset.ts';
export { type DatasetOptions, dataset } from './data/dataset-from-arrays.ts';
export type { Examples, OpenedData } from './data/examples/examples.ts';
export { type ReadOptions, readExamples } from './data/examples/open-examples.ts';
export type { Column, Table } from './data/formats/columns.ts';
export { type Idx, parseIdx } from './data/formats/idx.ts';
export type { ReadProgress } from './data/formats/text-table.ts';
export { digitFromPixels } from './data/images/digit.ts';
export type { ImageOptions, Images } from './data/images/images.ts';
export { readDigit } from './data/images/read-digit.ts';
export { idxDataset } from './data/named/idx-dataset.ts';
export { datasetNames, loadDataset } from './data/named/named-datasets.ts';
export type { Note, NoteCode } from './data/notes.ts';
export { type PreprocessedData, type PreprocessOptions, preprocess } from './data/preprocess.ts';
export { tableFrom, tableFromArray } from './data/tables/table.ts';
export { readStrings } from './data/text/strings.ts';
export { textDataset } from './data/text/windows.ts';
export { DivergenceError, InputError } from './errors.ts';
export type { Build } from './kernels/features.ts';
export type { LayerSpec } from './layers/forms.ts';
export type { Goodness } from './layers/goodness.ts';
export type { Optimizer } from './layers/optimizer.ts';
export type { Answer } from './network/answers.ts';
export type { NetworkOptions } from './network/build.ts';
export { createNetwork } from './network/create.ts';
export type { Described } from './network/described.ts';
export { encodeNetwork, type LoadOptions } from './network/encode.ts';
export type { EpochEvent } from './network/events.ts';
export {
  decodeModel,
  decodeNetwork,
  loadModel,
  loadNetwork,
  type Model,
  saveNetwork,
} from './network/model.ts';
export type { Evaluation, FitOptions, Network } from './network/network.ts';
export type { PageOptions } from './network/page-script.ts';
export type { Position } from './network/position.ts';
export type { StateTensor } from './network/state.ts';
export { continueText, nextCharacterError } from './network/writing.ts';
export type { Address, StopSignal, WasmModule } from './platform.ts';
export type { Calibration } from './readouts/calibration.ts';
export type { Scored } from './readouts/goodness.ts';
export type { Prediction } from './readouts/prediction.ts';
export { describeRecipe } from './recipes/describe.ts';
export { publishedRecipes } from './recipes/published-recipes.ts';
export type {
  Between,
  Classes,
  Contrast,
  Learning,
  ObjectiveSpec,
  ReadoutName,
  Recipe,
  Recurrent,
  SelfContrast,
  Unsupervised,
} from './recipes/recipe.ts';
export { recipes } from './recipes/recipes.ts';
export type { RowFunction } from './schedules/between-layers.ts';
export { type Checkpoint, openCheckpoint } from './train/checkpoint.ts';
export { type TrainedModel, type TrainModelOptions, trainModel } from './train/train-model.ts';
