// forward-forward/predict: prediction alone, for pages and devices that get a finished model.

// First, and apart: bundlers keep the order, and kernels in the midst of code spoil the codes that gzip finds for both.
export { loadPredictor, type Predictor } from './device/predictor.ts';
export type { Prediction } from './readouts/prediction.ts';

// The rest, by folder.

export type { KernelOptions } from './device/kernels.ts';
export type { OwnWords } from './device/model.ts';
export { InputError } from './errors.ts';
