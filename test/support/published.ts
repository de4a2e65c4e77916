// Forward-Forward training as it is published, in double precision and in the plainest way: full matrices, every row,
// every pass by itself. Shares no code with the library.

import type { DenseSpec } from '../../src/layers/dense/spec.ts';
import type { Contrast, Recipe, Unsupervised } from '../../src/recipes/recipe.ts';
import { type Matrix, normalized, zeros } from './matrix.ts';
import { weigh } from './objective.ts';
import { optimizerStep } from './optimizer-step.ts';
import type { RecipeOf } from './recipes.ts';

interface Layer {
  readonly goodness: string;
  readonly rate: number;
  readonly isFrozen: boolean;
  weight: Matrix;
  bias: number[];
  first: { weight: Matrix; bias: number[] };
  second: { weight: Matrix; bias: number[] };
  means: number[];
  head: Matrix;
  headVelocity: Matrix;
}

/** Normalised inputs, activities and normalised activities of every layer. */
type Pass = { x: Matrix; y: Matrix; normalized: Matrix }[];

export class PublishedNetwork {
  readonly layers: Layer[];
  readonly #learning: Contrast | Unsupervised;
  readonly #classes: number;
  #time = 0;

  /** `weights[l]` is (inputs, units), row-major. */
  constructor(
    { layers, learning }: RecipeOf<Contrast | Unsupervised>,
    inputs: number,
    classes: number,
    weights: readonly Float32Array[],
  ) {
    this.#learning = learning;
    this.#classes = classes;
    const own = layers.map(settingsOf);
    const sizes = [inputs, ...own.map(({ units }) => units)];
    this.layers = sizes.slice(1).map((units, l) => {
      const fanIn = sizes[l];
      const empty = () => ({ weight: zeros(fanIn, units), bias: new Array(units).fill(0) });
      const { goodness = learning.goodness, rate = learning.optimizer.rate, frozen } = own[l];
      return {
        goodness,
        rate,
        isFrozen: (learning.frozen ?? frozen) === true,
        weight: zeros(fanIn, units).map((row, k) => row.map((_, j) => weights[l][k * units + j])),
        bias: new Array(units).fill(0),
        first: empty(),
        second: empty(),
        means: new Array(units).fill(0.5),
        head: zeros(units, classes),
        headVelocity: zeros(units, classes),
      };
    });
  }

