// forward-forward/learn: prediction, and going on with learning on the device.

export type { KernelOptions } from './device/kernels.ts';
export { type Learner, type LearnerOptions, learnerBytes, openLearner } from './device/learner.ts';
export type { OwnWords } from './device/model.ts';
export { DivergenceError, InputError } from './errors.ts';
export type { Build } from './kernels/features.ts';
export type { Prediction } from './readouts/prediction.ts';
