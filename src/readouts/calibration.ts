// How sure an answer is: the goodness of the labels as probabilities, at a temperature that fits examples which the
// network has not learned from (Guo et al. 2017, On Calibration of Modern Neural Networks).

import type { Labels } from '../data/dataset.ts';
import { InputError } from '../errors.ts';
import { largestIndex } from './goodness.ts';

/** What turns the goodness of each label into a probability; plain data. */
export interface Calibration {
  /** Goodness is divided by it before the softmax. */
  readonly temperature: number;
}

/** Throws an InputError unless `calibration`, whatever it really is, can be used. */
export function checkCalibration(calibration: Calibration): void {
  const { temperature } = calibration;
  if (!(Number.isFinite(temperature) && temperature > 0)) {
    throw new InputError(
      `calibration.temperature must be a number above 0, found ${JSON.stringify(temperature)}`,
    );
  }
}

/** Temperatures are tried from this share of the scores' spread to this multiple of it. */
const NARROWEST = 1e-3;
const WIDEST = 1e3;
const STEPS = 60;
/** Scores that tell a temperature, and the examples that they are at least of: the search goes through them dozens of times. */
const SCORES = 2 ** 20;
const FEWEST_EXAMPLES = 1000;

/** Probabilities (count, classes) of the scores (count, classes) at a temperature. */
export function calibrated(
  scores: Float32Array,
  classes: number,
  { temperature }: Calibration,
): Float32Array {
  const probabilities = new Float32Array(scores.length);
  for (let row = 0; row < scores.length; row += classes) {
    const most = highest(scores, row, classes);
    let sum = 0;
    for (let c = 0; c < classes; c++)
      sum += probabilities[row + c] = Math.exp((scores[row + c] - most) / temperature);
    for (let c = 0; c < classes; c++) probabilities[row + c] /= sum;
  }
  return probabilities;
}

/** Mean of −log of the probability of the right label, in nats. */
export function logLoss(
  scores: Float32Array,
  labels: Labels,
  classes: number,
  { temperature }: Calibration,
): number {
  let loss = 0;
  for (let i = 0; i < labels.length; i++) {
    const row = i * classes;
    const most = highest(scores, row, classes);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp((scores[row + c] - most) / temperature);
    loss += Math.log(sum) - (scores[row + labels[i]] - most) / temperature;
  }
  return loss / labels.length;
}

/**
 * The temperature of the least log loss on labelled examples, `scores` (count, classes). The loss has one valley over the
 * inverse of the temperature, which a golden-section search over its logarithm finds. As if one more example had been
 * seen that any temperature gets wrong by its share, a perfect score on few examples does not end in certainty.
 */
export function fitCalibration(allScores: Float32Array, allLabels: Labels, classes: number): Calibration {
  const { scores, labels } = sampled(allScores, allLabels, classes);
  const spread = meanSpread(scores, classes);
  if (!(spread > 0)) return { temperature: 1 };
  const cost = (exponent: number) => {
    const temperature = spread * Math.exp(exponent);
    // The stand-in is an example whose right label lies one mean spread below the rest.
    const doubt = Math.log1p((classes - 1) * Math.exp(spread / temperature));
    return logLoss(scores, labels, classes, { temperature }) * labels.length + doubt;
  };
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(NARROWEST), Math.log(WIDEST)];
  let [left, right] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [costLeft, costRight] = [cost(left), cost(right)];
  for (let step = 0; step < STEPS; step++) {
    if (costLeft < costRight) {
      [high, right, costRight] = [right, left, costLeft];
      left = high - ratio * (high - low);
      costLeft = cost(left);
    } else {
      [low, left, costLeft] = [left, right, costRight];
      right = low + ratio * (high - low);
      costRight = cost(right);
    }
  }
  return { temperature: spread * Math.exp((low + high) / 2) };
}

/** All examples or, of many with many classes, some, evenly apart. */
function sampled(scores: Float32Array, labels: Labels, classes: number) {
  const step = Math.ceil(labels.length / Math.max(FEWEST_EXAMPLES, Math.floor(SCORES / classes)));
  if (step <= 1) return { scores, labels };
  const some = labels.filter((_, i) => i % step === 0);
  const kept = new Float32Array(some.length * classes);
  for (let i = 0; i < some.length; i++) {
    kept.set(scores.subarray(i * step * classes, (i * step + 1) * classes), i * classes);
  }
  return { scores: kept, labels: some };
}

/** Mean distance from the highest to the lowest score of a row. */
function meanSpread(scores: Float32Array, classes: number): number {
  let sum = 0;
  for (let row = 0; row < scores.length; row += classes) {
    let [least, most] = [scores[row], scores[row]];
    for (let c = 1; c < classes; c++) {
      least = Math.min(least, scores[row + c]);
      most = Math.max(most, scores[row + c]);
    }
    sum += most - least;
  }
  return (sum * classes) / scores.length;
}

function highest(scores: Float32Array, row: number, classes: number): number {
  let most = scores[row];
  for (let c = 1; c < classes; c++) most = Math.max(most, scores[row + c]);
  return most;
}

/** Answers that were about as sure. */
export interface ReliabilityBin {
  readonly count: number;
  /** Mean confidence, 0 to 1. */
  readonly confidence: number;
  /** Share that was right, 0 to 1. */
  readonly accuracy: number;
}

/** How confidence and truth go together. */
export interface Reliability {
  /** Bins with answers in them, from the least confidence to the most. */
  readonly bins: readonly ReliabilityBin[];
  /** Mean distance between confidence and accuracy over the answers (expected calibration error), 0 to 1. */
  readonly calibrationError: number;
}

const BINS = 10;

/** Sorts the answers of `probabilities` (count, classes) into ten bins of confidence. */
export function reliability(probabilities: Float32Array, labels: Labels, classes: number): Reliability {
  const sums = Array.from({ length: BINS }, () => ({ count: 0, confidence: 0, right: 0 }));
  for (let i = 0; i < labels.length; i++) {
    const best = largestIndex(probabilities, i * classes, classes);
    const confidence = probabilities[i * classes + best];
    const bin = sums[Math.min(BINS - 1, Math.floor(confidence * BINS))];
    bin.count++;
    bin.confidence += confidence;
    if (best === labels[i]) bin.right++;
  }
  const bins = sums
    .filter(({ count }) => count > 0)
    .map(({ count, confidence, right }) => ({
      count,
      confidence: confidence / count,
      accuracy: right / count,
    }));
  const distance = bins.reduce((sum, bin) => sum + bin.count * Math.abs(bin.confidence - bin.accuracy), 0);
  return { bins, calibrationError: distance / labels.length };
}
