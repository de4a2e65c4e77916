// What the rivals in Node share: the command line, the protocol, MNIST, the recipe's numbers, random numbers
// and the loop over epochs.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** Hinton's settings, as in src/recipes/recipes.ts. */
export const recipe = {
  batch: 100,
  classes: 10,
  rate: 0.01,
  momentum: 0.9,
  decay: 0.001,
  peer: 0.03,
  head: { rate: 0.1, momentum: 0.9, decay: 0.003 },
};

const PIXELS = 784;
/** Pixels that are left when the label has taken the first ten. */
export const SHOWN = PIXELS - recipe.classes;

export function options() {
  const text = fallback => ({ type: 'string', default: fallback });
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      layers: text('1000,1000,1000'),
      images: text('60000'),
      epochs: text('1'),
      'total-epochs': text('100'),
      seed: text('1'),
      threads: text('1'),
      test: text('0'),
      plain: { type: 'boolean', default: false },
    },
  });
  const { data, layers, images, epochs, seed, threads, test, plain } = values;
  if (!data) fail(2, '--data DIR is missing: the folder with the raw MNIST files');
  if (Number(images) % recipe.batch) fail(2, `--images must be a multiple of ${recipe.batch}`);
  return {
    data,
    layers: layers.split(',').map(Number),
    images: Number(images),
    epochs: Number(epochs),
    totalEpochs: Number(values['total-epochs']),
    seed: Number(seed),
    threads: Number(threads),
    test: Number(test),
    /** As a good port of Hinton's code has it: three full passes a batch, and all rows in the gradient. */
    isPlain: plain,
  };
}

export function fail(code, message) {
  console.error(message);
  process.exit(code);
}

export function emit(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** What `load` imports, or exit code 3. */
export async function installed(load, framework) {
  try {
    return await load();
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') throw error;
    return fail(3, `${framework} is not installed: npm ci --prefix bench/rivals`);
  }
}

/** The factor on every learning rate in `epoch` (from 1): 1 for half of the epochs, then falling to zero. */
export function gain(epoch, epochs) {
  return epoch <= epochs / 2 ? 1 : (0.5 + epochs - epoch) / (epochs / 2);
}

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` normal numbers of the given deviation (Box-Muller). */
export function normalNumbers(count, deviation, random) {
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    numbers[i] = deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  }
  return numbers;
}

export function shuffledOrder(count, random) {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const j = Math.floor(random() * (i + 1));
    order[i] = order[j];
    order[j] = i;
  }
  return order;
}

/**
 * MNIST's training set, normalised as with a label. `rows` are (count, 774): the pixels behind the label,
 * times `scales` (count), which is also what an image's one label input becomes; `neutralScales` are the same
 * for a neutral label.
 */
export function loadImages(folder) {
  const pixels = readFileSync(join(folder, 'train-images-idx3-ubyte')).subarray(16);
  const labels = readFileSync(join(folder, 'train-labels-idx1-ubyte')).subarray(8);
  const count = labels.length;
  const rows = new Float32Array(count * SHOWN);
  const scales = new Float32Array(count);
  const neutralScales = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const image = pixels.subarray(i * PIXELS + recipe.classes, (i + 1) * PIXELS);
    let squares = 0;
    for (const value of image) squares += (value / 255) ** 2;
    scales[i] = 1 / Math.sqrt((squares + 1) / PIXELS);
    neutralScales[i] = 1 / Math.sqrt((squares + 1 / recipe.classes) / PIXELS);
    for (let k = 0; k < SHOWN; k++) rows[i * SHOWN + k] = (image[k] / 255) * scales[i];
  }
  return { rows, scales, neutralScales, labels };
}

/** The images numbered `order`, side by side. */
export function takeBatch(images, order) {
  const rows = new Float32Array(order.length * SHOWN);
  order.forEach((from, i) => {
    rows.set(images.rows.subarray(from * SHOWN, (from + 1) * SHOWN), i * SHOWN);
  });
  return {
    rows,
    labels: Array.from(order, i => images.labels[i]),
    scales: Float32Array.from(order, i => images.scales[i]),
    neutralScales: Float32Array.from(order, i => images.neutralScales[i]),
  };
}

/** Rows (count, 10) that hold `values` at `labels` and nothing elsewhere. */
export function labelRows(labels, values) {
  const rows = new Float32Array(labels.length * recipe.classes);
  labels.forEach((label, i) => {
    rows[i * recipe.classes + label] = values[i];
  });
  return rows;
}

/** Rows (count, 10) in which every label is alike, as neutral images of these scales have it. */
export function neutralLabelRows(neutralScales) {
  const { classes } = recipe;
  return Float32Array.from(
    { length: neutralScales.length * classes },
    (_, i) => neutralScales[Math.floor(i / classes)] / classes,
  );
}

/** A wrong label for each image, in proportion to its probability; `probabilities` are (count, 10). */
export function wrongLabels(labels, probabilities, random) {
  const { classes } = recipe;
  return labels.map((label, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    let left = random() * row.reduce((sum, p, c) => (c === label ? sum : sum + p), 0);
    for (let c = 0; c < classes; c++) {
      if (c === label) continue;
      left -= row[c];
      if (left < 0) return c;
    }
    // All wrong labels have underflowed to zero.
    const other = Math.floor(random() * (classes - 1));
    return other < label ? other : other + 1;
  });
}

/** Percent of the rows of `scores` (count, 10) whose highest is not the label. */
export function errorOf(scores, labels) {
  const { classes } = recipe;
  const wrong = labels.filter((label, i) => {
    const row = scores.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(row.reduce((a, b) => Math.max(a, b))) !== label;
  });
  return (100 * wrong.length) / labels.length;
}

/** The framework-independent loop: shuffles, times `step`, and evaluates outside the timing. */
export async function train(settings, images, random, step, evaluate) {
  const { batch } = recipe;
  for (let epoch = 1; epoch <= settings.epochs; epoch++) {
    const factor = gain(epoch, settings.totalEpochs);
    const start = performance.now();
    const order = shuffledOrder(settings.images, random);
    for (let first = 0; first < settings.images; first += batch) {
      await step(takeBatch(images, order.subarray(first, first + batch)), factor);
    }
    const seconds = (performance.now() - start) / 1000;
    const event = { event: 'epoch', epoch, seconds };
    if (settings.test) {
      const goodness = [];
      const logits = [];
      const labels = [];
      const count = images.labels.length;
      for (let first = count - settings.test; first < count; first += batch) {
        const part = takeBatch(
          images,
          Uint32Array.from({ length: Math.min(batch, count - first) }, (_, i) => first + i),
        );
        const scores = await evaluate(part);
        goodness.push(...scores.goodness);
        logits.push(...scores.logits);
        labels.push(...part.labels);
      }
      event.goodnessError = errorOf(Float32Array.from(goodness), labels);
      event.softmaxError = errorOf(Float32Array.from(logits), labels);
    }
    emit(event);
  }
}
