// The kernels that learning on a device needs, for builds of their own: dense layers with labels in the input.

export { appendRows, appendSums, clearColumns, sumRows } from './columns';
export { addGradients, goodnessGradient, logisticCoefficients, pairCoefficients, shareTargets, sumGoodness } from './goodness';
export { compressRows, normalizeRows } from './normalize';
export { peerGradient, updateMeans } from './peer';
export { randomBits } from './random';
export { softmaxGradient, softmaxRows } from './softmax';
export { cutRows, fetchPanels, sharedForward, sparseForward, sparseProduct } from './sparse';
export { throughLength, transposedProduct } from './transposed';
export { adamStep, momentumStep } from './update';
