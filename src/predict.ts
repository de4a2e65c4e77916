// forward-forward/predict: prediction alone, for pages and devices that get a finished model.

export type { KernelOptions } from './device/kernels.ts';
export { loadPredictor, type Prediction, type Predictor } from './device/predictor.ts';
export { InputError } from './errors.ts';
