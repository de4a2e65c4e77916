// The kernels that prediction needs, for builds of their own of a fraction of the size.

export { moveChannels } from './batch';
export { convForward, cutPositions } from './conv';
export { sumGoodness } from './goodness';
export { compressRows, normalizeRows } from './normalize';
export { addRows } from './outgoing';
export { meanCells, normalizePositions, sumPositions } from './positions';
export { softmaxRows } from './softmax';
export { cutRows, sharedForward, sparseForward, sparseProduct } from './sparse';
