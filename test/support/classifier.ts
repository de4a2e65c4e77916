// A ReLU network with a softmax on its last layer, in double precision and in the plainest way: what backpropagation and
// perturbation are held against. Shares no code with the library.

import { type Matrix, normalized, rowsOf } from './matrix.ts';

export interface Weights {
  /** (inputs, units) and (units) of each layer. */
  readonly layers: readonly { readonly weight: Matrix; readonly bias: number[] }[];
  /** (units of the last layer, classes). */
  readonly head: Matrix;
}

/** What stands between two layers, on a row. */
type Change = (row: number[]) => number[];

const times = (row: number[], matrix: Matrix, bias?: number[]): number[] =>
  matrix[0].map((_, j) => row.reduce((sum, x, k) => sum + x * matrix[k][j], bias ? bias[j] : 0));

/** The weights out of the tensors of a network, found by their names. */
export function weightsOf(
  tensors: readonly { readonly name: string; readonly data: Float32Array }[],
): Weights {
  const find = (name: string) => tensors.find(tensor => tensor.name === name)?.data;
  const layers = [];
  for (let l = 0; find(`layers.${l}.weight`); l++) {
    const bias = Array.from(find(`layers.${l}.bias`)!);
    layers.push({ weight: rowsOf(find(`layers.${l}.weight`)!, bias.length), bias });
  }
  const units = layers[layers.length - 1].bias.length;
  const head = find(`readout.${layers.length - 1}.weight`)!;
  return { layers, head: rowsOf(head, head.length / units) };
}

/** All numbers of the weights in one list: layer by layer weight and bias, then the head. */
export const flat = ({ layers, head }: Weights): number[] => [
  ...layers.flatMap(({ weight, bias }) => [...weight.flat(), ...bias]),
  ...head.flat(),
];

/** Calls `visit` with every row of numbers of the weights. */
export function eachRow(
  weights: Weights,
  visit: (row: number[], index: number, decays: boolean, isHead: boolean) => void,
) {
  let index = 0;
  for (const { weight, bias } of weights.layers) {
    for (const row of weight) visit(row, index++, true, false);
    visit(bias, index++, false, false);
  }
  for (const row of weights.head) visit(row, index++, true, true);
}

/** What each layer gets and gives for one image, and the probabilities. */
function pass(weights: Weights, image: number[], after = 0, change?: Change) {
  let x = normalized(image);
  const layers = weights.layers.map(({ weight, bias }, l) => {
    const input = x;
    const sums = times(input, weight, bias);
    const y = sums.map(sum => Math.max(0, sum));
    x = change && after === l + 1 ? change(normalized(y)) : y;
    return { input, sums, y };
  });
  const logits = times(x, weights.head);
  const largest = Math.max(...logits);
  const powers = logits.map(logit => Math.exp(logit - largest));
  const total = powers.reduce((a, b) => a + b);
  return { layers, top: x, probabilities: powers.map(power => power / total) };
}

/** Probabilities of the classes for each image. */
export const answers = (weights: Weights, images: Matrix, after?: number, change?: Change): Matrix =>
  images.map(image => pass(weights, image, after, change).probabilities);

/** The mean log probability of the right labels. */
export function logLikelihood(weights: Weights, images: Matrix, labels: readonly number[]): number {
  const all = answers(weights, images);
  return all.reduce((sum, row, i) => sum + Math.log(row[labels[i]]), 0) / labels.length;
}

/** How near the nearest unit is to its bend. */
export const nearestBend = (weights: Weights, images: Matrix): number =>
  Math.min(...images.flatMap(image => pass(weights, image).layers.flatMap(({ sums }) => sums.map(Math.abs))));

/** The gradient of the mean log probability, through the layers above `after`, below which it is zero. */
export function gradient(
  weights: Weights,
  images: Matrix,
  labels: readonly number[],
  after = 0,
  change?: Change,
): Weights {
  const result: Weights = {
    layers: weights.layers.map(({ weight, bias }) => ({
      weight: weight.map(row => row.map(() => 0)),
      bias: bias.map(() => 0),
    })),
    head: weights.head.map(row => row.map(() => 0)),
  };
  const outer = (matrix: Matrix, x: number[], d: number[]) => {
    x.forEach((value, k) => {
      d.forEach((dj, j) => {
        matrix[k][j] += (value * dj) / labels.length;
      });
    });
  };
  images.forEach((image, i) => {
    const { layers, top, probabilities } = pass(weights, image, after, change);
    let d = probabilities.map((p, c) => (c === labels[i] ? 1 : 0) - p);
    outer(result.head, top, d);
    let above = weights.head;
    for (let l = layers.length - 1; l >= after; l--) {
      d = layers[l].y.map((y, j) => (y > 0 ? above[j].reduce((sum, w, c) => sum + w * d[c], 0) : 0));
      outer(result.layers[l].weight, layers[l].input, d);
      d.forEach((dj, j) => {
        result.layers[l].bias[j] += dj / labels.length;
      });
      above = weights.layers[l].weight;
    }
  });
  return result;
}
