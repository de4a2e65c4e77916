// What the two readouts answer, and how often they are wrong.

import { type Labels, roomForLabels } from '../data/dataset.ts';

/** Classes whose confusions are counted. */
const MOST_COUNTED = 1000;

/** The answers of one readout on labelled data. */
export interface Scored {
  /** Percent. */
  readonly error: number;
  /** [label][predicted] counts; empty above 1,000 classes, where `predictions` and the labels say the same in less room. */
  readonly confusion: readonly (readonly number[])[];
  /** (count). */
  readonly predictions: Labels;
}

/**
 * The goodness readout (section 3.3 of the paper): the label whose goodness, summed over the layers from number `readFrom` (from 0), is
 * the highest. `goodness` is (count, layers, classes); the sums are (count, classes).
 */
export function sumOverLayers(
  goodness: Float32Array,
  layers: number,
  classes: number,
  readFrom: number,
): Float32Array {
  const count = goodness.length / (layers * classes);
  const sums = new Float32Array(count * classes);
  for (let i = 0; i < count; i++) {
    for (let l = readFrom; l < layers; l++) {
      for (let c = 0; c < classes; c++) sums[i * classes + c] += goodness[(i * layers + l) * classes + c];
    }
  }
  return sums;
}

/** Which of the `count` values from index `from` is the largest, counted from 0; the first of equals. */
export function largestIndex(values: Float32Array, from: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if (values[from + i] > values[from + best]) best = i;
  return best;
}

/** Takes the highest of each row of `scores` (count, classes) for the answer. */
export function scoreAnswers(scores: Float32Array, labels: Labels, classes: number): Scored {
  const counted = classes <= MOST_COUNTED ? classes : 0;
  const confusion = Array.from({ length: counted }, () => new Array<number>(counted).fill(0));
  const predictions = roomForLabels(labels.length, classes);
  let wrong = 0;
  for (let i = 0; i < labels.length; i++) {
    const answer = largestIndex(scores, i * classes, classes);
    predictions[i] = answer;
    if (counted) confusion[labels[i]][answer]++;
    if (answer !== labels[i]) wrong++;
  }
  return { error: (100 * wrong) / labels.length, confusion, predictions };
}
