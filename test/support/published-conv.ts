// Mono-Forward, ASGE and DeeperForward as their authors have them, in double precision and in the plainest way, image by image. Shares no
// code with the library.

import { activities, type Image, wholeNormalized } from './conv-network.ts';
import { type Matrix, zeros } from './matrix.ts';

/** One layer: what it has, and what all methods together may ask of it. */
export interface PublishedConv {
  /** (size · size · channels below, channels), patch position by patch position. */
  readonly weight: Matrix;
  readonly bias: number[];
  /** (features, classes), and a bias; of class blocks, absent. */
  readonly map?: Matrix;
  readonly mapBias?: number[];
  readonly size: number;
  /** Max pooling before the goodness, average pooling after it. */
  readonly maxPool: number;
  readonly averagePool: number;
  /** Patches each way, in which ASGE takes means. */
  readonly cells: number;
}

/** What the gradient of the log probability of the right classes, summed over images, asks of a layer. */
export interface PublishedGradient {
  readonly weight: Matrix;
  readonly bias: number[];
  readonly map: Matrix;
}

export type Method = 'mono-forward' | 'asge' | 'deeper-forward';

/** Which units of an image are left: (row, column, channel). */
export type Mask = (y: number, x: number, channel: number) => boolean;

const mapImage = (image: Image, change: (value: number, y: number, x: number, c: number) => number): Image =>
  image.map((row, y) => row.map((position, x) => position.map((value, c) => change(value, y, x, c))));

export function softmax(logits: number[]): number[] {
  const powers = logits.map(logit => Math.exp(logit - Math.max(...logits)));
  return powers.map(power => power / powers.reduce((a, b) => a + b));
}

/** The mean of each square of pool · pool positions. */
function averaged(image: Image, pool: number): Image {
  return Array.from({ length: Math.floor(image.length / pool) }, (_, y) =>
    Array.from({ length: Math.floor(image[0].length / pool) }, (__, x) =>
      image[0][0].map((___, c) => {
        let sum = 0;
        for (let i = 0; i < pool * pool; i++) {
          sum += image[y * pool + Math.floor(i / pool)][x * pool + (i % pool)][c];
        }
        return sum / pool ** 2;
      }),
    ),
  );
}

/** Each of `groups` blocks of channels standardised over all positions. */
function groupNormalized(image: Image, groups: number): Image {
  const size = image[0][0].length / groups;
  const statistics = Array.from({ length: groups }, (_, g) => {
    const values = image.flat().flatMap(position => position.slice(g * size, (g + 1) * size));
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { mean, deviation: Math.sqrt(variance + 1e-5) };
  });
  return mapImage(image, (value, _, __, c) => {
    const { mean, deviation } = statistics[Math.floor(c / size)];
    return (value - mean) / deviation;
  });
}

/** Which position of what a layer made of an image, before pooling, had the largest activity of a pool. */
function winnerOf(whole: Image, maxPool: number, py: number, px: number, c: number): [number, number] {
  let best: [number, number] = [py * maxPool, px * maxPool];
  for (let i = 1; i < maxPool ** 2; i++) {
    const [y, column] = [py * maxPool + Math.floor(i / maxPool), px * maxPool + (i % maxPool)];
    if (whole[y][column][c] > whole[best[0]][best[1]][c]) best = [y, column];
  }
  return best;
}

