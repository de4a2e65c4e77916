// The kernels that prediction needs, for builds of their own of half the size.

export { denseForward, packRows } from './dense';
export { sumGoodness } from './goodness';
export { normalizeRows } from './normalize';
export { softmaxRows } from './softmax';
export { sharedForward, sparseForward, sparseProduct } from './sparse';

/** 1 where multiplication and addition are fused: a compiled module that is handed over says what it is. */
export const isFused: u32 = ASC_FEATURE_RELAXED_SIMD;
