// The public API in a page: that of index.ts, without files.

// First, and apart: bundlers keep the order, and kernels in the midst of code spoil the codes that gzip finds for both.
export { createNetwork, decodeNetwork, encodeNetwork } from './network/page.ts';

// The rest, by folder.

export { type Dataset, type DatasetLike, type NumberArray, slice, splitValidation } from './data/dataset.ts';
export { type DatasetOptions, dataset } from './data/dataset-from-arrays.ts';
export { type Idx, parseIdx } from './data/formats/idx.ts';
export { idxDataset } from './data/named/idx-dataset.ts';
export { InputError } from './errors.ts';
export type { Build } from './kernels/features.ts';
export type { LayerSpec } from './layers/forms.ts';
export type { Goodness } from './layers/goodness.ts';
export type { Optimizer } from './layers/optimizer.ts';
export type { NetworkOptions } from './network/build.ts';
export type { Described } from './network/described.ts';
export type { LoadOptions } from './network/encode.ts';
export type { EpochEvent } from './network/events.ts';
export type { Evaluation, FitOptions } from './network/network.ts';
export type { PageOptions } from './network/page-script.ts';
export type { Position } from './network/position.ts';
export type { RemoteNetwork as Network } from './network/remote.ts';
export type { StateTensor } from './network/state.ts';
export type { Address, StopSignal, WasmModule } from './platform.ts';
export type { Scored } from './readouts/goodness.ts';
export type { Prediction } from './readouts/prediction.ts';
export { describeRecipe } from './recipes/describe.ts';
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