/** What a method's goodness is made of: the value of each feature, and what each unit is part of, with what factor. */
function features(method: Method, y: Image, { cells }: PublishedConv, classes: number) {
  const [height, width, channels] = [y.length, y[0].length, y[0][0].length];
  const owner = (py: number, px: number, c: number): { feature: number; slope: number } => {
    const value = y[py][px][c];
    switch (method) {
      case 'mono-forward':
        return { feature: c * height * width + py * width + px, slope: 1 };
      case 'deeper-forward': {
        const size = channels / classes;
        return { feature: Math.floor(c / size), slope: 1 / (size * height * width) };
      }
      default: {
        const [i, j] = [Math.floor((py * cells) / height), Math.floor((px * cells) / width)];
        const area = (height / cells) * (width / cells);
        // Of the squares half of the slope: the constant 2 is left to the rate.
        return { feature: (c * cells + i) * cells + j, slope: value / area };
      }
    }
  };
  const count = {
    'mono-forward': channels * height * width,
    asge: channels * cells ** 2,
    'deeper-forward': classes,
  };
  const values = new Array<number>(count[method]).fill(0);
  mapImage(y, (value, py, px, c) => {
    const { feature, slope } = owner(py, px, c);
    values[feature] += slope * value;
    return 0;
  });
  return { values, owner };
}

/** What a layer says of the classes, of the activities of an image. */
export function logitsOf(method: Method, y: Image, layer: PublishedConv, classes: number): number[] {
  const { values } = features(method, y, layer, classes);
  if (!layer.map) return values;
  return Array.from({ length: classes }, (_, k) =>
    values.reduce((sum, value, f) => sum + value * layer.map![f][k], layer.mapBias?.[k] ?? 0),
  );
}

/** The activities of a layer, and what it hands on. */
export function passThrough(
  method: Method,
  x: Image,
  layer: PublishedConv,
  classes: number,
  share: number,
  mask?: Mask,
) {
  const dropped = (image: Image) =>
    mask ? mapImage(image, (value, py, px, c) => (mask(py, px, c) ? value / (1 - share) : 0)) : image;
  const whole = activities(x, { ...layer, stride: 1, pool: layer.maxPool, cells: 1, map: [] });
  switch (method) {
    case 'mono-forward':
      return { y: whole, next: whole };
    case 'asge':
      return { y: whole, next: wholeNormalized(dropped(averaged(whole, layer.averagePool))) };
    default: {
      const y = dropped(whole);
      return { y, next: averaged(groupNormalized(y, classes), layer.averagePool) };
    }
  }
}

/** Adds to `sums` the gradient that one image asks for, whose activities `y` `passThrough` has given. */
export function addGradient(
  method: Method,
  sums: PublishedGradient,
  x: Image,
  y: Image,
  layer: PublishedConv,
  label: number,
  classes: number,
  share: number,
): void {
  const { size, maxPool, map } = layer;
  const below = x[0][0].length;
  const pad = (size - 1) / 2;
  const whole = activities(x, { ...layer, stride: 1, pool: 1, cells: 1, map: [] });
  const wanted = softmax(logitsOf(method, y, layer, classes)).map((p, k) => (k === label ? 1 : 0) - p);
  const { values, owner } = features(method, y, layer, classes);
  const back = map ? map.map(row => row.reduce((sum, value, k) => sum + value * wanted[k], 0)) : wanted;
  if (map) {
    for (const [f, value] of values.entries()) {
      for (const [k, d] of wanted.entries()) sums.map[f][k] += d * value;
    }
  }
  mapImage(y, (value, py, px, c) => {
    if (value === 0) return 0;
    const { feature, slope } = owner(py, px, c);
    // What was left of the activities has grown.
    const d = (back[feature] * slope) / (method === 'deeper-forward' ? 1 - share : 1);
    const [cy, cx] = winnerOf(whole, maxPool, py, px, c);
    sums.bias[c] += d;
    for (let k = 0; k < size * size * below; k++) {
      const patch = Math.floor(k / below);
      const seen = x[cy + Math.floor(patch / size) - pad]?.[cx + (patch % size) - pad]?.[k % below] ?? 0;
      sums.weight[k][c] += d * seen;
    }
    return 0;
  });
}

export function emptyGradient({ weight, bias, map }: PublishedConv): PublishedGradient {
  return {
    weight: zeros(weight.length, bias.length),
    bias: bias.map(() => 0),
    map: zeros(map?.length ?? 0, map?.[0].length ?? 0),
  };
}
