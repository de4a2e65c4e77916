// The kernels that prediction needs, for builds of their own of half the size.

export { sumGoodness } from './goodness';
export { compressRows, normalizeRows } from './normalize';
export { softmaxRows } from './softmax';
export { sharedForward, sparseForward, sparseProduct } from './sparse';
