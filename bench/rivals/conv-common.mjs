// What the rivals of convolutions in Node share: the command line, the state that they begin with and end in, images as the first layer
// sees them, Adam's numbers, and the loop over batches.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { emit, randomNumbers, shuffledOrder } from './common.mjs';

const TINY = 1e-20;
/** What is added to the variance of a channel, and the share that running means move by. */
export const EPSILON = 1e-4;
export const MOVES = 0.1;

/** What the bench says, and the checkpoint that it wrote: recipe, tensors by name, and how many steps are behind them. */
export function begin() {
  const option = { type: 'string' };
  const { values } = parseArgs({
    options: { folder: option, state: option, threads: option, seconds: option },
  });
  const { folder, state, threads, seconds } = values;
  const file = readFileSync(join(folder, `${state}.safetensors`));
  const first = 8 + Number(file.readBigUInt64LE());
  const { __metadata__: metadata, ...entries } = JSON.parse(file.subarray(8, first));
  const { recipe, position } = JSON.parse(metadata.description);
  const tensors = new Map(
    Object.entries(entries).map(
      ([
        name,
        {
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        const data = new Float32Array(Uint8Array.from(file.subarray(first + from, first + to)).buffer);
        return [name, { shape, data }];
      },
    ),
  );
  return {
    recipe,
    tensors,
    steps: (position.epoch - 1) * Math.ceil(position.examples / recipe.batch),
    images: readFileSync(join(folder, `${state}.images`)),
    labels: readFileSync(join(folder, `${state}.labels`)),
    folder,
    threads: Number(threads),
    seconds: Number(seconds),
  };
}

/** A map's rows, or those of its moments, from channel by channel to cell by cell, as images with the channels last have them. */
export function byCell({ shape: [rows, classes], data }, cells) {
  const channels = rows / cells ** 2;
  const table = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const to = (row % channels) * cells ** 2 + Math.floor(row / channels);
    table.set(data.subarray(to * classes, (to + 1) * classes), row * classes);
  }
  return table;
}

/** The other way round. */
export function byChannel(table, cells, classes) {
  const rows = table.length / classes;
  const channels = rows / cells ** 2;
  const data = new Float32Array(table.length);
  for (let row = 0; row < rows; row++) {
    const to = (row % channels) * cells ** 2 + Math.floor(row / channels);
    data.set(table.subarray(row * classes, (row + 1) * classes), to * classes);
  }
  return data;
}

/** What the factors of Adam's step number `time` are: of the first moment, bias corrected, and of the second. */
export function adamFactors({ beta1, beta2 }, time) {
  return { rate: 1 / (1 - beta1 ** time), second: 1 / (1 - beta2 ** time) };
}

/** An image less a share of the mean of each channel over `side` · `side` pixels, of which the outermost lie beyond its sides, too. */
function lessAround(images, first, [rows, columns, channels], side, share) {
  const within = (place, length) => Math.min(Math.max(place, 0), length - 1);
  const summed = (values, at, length, step) => {
    let sum = 0;
    for (let d = -(side - 1) / 2; d <= (side - 1) / 2; d++) sum += values(within(at + d, length) * step);
    return sum;
  };
  const row = columns * channels;
  const left = Float32Array.from(images.subarray(first, first + rows * row));
  if (share === 0) return left;
  const sums = left.map((_, k) =>
    summed(place => images[first + place + (k % row)], Math.floor(k / row), rows, row),
  );
  return left.map((value, k) => {
    const [line, channel] = [k - (k % row), k % channels];
    const mean = summed(
      place => sums[line + place + channel],
      Math.floor((k % row) / channels),
      columns,
      channels,
    );
    return value - (share * mean) / side ** 2;
  });
}

/** Images as the first layer sees them, (batch, rows, columns, channels): altered, above the means, of a root mean square of 1. */
function inputOf({ recipe, images }, order, random) {
  const { image, shift, flip, channelMeans, layers } = recipe;
  const [{ size: side, localMean: share = 0 }] = layers;
  const [rows, columns, channels] = image;
  const size = rows * columns * channels;
  const values = new Float32Array(order.length * size);
  order.forEach((example, i) => {
    const [down, right] = [0, 1].map(() => Math.floor(random() * (2 * shift + 1)) - shift);
    const isMirrored = flip && random() < 0.5;
    const seen = lessAround(images, example * size, image, side, share);
    let squares = 0;
    for (let y = Math.max(0, -down); y < Math.min(rows, rows - down); y++) {
      for (let x = Math.max(0, -right); x < Math.min(columns, columns - right); x++) {
        const from = (y * columns + (isMirrored ? columns - 1 - x : x)) * channels;
        const to = i * size + ((y + down) * columns + x + right) * channels;
        for (let c = 0; c < channels; c++) {
          const value = seen[from + c] / 255 - (1 - share) * channelMeans[c];
          values[to + c] = value;
          squares += value * value;
        }
      }
    }
    const scale = 1 / (TINY + Math.sqrt(squares / size));
    for (let k = i * size; k < (i + 1) * size; k++) values[k] *= scale;
  });
  return values;
}

/**
 * Takes steps for so many seconds, at least one, and says how long each took. `step` takes an input, labels and the number of the step,
 * and gives the loss of each layer; `after` gives a tensor of the file by its name.
 */
export async function takeSteps(settings, framework, step, after) {
  const { recipe, labels, seconds, tensors, folder } = settings;
  const { batch } = recipe;
  const random = randomNumbers(1);
  const order = shuffledOrder(labels.length, random);
  const milliseconds = [];
  let losses;
  const end = performance.now() + 1000 * seconds;
  do {
    const first = (milliseconds.length * batch) % labels.length;
    const start = performance.now();
    const rows = order.subarray(first, first + batch);
    const input = inputOf(settings, rows, random);
    losses = await step(
      input,
      Uint8Array.from(rows, i => labels[i]),
      settings.steps + milliseconds.length + 1,
    );
    milliseconds.push(performance.now() - start);
  } while (performance.now() < end);
  const parts = [];
  for (const name of tensors.keys()) parts.push(Buffer.from((await after(name)).buffer));
  writeFileSync(join(folder, 'after'), Buffer.concat(parts));
  emit({ framework, milliseconds, losses });
}
