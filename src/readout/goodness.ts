// What the two readouts answer, and how often they are wrong.

/** The answers of one readout on labelled data. */
export interface Scored {
  /** Percent. */
  readonly error: number;
  /** [label][predicted] counts. */
  readonly confusion: readonly (readonly number[])[];
  /** (count). */
  readonly predictions: Uint8Array;
}

/**
 * The goodness readout (section 3.3 of the paper): the label whose goodness, summed over the layers from `readFrom`, is the
 * highest. `goodness` is (count, layers, classes); the sums are (count, classes).
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
    for (let l = readFrom - 1; l < layers; l++) {
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
export function scoreAnswers(scores: Float32Array, labels: Uint8Array, classes: number): Scored {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const predictions = new Uint8Array(labels.length);
  let wrong = 0;
  for (let i = 0; i < labels.length; i++) {
    const answer = largestIndex(scores, i * classes, classes);
    predictions[i] = answer;
    confusion[labels[i]][answer]++;
    if (answer !== labels[i]) wrong++;
  }
  return { error: (100 * wrong) / labels.length, confusion, predictions };
}
