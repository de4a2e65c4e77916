// Every kernel, on one page. A kernel is name(outputs, inputs, begin, end, sizes, scalars): pointers are byte offsets
// into the one imported memory; arrays are f32, row-major and 64-byte aligned; the caller guarantees sizes; a kernel
// holds no state, allocates nothing, and works on a half-open range so that the host can cut work for threads.
//
//   M  rows of a batch        S  rows that were planned (the stride between panels)
//   K  inputs                 P  panels of 32 units; padding units have zero weights and are never on
//   C  classes                G  groups of units that share a goodness
//   B  blocks of inputs       L  layers that are read
//   F  inputs of a field, R runs of neighbours
//   H  rows and W columns of an image; C, where images are meant, its channels
//   D  values of a position      Q  positions of an image that is handed on
//   N  positions of a patch each way    L  positions of a pool each way    A  cells each way    R  images of a block

export * from './page';
export { convForward, convGradient, cutPositions, gridForward, panelSums, reflectBorder, spreadImages } from './conv';
export { similarityGradient, writeColumns } from './similarity';
export { gradientSums, moveChannels, throughBatch } from './batch';
export { mixtureGradient, mixtureSlopes } from './self-contrast';
export { addRows, averagePositions, channelSums, largestPositions, meanParts, rectifyPositions, scaleChannels } from './outgoing';
export { cellGradient, meanCells, normalizePositions, scaleImages, sumPositions } from './positions';
export { dampStates } from './damp';
export { gatherRows, maskWeights } from './local';
export { blendImages, blurMasks, randomMasks } from './mask';
export { dropUnits, perturbWeights } from './random';
