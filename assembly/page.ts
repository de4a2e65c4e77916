// The kernels that all networks may ask for, for a build of their own, which pages carry.

export { appendRows, appendSums, clearColumns, sumRows } from './columns';
export { addGradients, goodnessGradient, logisticCoefficients, pairCoefficients, shareTargets, sumGoodness } from './goodness';
export { compressRows, normalizeRows } from './normalize';
export { pairForward, pairRows } from './pairs';
export { peerGradient, updateMeans } from './peer';
export { randomBits, randomWeights } from './random';
export { softmaxGradient, softmaxRows } from './softmax';
export { cutRows, fetchPanels, placedForward, sharedForward, sparseForward, sparseProduct } from './sparse';
export { throughLength, transposedProduct } from './transposed';
export { adamStep, momentumStep } from './update';