  /** Normalised inputs and activities of every layer. */
  #pass(inputs: Matrix) {
    let input = inputs.map(normalized);
    return this.layers.map(({ weight, bias }) => {
      const x = input;
      const y = x.map(row =>
        bias.map((b, j) =>
          Math.max(
            0,
            row.reduce((sum, value, k) => sum + value * weight[k][j], b),
          ),
        ),
      );
      input = y.map(normalized);
      return { x, y, normalized: input };
    });
  }

  #goodness({ goodness }: Layer, y: number[]): number {
    const sum = y.reduce((total, value) => total + value * value, 0);
    if (goodness === 'mean-of-squares') return sum / y.length;
    return goodness === 'minus-sum-of-squares' ? -sum : sum;
  }

  /** Half the derivative of the goodness by an activity: the constant 2 is left to the learning rate. */
  #halfDerivative({ goodness }: Layer, y: number, units: number): number {
    if (goodness === 'mean-of-squares') return y / units;
    return goodness === 'minus-sum-of-squares' ? -y : y;
  }

  /** One batch; `wrongLabel` chooses a negative from the label, the readout's probabilities and the image's number. */
  step(
    images: Matrix,
    labels: number[],
    gain: number,
    wrongLabel: (label: number, probabilities: number[], image: number) => number,
  ): void {
    if (this.#learning.kind !== 'contrast') throw new Error('a network that is not given labels');
    const { strength } = this.#learning.label;
    const classes = this.#classes;
    const oneHot = (label: number) => Array.from({ length: classes }, (_, c) => (c === label ? strength : 0));
    const withLabels = (labelInputs: Matrix) =>
      this.#pass(images.map((image, i) => [...labelInputs[i], ...image.slice(classes)]));
    const positive = withLabels(labels.map(oneHot));
    const neutral = withLabels(images.map(() => new Array(classes).fill(strength / classes)));
    const probabilities = this.#read(neutral);
    const wrong = labels.map((label, i) => wrongLabel(label, probabilities[i], i));
    this.#learn(positive, neutral, withLabels(wrong.map(oneHot)), probabilities, labels, gain);
  }

  /** What the softmax readout makes of whole inputs: (rows, classes). */
  probabilities(inputs: Matrix): Matrix {
    return this.#read(this.#pass(inputs));
  }

  /** One batch of whole inputs, what is negative for each, and what the readout sees: without labels, the positive ones. */
  stepPairs(
    positives: Matrix,
    negatives: Matrix,
    labels: number[],
    gain: number,
    neutrals: Matrix = positives,
  ): void {
    const neutral = this.#pass(neutrals);
    this.#learn(this.#pass(positives), neutral, this.#pass(negatives), this.#read(neutral), labels, gain);
  }

  /** What the softmax readout makes of a pass: (images, classes). */
  #read(neutral: Pass): Matrix {
    const { from } = this.#learning.readout;
    const classes = this.#classes;
    return neutral[0].x.map((_, i) => {
      const logits = Array.from({ length: classes }, (_, c) =>
        this.layers.reduce((sum, { head }, l) => {
          if (l < from) return sum;
          return sum + neutral[l].normalized[i].reduce((s, value, j) => s + value * head[j][c], 0);
        }, 0),
      );
      const powers = logits.map(logit => Math.exp(logit - Math.max(...logits)));
      return powers.map(power => power / powers.reduce((a, b) => a + b));
    });
  }

  #learn(
    positive: Pass,
    neutral: Pass,
    negative: Pass,
    probabilities: Matrix,
    labels: number[],
    gain: number,
  ): void {
    const { objective, peerNormalisation: peer = 0, readout, phases } = this.#learning;
    const groups = Number(this.#learning.groups ?? 1);
    const classes = this.#classes;
    const count = labels.length;
    const turn = phases && Math.floor(this.#time / phases) % 2;
    const [isAwake, isAsleep] = [turn !== 1, turn !== 0];
    this.#time++;
    this.layers.forEach((layer, l) => {
      const units = layer.bias.length;
      const gradient = { weight: zeros(layer.weight.length, units), bias: new Array(units).fill(0) };
      const add = (x: number[], dy: number[]) => {
        dy.forEach((d, j) => {
          gradient.bias[j] += d;
          for (let k = 0; k < x.length; k++) gradient.weight[k][j] += x[k] * d;
        });
      };
      if (isAwake && !layer.isFrozen)
        layer.means = layer.means.map(
          (mean, j) => 0.9 * mean + 0.1 * (positive[l].y.reduce((sum, y) => sum + y[j], 0) / count),
        );
      const average = layer.means.reduce((a, b) => a + b) / units;
      const size = units / groups;
      const ones = this.#goodness(layer, new Array(size).fill(1));
      for (let i = 0; i < count; i++) {
        const weights = Array.from({ length: groups }, (_, group) => {
          const [good, bad] = [positive, negative].map(pass =>
            this.#goodness(layer, pass[l].y[i].slice(group * size, (group + 1) * size)),
          );
          return weigh(objective, good, bad, ones);
        });
        const weight = (j: number) => weights[Math.floor(j / size)];
        if (isAwake)
          add(
            positive[l].x[i],
            positive[l].y[i].map(
              (y, j) =>
                weight(j).up * this.#halfDerivative(layer, y, size) + peer * (average - layer.means[j]),
            ),
          );
        if (isAsleep)
          add(
            negative[l].x[i],
            negative[l].y[i].map((y, j) => -weight(j).down * this.#halfDerivative(layer, y, size)),
          );
      }
      if (!layer.isFrozen)
        layer.weight.forEach((row, k) => {
          optimizerStep(
            this.#learning.optimizer,
            this.#time,
            row,
            gradient.weight[k],
            layer.first.weight[k],
            layer.second.weight[k],
            count,
            gain * layer.rate,
            true,
          );
        });
      if (!layer.isFrozen)
        optimizerStep(
          this.#learning.optimizer,
          this.#time,
          layer.bias,
          gradient.bias,
          layer.first.bias,
          layer.second.bias,
          count,
          gain * layer.rate,
          false,
        );

      if (l < readout.from) return;
      for (let j = 0; j < units; j++) {
        for (let c = 0; c < classes; c++) {
          let sum = 0;
          for (let i = 0; i < count; i++) {
            sum += neutral[l].normalized[i][j] * ((labels[i] === c ? 1 : 0) - probabilities[i][c]);
          }
          const velocity = layer.headVelocity[j];
          velocity[c] = readout.momentum * velocity[c] + (1 - readout.momentum) * (sum / count);
          layer.head[j][c] += gain * readout.rate * (velocity[c] - readout.decay * layer.head[j][c]);
        }
      }
    });
  }
}

function settingsOf(layer: Recipe['layers'][number]): Omit<DenseSpec, 'kind'> {
  if (typeof layer === 'number') return { units: layer };
  if (layer.kind !== 'dense') throw new Error('only dense layers were published so');
  return layer;
}
