// forward-forward/learn: prediction, and going on with learning on the device.

export type { KernelOptions } from './device/kernels.ts';
export { type Learner, type LearnerOptions, learnerBytes, openLearner } from './device/learner.ts';
export { InputError } from './errors.ts';
export type { Prediction } from './readouts/prediction.ts';
