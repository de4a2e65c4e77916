// Layers of convolutions that tell classes apart, as the equations have it, in double precision and in the plainest way. Shares no code
// with the library.

import { type Matrix, rowsOf } from './matrix.ts';

/** One image: values by row, column and channel. */
export type Image = number[][][];

export interface PlainConv {
  /** (size · size · channels below, channels), patch position by patch position. */
  readonly weight: Matrix;
  readonly bias: number[];
  /** (channels · cells · cells, classes), channel by channel. */
  readonly map: Matrix;
  readonly mapBias?: number[];
  readonly size: number;
  readonly stride: number;
  readonly pool: number;
  readonly cells: number;
}

/** The images of examples in bytes, from 0 to 1. */
export function imagesOf(
  inputs: ArrayLike<number>,
  [height, width, channels]: readonly [height: number, width: number, channels: number],
): Image[] {
  const values = Float32Array.from(inputs, value => value / 255);
  return rowsOf(values, height * width * channels).map(row =>
    rowsOf(row, width * channels).map(line => rowsOf(line, channels)),
  );
}

/** An image over its root mean square. */
export function wholeNormalized(image: Image): Image {
  const values = image.flat(2);
  const rms = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
  return image.map(row => row.map(position => position.map(x => x / rms)));
}

/** What a layer makes of an image, before anything is normalised; with a `least` of −∞, before it is rectified, too. */
export function activities(x: Image, { weight, bias, size, stride, pool }: PlainConv, least = 0): Image {
  const [height, width, channels] = [x.length, x[0].length, x[0][0].length];
  const pad = (size - 1) / 2;
  const convolved: Image = [];
  for (let cy = 0; cy * stride < height; cy++) {
    const row: number[][] = [];
    for (let cx = 0; cx * stride < width; cx++) {
      const sums = [...bias];
      for (let k = 0; k < size * size * channels; k++) {
        const [patch, channel] = [Math.floor(k / channels), k % channels];
        const y = cy * stride + Math.floor(patch / size) - pad;
        const value = x[y]?.[cx * stride + (patch % size) - pad]?.[channel] ?? 0;
        if (value !== 0) for (let u = 0; u < sums.length; u++) sums[u] += value * weight[k][u];
      }
      row.push(sums.map(sum => Math.max(least, sum)));
    }
    convolved.push(row);
  }
  return Array.from({ length: Math.floor(convolved.length / pool) }, (_, y) =>
    Array.from({ length: Math.floor(convolved[0].length / pool) }, (_, px) =>
      bias.map((_, u) => {
        let most = least;
        for (let i = 0; i < pool * pool; i++) {
          most = Math.max(most, convolved[y * pool + Math.floor(i / pool)][px * pool + (i % pool)][u]);
        }
        return most;
      }),
    ),
  );
}

/** Each position over its own root mean square and a hundredth of that of all. */
export function positionsNormalized(y: Image): Image {
  const squares = (values: number[]) => values.reduce((sum, value) => sum + value * value, 0);
  const all = y.flat(2);
  const floor = 0.01 * Math.sqrt(squares(all) / all.length);
  return y.map(row =>
    row.map(position => {
      const rms = Math.sqrt(squares(position) / position.length);
      return position.map(value => value / (1e-20 + floor + rms));
    }),
  );
}

/** What a map reads of what a layer made of an image: of one channel after the other, its cells. */
function features(y: Image, cells: number, activity: 'linear' | 'squares' | 'normalized'): number[] {
  const seen =
    activity === 'normalized'
      ? positionsNormalized(y)
      : activity === 'squares'
        ? y.map(row => row.map(position => position.map(value => value * value)))
        : y;
  const [height, width, channels] = [y.length, y[0].length, y[0][0].length];
  return Array.from({ length: channels * cells * cells }, (_, f) => {
    const [channel, cell] = [Math.floor(f / (cells * cells)), f % (cells * cells)];
    const [i, j] = [Math.floor(cell / cells), cell % cells];
    const values: number[] = [];
    for (let py = 0; py < height; py++) {
      for (let px = 0; px < width; px++) {
        const isIn =
          py >= Math.floor((i * height) / cells) &&
          py < Math.floor(((i + 1) * height) / cells) &&
          px >= Math.floor((j * width) / cells) &&
          px < Math.floor(((j + 1) * width) / cells);
        if (isIn) values.push(seen[py][px][channel]);
      }
    }
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  });
}

/** Log probabilities of all classes, by what a layer made of an image. */
export function logProbabilities(
  y: Image,
  { map, mapBias, cells }: PlainConv,
  activity: 'linear' | 'squares' | 'normalized',
): number[] {
  const logits = map[0].map((_, c) => mapBias?.[c] ?? 0);
  features(y, cells, activity).forEach((value, f) => {
    for (let c = 0; c < logits.length; c++) logits[c] += value * map[f][c];
  });
  const most = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - most), 0);
  return logits.map(logit => logit - most - Math.log(sum));
}

/**
 * The mean over all pairs of images of (wanted − cosine)², by what a layer made of them: 1 is wanted of the same label, −1 / (classes − 1)
 * of others. Channels are filled up with zeros to a multiple of 32 before the mean of an image is taken off.
 */
export function dissimilarity(
  images: readonly Image[],
  labels: readonly number[],
  { map, cells }: PlainConv,
  activity: 'linear' | 'squares' | 'normalized',
): number {
  const rows = images.map(image => {
    const values = features(image, cells, activity);
    const gaps = cells * cells * (Math.ceil(image[0][0].length / 32) * 32 - image[0][0].length);
    const whole = [...values, ...new Array<number>(gaps).fill(0)];
    const mean = whole.reduce((sum, value) => sum + value, 0) / whole.length;
    const length = Math.sqrt(whole.reduce((sum, value) => sum + (value - mean) ** 2, 0));
    return whole.map(value => (value - mean) / length);
  });
  let sum = 0;
  rows.forEach((row, i) => {
    rows.forEach((other, j) => {
      const cosine = row.reduce((total, value, k) => total + value * other[k], 0);
      sum += ((labels[i] === labels[j] ? 1 : -1 / (map[0].length - 1)) - cosine) ** 2;
    });
  });
  return sum / rows.length ** 2;
}
