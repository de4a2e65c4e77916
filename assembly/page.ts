// The kernels of pages, for a build of their own: all but those of convolutions.

export { appendRows, appendSums, clearColumns, sumRows } from './columns';
export { dampStates } from './damp';
export { addGradients, goodnessGradient, logisticCoefficients, pairCoefficients, shareTargets, sumGoodness } from './goodness';
export { gatherRows, maskWeights } from './local';
export { blendImages, blurMasks, randomMasks } from './mask';
export { compressRows, normalizeRows } from './normalize';
export { pairForward, pairRows } from './pairs';
export { peerGradient, updateMeans } from './peer';
export { perturbWeights, randomBits, randomWeights } from './random';
export { softmaxGradient, softmaxRows } from './softmax';
export { cutRows, fetchPanels, placedForward, sharedForward, sparseForward, sparseProduct } from './sparse';
export { throughLength, transposedProduct } from './transposed';
export { adamStep, momentumStep } from './update';
