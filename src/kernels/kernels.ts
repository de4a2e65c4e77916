// The kernels as the host sees them: one typed name for each export of assembly/index.ts, bound to one memory.
// Pointers are byte offsets into that memory; assembly/ says what each array holds.

import { instantiateSync } from '#loader';

// biome-ignore format: the signatures of assembly/, not one argument a line
/** Every kernel, with the argument order of `assembly/`. */
export type Kernels = {
  cutRows(
    cuts: number, rows: number, entries: number, begin: number, end: number, K: number, B: number
  ): void;
  sparseProduct(
    activity: number, cuts: number, entries: number, weights: number, begin: number, end: number, M: number,
    S: number, K: number, B: number
  ): void;
  sparseForward(
    activity: number, goodness: number, cuts: number, entries: number, weights: number, begin: number,
    end: number, M: number, S: number, K: number, B: number
  ): void;
  fetchPanels(seen: number, weights: number, begin: number, end: number, K: number): void;
  sharedForward(
    activity: number, goodness: number, shared: number, sources: number, rows: number, entries: number,
    weights: number, begin: number, end: number, M: number, S: number, K: number
  ): void;
  placedForward(
    activity: number, goodness: number, shared: number, sources: number, cuts: number, entries: number,
    spans: number, zeros: number, weights: number, begin: number, end: number, M: number, S: number, K: number,
    B: number, C: number, isLast: number
  ): void;
  pairRows(
    cuts: number, entries: number, rows: number, rowEntries: number, begin: number, end: number, apart: number,
    K: number, B: number
  ): void;
  pairForward(
    activity: number, goodness: number, cuts: number, entries: number, weights: number, begin: number,
    end: number, S: number, K: number, B: number, apart: number
  ): void;
  normalizeRows(
    rows: number, entries: number, activity: number, goodness: number, begin: number, end: number, S: number,
    P: number, units: number
  ): void;
  compressRows(
    rows: number, entries: number, activity: number, begin: number, end: number, S: number, P: number,
    isSquared: number
  ): void;
  gatherRows(
    rows: number, entries: number, sourceRows: number, sourceEntries: number, runs: number, begin: number,
    end: number, R: number, F: number, first: number
  ): void;
  maskWeights(weights: number, masks: number, begin: number, end: number, K: number): void;
  clearColumns(columns: number, begin: number, end: number, capacity: number): void;
  appendRows(
    columns: number, lists: number, rows: number, entries: number, targets: number, begin: number,
    end: number, M: number, K: number, withBias: number
  ): void;
  sumRows(
    sums: number, rows: number, entries: number, begin: number, end: number, M: number, K: number,
    withBias: number
  ): void;
  appendSums(columns: number, lists: number, sums: number, begin: number, end: number, target: number): void;
  sumGoodness(
    totals: number, goodness: number, begin: number, end: number, S: number, groups: number,
    panelsPerGroup: number
  ): void;
  logisticCoefficients(
    coefficients: number, targets: number, totals: number, begin: number, end: number, S: number,
    groups: number, slope: number, threshold: number, temperature: number, isPositive: number
  ): void;
  pairCoefficients(
    coefficients: number, targets: number, totals: number, begin: number, end: number, S: number,
    groups: number, slope: number, alpha: number, apart: number, isSwish: number
  ): void;
  goodnessGradient(
    activity: number, coefficients: number, targets: number, begin: number, end: number, first: number,
    last: number, S: number, panelsPerGroup: number
  ): void;
  addGradients(
    activity: number, targets: number, begin: number, end: number, M: number, S: number, positive: number,
    negative: number, shared: number
  ): void;
  shareTargets(
    targets: number, begin: number, end: number, positive: number, negative: number, shared: number
  ): void;
  updateMeans(
    means: number, sums: number, activity: number, begin: number, end: number, M: number, S: number,
    memory: number
  ): void;
  peerGradient(
    activity: number, means: number, sums: number, begin: number, end: number, target: number, S: number,
    P: number, units: number, real: number, strength: number
  ): void;
  dampStates(
    states: number, goodness: number, activity: number, begin: number, end: number, M: number, S: number,
    damping: number
  ): void;
  momentumStep(
    weights: number, velocity: number, columns: number, lists: number, gradient: number, begin: number,
    end: number, S: number, K: number, perRow: number, rate: number, decay: number, momentum: number
  ): void;
  adamStep(
    weights: number, first: number, second: number, columns: number, lists: number, gradient: number,
    begin: number, end: number, S: number, K: number, perRow: number, rate: number, decay: number,
    beta1: number, beta2: number, secondScale: number, epsilon: number
  ): void;
  cutPositions(
    cuts: number, rows: number, entries: number, begin: number, end: number, Q: number, D: number
  ): void;
  convForward(
    activity: number, winners: number, scratch: number, cuts: number, entries: number, weights: number,
    begin: number, end: number, P: number, H: number, W: number, D: number, N: number, stride: number,
    L: number, S: number, least: number
  ): void;
  gridForward(
    activity: number, winners: number, scratch: number, grid: number, weights: number, begin: number,
    end: number, P: number, H: number, W: number, D: number, N: number, stride: number, L: number, S: number,
    least: number
  ): void;
  spreadImages(
    grid: number, cuts: number, entries: number, begin: number, end: number, H: number, W: number, D: number,
    pad: number, S: number
  ): void;
  reflectBorder(
    grid: number, begin: number, end: number, H: number, W: number, D: number, pad: number, S: number
  ): void;
  convGradient(
    sums: number, counts: number, lists: number, grid: number, gradient: number, winners: number,
    targets: number, begin: number, end: number, R: number, M: number, H: number, W: number, D: number,
    N: number, stride: number, L: number, S: number, T: number
  ): void;
  panelSums(
    panels: number, sums: number, begin: number, end: number, D: number, N: number, T: number
  ): void;
  writeColumns(
    columns: number, lengths: number, rows: number, entries: number, begin: number, end: number, K: number
  ): void;
  similarityGradient(
    gradient: number, products: number, lengths: number, labels: number, begin: number, end: number,
    M: number, P: number, S: number, strength: number, unlike: number
  ): void;
  sumPositions(
    squares: number, totals: number, activity: number, begin: number, end: number, P: number, Q: number,
    S: number
  ): void;
  normalizePositions(
    rows: number, entries: number, activity: number, squares: number, totals: number, begin: number,
    end: number, P: number, Q: number, S: number, channels: number
  ): void;
  meanCells(
    rows: number, entries: number, activity: number, squares: number, totals: number, begin: number,
    end: number, P: number, height: number, width: number, A: number, S: number, channels: number,
    isSquared: number
  ): void;
  scaleImages(
    activity: number, coefficients: number, targets: number, begin: number, end: number, P: number, Q: number,
    S: number
  ): void;
  cellGradient(
    activity: number, cells: number, squares: number, totals: number, along: number, targets: number,
    begin: number, end: number, P: number, height: number, width: number, A: number, S: number, T: number,
    channels: number, isSquared: number
  ): void;
  averagePositions(
    pooled: number, activity: number, begin: number, end: number, P: number, height: number, width: number,
    L: number, S: number
  ): void;
  channelSums(
    scales: number, activity: number, begin: number, end: number, P: number, Q: number, S: number
  ): void;
  scaleChannels(
    rows: number, entries: number, activity: number, scales: number, begin: number, end: number, P: number,
    Q: number, S: number
  ): void;
  meanParts(
    rows: number, entries: number, sums: number, images: number, values: number, begin: number, end: number,
    P: number, height: number, width: number, A: number
  ): void;
  addRows(
    rows: number, entries: number, ownRows: number, ownEntries: number, otherRows: number, otherEntries: number,
    begin: number, end: number, K: number
  ): void;
  rectifyPositions(
    rectified: number, activity: number, begin: number, end: number, P: number, Q: number, S: number,
    C: number, isTriangle: number
  ): void;
  largestPositions(
    pooled: number, activity: number, begin: number, end: number, P: number, height: number, width: number,
    L: number, S: number
  ): void;
  moveChannels(
    activity: number, raw: number, factors: number, begin: number, end: number, P: number, Q: number, S: number,
    least: number
  ): void;
  gradientSums(
    sums: number, gradient: number, raw: number, targets: number, begin: number, end: number, P: number,
    Q: number, S: number
  ): void;
  throughBatch(
    gradient: number, raw: number, factors: number, begin: number, end: number, P: number, Q: number, S: number,
    least: number
  ): void;
  mixtureSlopes(
    slopes: number, totals: number, mixtures: number, activity: number, begin: number, end: number, M: number,
    P: number, Q: number, S: number, C: number, positive: number, negative: number, penalty: number
  ): void;
  mixtureGradient(
    gradient: number, slopes: number, activity: number, begin: number, end: number, M: number, P: number,
    Q: number, S: number, C: number
  ): void;
  transposedProduct(
    inputs: number, cuts: number, entries: number, gradient: number, weights: number, targets: number,
    begin: number, end: number, S: number, K: number, P: number, B: number, T: number, isSquared: number
  ): void;
  throughLength(
    inputs: number, rows: number, entries: number, goodness: number, gradient: number, logits: number,
    targets: number, begin: number, end: number, S: number, K: number, Q: number, P: number, T: number
  ): void;
  softmaxRows(
    probabilities: number, logits: number, begin: number, end: number, S: number, L: number, C: number
  ): void;
  softmaxGradient(
    gradient: number, probabilities: number, labels: number, begin: number, end: number, S: number,
    C: number
  ): void;
  randomBits(seed: number, stream: number, counter: number): number;
  randomWeights(
    weights: number, begin: number, end: number, K: number, units: number, seed: number, stream: number,
    deviation: number
  ): void;
  perturbWeights(
    weights: number, begin: number, end: number, K: number, units: number, seed: number, stream: number,
    scale: number, withBias: number
  ): void;
  dropUnits(
    activity: number, begin: number, end: number, P: number, Q: number, S: number, seed: number,
    stream: number, apart: number, counter: number, least: number, scale: number
  ): void;
  randomMasks(
    masks: number, begin: number, end: number, pixels: number, seed: number, stream: number, counter: number
  ): void;
  blurMasks(masks: number, begin: number, end: number, H: number, W: number, times: number): void;
  blendImages(
    images: number, masks: number, others: number, begin: number, end: number, pixels: number, C: number
  ): void;
};

/** Binds the kernels of a compiled module to a memory. Cheap: the code is compiled once and shared. */
export function bindKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  return instantiateSync<Kernels>(module, { env: { memory } }).exports;
}
