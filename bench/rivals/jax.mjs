// Hinton's supervised Forward-Forward recipe in jax-js (Wasm backend), for the rivals bench. Closed-form
// gradients, no autograd. With --plain a batch is one jit. Without, one product with the pixels serves all three rows
// of an image, and there are several jits a batch: all passes, each layer's step, each readout's; between them
// rows that have nothing to learn drop out, which one jit, its shapes fixed, could not do.

import { readFileSync } from 'node:fs';
import {
  emit,
  labelRows,
  loadImages,
  neutralLabelRows,
  normalNumbers,
  options,
  randomNumbers,
  recipe,
  SHOWN,
  train,
} from './common.mjs';
import { startJax } from './jax-start.mjs';

const settings = options();
const { blockUntilReady, jit, nn, numpy: np } = await startJax(settings.threads);

const { batch, classes } = recipe;
const random = randomNumbers(settings.seed);
const images = loadImages(settings.data);

/** Columns of a readout's weights: a multiple of four, for SIMD; those after the classes stay zero. */
const HEAD_COLUMNS = 12;

const matrix = (rows, columns, fanIn) =>
  np.array(normalNumbers(rows * columns, 1 / Math.sqrt(fanIn), random), { shape: [rows, columns] });

/** A tree of arrays: functions own what they are given, so each step consumes it and returns the next. */
let layers = settings.layers.map((units, l) => {
  const fanIn = l === 0 ? SHOWN + classes : settings.layers[l - 1];
  const inputs = l === 0 ? SHOWN : fanIn;
  const layer = {
    weight: matrix(inputs, units, fanIn),
    velocity: np.zeros([inputs, units]),
    bias: np.zeros([units]),
    biasVelocity: np.zeros([units]),
    mean: np.full([units], 0.5),
  };
  // The first layer's weights of the label, apart from the pixels'; the readout sees the layers above.
  if (l === 0)
    return { ...layer, label: matrix(classes, units, fanIn), labelVelocity: np.zeros([classes, units]) };
  return { ...layer, head: np.zeros([units, HEAD_COLUMNS]), headVelocity: np.zeros([units, HEAD_COLUMNS]) };
});

/** Activities of the first layer, from the product with the pixels. Consumes all but `layer`. */
const firstForward = (layer, product, labels) =>
  nn.relu(product.add(np.dot(labels, layer.label.ref)).add(layer.bias.ref));

/** All layers from the first one's activities: activities, sums of squares and normalised activities. */
function upward(network, activities) {
  let y = activities;
  return network.map((layer, l) => {
    const units = layer.bias.shape[0];
    const goodness = np.sum(np.square(y.ref), 1, { keepdims: true });
    const normalized = y.ref.mul(np.reciprocal(np.sqrt(goodness.ref.mul(1 / units).add(1e-30))));
    const result = { y, goodness, normalized };
    if (l + 1 < network.length) {
      const { weight, bias } = network[l + 1];
      y = nn.relu(np.dot(normalized.ref, weight.ref).add(bias.ref));
    }
    return result;
  });
}

/** Error of the heads (batch, HEAD_COLUMNS) and a wrong label for each row (batch, 10). Consumes hot and noise. */
function readHeads(network, neutral, hot, noise) {
  const logits = neutral
    .map((x, l) => np.dot(x.ref, network[l + 1].head.ref))
    .reduce((a, b) => a.add(b))
    .slice([], [0, classes]);
  const error = np.pad(hot.ref.sub(nn.softmax(logits.ref)), [
    [0, 0],
    [0, HEAD_COLUMNS - classes],
  ]);
  // The largest of logits and Gumbel noise is a draw from the softmax, here over the wrong labels.
  const wrong = nn.oneHot(np.argmax(logits.add(noise).sub(hot.mul(1e9)), 1), classes);
  return { error, wrong };
}

const passes = jit(function passes(network, shown, scales, neutralScales, hot, noise) {
  const [first] = network;
  // The rows of an image differ in nothing but the label and its length: one product serves all three.
  const product = np.dot(shown.ref, first.weight.ref);
  const positiveLabels = hot.ref.mul(scales.ref);
  const neutralLabels = np.ones([batch, classes]).mul(neutralScales.ref.mul(1 / classes));
  const ratio = neutralScales.div(scales.ref);
  // Rows are positive, neutral.
  const both = upward(
    network,
    firstForward(
      first,
      np.concatenate([product.ref, product.ref.mul(ratio)]),
      np.concatenate([positiveLabels.ref, neutralLabels]),
    ),
  );
  const neutral = both.slice(1).map(({ normalized }) => normalized.ref.slice([batch, 2 * batch]));
  const { error, wrong } = readHeads(network, neutral, hot, noise);
  const negativeLabels = wrong.mul(scales);
  const negative = upward(network, firstForward(first, product, negativeLabels.ref));
  const seen = np.concatenate([positiveLabels, negativeLabels]);

  const state = network.map((layer, l) => {
    const units = layer.bias.shape[0];
    // Positive, then negative rows.
    const y = np.concatenate([both[l].y.slice([0, batch]), negative[l].y]);
    const mean = layer.mean.mul(0.9).add(np.sum(y.ref.slice([0, batch]), 0).mul(0.1 / batch));
    const goodness = np.concatenate([both[l].goodness.slice([0, batch]), negative[l].goodness]);
    const up = nn.sigmoid(goodness.ref.slice([0, batch]).mul(-1).add(units));
    const down = nn.sigmoid(goodness.slice([batch, 2 * batch]).sub(units)).mul(-1);
    const coefficients = np.concatenate([up, down]);
    return { y, mean, coefficients };
  });
  const inputs = both
    .slice(0, -1)
    .map(({ normalized }, l) => np.concatenate([normalized.slice([0, batch]), negative[l].normalized]));
  both.at(-1).normalized.dispose();
  negative.at(-1).normalized.dispose();
  shown.dispose();
  return { state, inputs, seen, neutral, error };
});

/** Momentum and a step. Consumes all. */
function move({ value, velocity, gradient, rate }, { momentum, decay }) {
  const next = velocity.mul(momentum).add(gradient.mul((1 - momentum) / batch));
  const kept = decay ? value.mul(np.array(1).sub(rate.ref.mul(decay))) : value;
  return [kept.add(next.ref.mul(rate)), next];
}

/** The row that all positive rows share. */
function peerOf(mean) {
  return np.mean(mean.ref).sub(mean).mul(recipe.peer);
}

/** Gradient of positive rows' peer term, from the sum of their inputs. */
const outer = (x, peer) => np.sum(x, 0).reshape([-1, 1]).mul(peer);

/** A layer above the first. `chosen` are the rows that have something to learn, `coefficients` theirs. */
const learn = jit(function learn(layer, { y, mean }, x, chosen, coefficients, factor) {
  const rate = factor.mul(recipe.rate);
  const peer = peerOf(mean.ref);
  const inputs = np.take(x.ref, chosen.ref, 0);
  const change = np.take(y, chosen, 0).mul(coefficients);
  const gradient = np.dot(inputs.transpose(), change.ref).add(outer(x.slice([0, batch]), peer.ref));
  const [weight, velocity] = move(
    { value: layer.weight, velocity: layer.velocity, gradient, rate: rate.ref },
    recipe,
  );
  const total = np.sum(change, 0).add(peer.mul(batch));
  const [bias, biasVelocity] = move(
    { value: layer.bias, velocity: layer.biasVelocity, gradient: total, rate },
    { momentum: recipe.momentum, decay: 0 },
  );
  return { weight, velocity, bias, biasVelocity, mean };
});

const learnFirst = jit(function learnFirst(layer, { y, mean, coefficients }, shown, seen, factor) {
  const rate = factor.mul(recipe.rate);
  const peer = peerOf(mean.ref);
  const change = y.mul(coefficients);
  const up = change.ref.slice([0, batch]).add(peer.ref);
  const gradient = np.dot(shown.transpose(), up.ref.add(change.ref.slice([batch, 2 * batch])));
  const both = np.concatenate([up, change.slice([batch, 2 * batch])]);
  const labelGradient = np.dot(seen.transpose(), both.ref);
  peer.dispose();
  const [weight, velocity] = move(
    { value: layer.weight, velocity: layer.velocity, gradient, rate: rate.ref },
    recipe,
  );
  const [label, labelVelocity] = move(
    { value: layer.label, velocity: layer.labelVelocity, gradient: labelGradient, rate: rate.ref },
    recipe,
  );
  const [bias, biasVelocity] = move(
    { value: layer.bias, velocity: layer.biasVelocity, gradient: np.sum(both, 0), rate },
    { momentum: recipe.momentum, decay: 0 },
  );
  return { weight, velocity, label, labelVelocity, bias, biasVelocity, mean };
});

/** A step of a readout's part in one layer. Consumes all. */
function moveHead(layer, x, error, factor) {
  const gradient = np.dot(x.transpose(), error);
  const rate = factor.mul(recipe.head.rate);
  const [head, headVelocity] = move(
    { value: layer.head, velocity: layer.headVelocity, gradient, rate },
    recipe.head,
  );
  return { head, headVelocity };
}

const learnHead = jit(moveHead);

/** The whole of a batch, three full passes and all rows in the gradient: the layers as they are after it. */
const plainBatch = jit(function plainBatch(network, shown, scales, neutralScales, hot, noise, factor) {
  const [first] = network;
  const pass = (x, labels) => upward(network, firstForward(first, np.dot(x, first.weight.ref), labels));
  const positiveLabels = hot.ref.mul(scales.ref);
  const positive = pass(shown.ref, positiveLabels.ref);
  const neutralLabels = np.ones([batch, classes]).mul(neutralScales.ref.mul(1 / classes));
  const neutral = pass(shown.ref.mul(neutralScales.div(scales.ref)), neutralLabels);
  for (const { y, goodness } of neutral) {
    y.dispose();
    goodness.dispose();
  }
  neutral[0].normalized.dispose();
  const read = neutral.slice(1).map(({ normalized }) => normalized);
  const { error, wrong } = readHeads(network, read, hot, noise);
  const negativeLabels = wrong.mul(scales);
  const negative = pass(shown.ref, negativeLabels.ref);
  positive.at(-1).normalized.dispose();
  negative.at(-1).normalized.dispose();

  const rate = factor.ref.mul(recipe.rate);
  const next = network.map((layer, l) => {
    const units = layer.bias.shape[0];
    const mean = layer.mean.mul(0.9).add(np.sum(positive[l].y.ref, 0).mul(0.1 / batch));
    const up = nn.sigmoid(positive[l].goodness.mul(-1).add(units));
    const down = nn.sigmoid(negative[l].goodness.sub(units)).mul(-1);
    const gradients = [positive[l].y.mul(up).add(peerOf(mean.ref)), negative[l].y.mul(down)];
    const moved = (value, velocity, gradient, decay) =>
      move({ value, velocity, gradient, rate: rate.ref }, { momentum: recipe.momentum, decay });
    const [bias, biasVelocity] = moved(
      layer.bias,
      layer.biasVelocity,
      gradients.map(gradient => np.sum(gradient.ref, 0)).reduce((a, b) => a.add(b)),
      0,
    );
    const change = np.concatenate(gradients);
    const product = (x, d) => np.dot(np.concatenate(x).transpose(), d);
    const below = l ? [positive[l - 1].normalized, negative[l - 1].normalized] : [shown.ref, shown.ref];
    const [weight, velocity] = moved(layer.weight, layer.velocity, product(below, change.ref), recipe.decay);
    const result = { weight, velocity, bias, biasVelocity, mean };
    if (l === 0) {
      const seen = product([positiveLabels, negativeLabels], change);
      const [label, labelVelocity] = moved(layer.label, layer.labelVelocity, seen, recipe.decay);
      return { ...result, label, labelVelocity };
    }
    change.dispose();
    return { ...result, ...moveHead(layer, read[l - 1], error.ref, factor.ref) };
  });
  for (const used of [rate, shown, error, factor]) used.dispose();
  return next;
});

async function plainStep(part, factor) {
  layers = plainBatch(layers, ...arraysOf(part), np.array(factor));
  await blockUntilReady(layers);
}

const columnOf = values => np.array(values, { shape: [values.length, 1] });

/** What a batch starts from: pixels, both scales, the labels one-hot, and Gumbel noise. */
function arraysOf({ rows, labels, scales, neutralScales }) {
  const noise = Float32Array.from({ length: batch * classes }, () => -Math.log(-Math.log(random() + 1e-12)));
  return [
    np.array(rows, { shape: [batch, SHOWN] }),
    columnOf(scales),
    columnOf(neutralScales),
    np.array(labelRows(labels, new Float32Array(batch).fill(1)), { shape: [batch, classes] }),
    np.array(noise, { shape: [batch, classes] }),
  ];
}

/** A jit is compiled for its shapes: lists of rows are filled up to a multiple of this. */
const BUCKET = 20;
/** Below it a 32-bit number is denormal. */
const SMALLEST = 2 ** -126;

/** Rows with something to learn: the others' sigmoids underflow in 32 bits. */
function choose(coefficients) {
  const rows = [...coefficients.keys()].filter(i => Math.abs(coefficients[i]) > SMALLEST);
  const length = BUCKET * Math.max(1, Math.ceil(rows.length / BUCKET));
  const chosen = new Int32Array(length);
  const kept = new Float32Array(length);
  chosen.set(rows);
  kept.set(rows.map(i => coefficients[i]));
  return { chosen: np.array(chosen), chosenCoefficients: columnOf(kept) };
}

async function trainStep(part, factor) {
  const [shown, ...others] = arraysOf(part);
  const rate = np.array(factor);
  const refs = layers.map(layer => Object.fromEntries(Object.entries(layer).map(([k, v]) => [k, v.ref])));
  const { state, inputs, seen, neutral, error } = passes(refs, shown.ref, ...others);
  const next = [];
  for (const [l, { head, headVelocity, ...layer }] of layers.entries()) {
    if (l === 0) {
      next.push(learnFirst(layer, state[0], shown, seen, rate.ref));
      continue;
    }
    const { coefficients, ...moved } = state[l];
    const { chosen, chosenCoefficients } = choose(await coefficients.data());
    next.push({
      ...learn(layer, moved, inputs[l - 1], chosen, chosenCoefficients, rate.ref),
      ...learnHead({ head, headVelocity }, neutral[l - 1], error.ref, rate.ref),
    });
  }
  error.dispose();
  rate.dispose();
  layers = next;
  await blockUntilReady(layers);
}

const look = jit(function look(network, product, labels) {
  const pass = upward(network, firstForward(network[0], product, labels));
  const goodness = pass
    .slice(1)
    .map(layer => layer.goodness)
    .reduce((a, b) => a.add(b));
  const columns = pass
    .slice(1)
    .map(({ normalized }, l) => np.dot(normalized, network[l + 1].head.ref))
    .reduce((a, b) => a.add(b));
  const logits = columns.slice([], [0, classes]);
  return [goodness, logits];
});

async function evaluate({ rows, labels, scales, neutralScales }) {
  const count = labels.length;
  const refs = () =>
    layers.map(layer => Object.fromEntries(Object.entries(layer).map(([k, v]) => [k, v.ref])));
  const product = np.dot(np.array(rows, { shape: [count, SHOWN] }), layers[0].weight.ref);
  const goodness = new Float32Array(count * classes);
  for (let guess = 0; guess < classes; guess++) {
    const guesses = labelRows(
      labels.map(() => guess),
      scales,
    );
    const [sums, unused] = look(refs(), product.ref, np.array(guesses, { shape: [count, classes] }));
    unused.dispose();
    (await sums.data()).forEach((sum, i) => {
      goodness[i * classes + guess] = sum;
    });
  }
  const ratio = columnOf(neutralScales.map((scale, i) => scale / scales[i]));
  const [unused, logits] = look(
    refs(),
    product.mul(ratio),
    np.array(neutralLabelRows(neutralScales), { shape: [count, classes] }),
  );
  unused.dispose();
  return { goodness, logits: await logits.data() };
}

const { version } = JSON.parse(
  readFileSync(new URL('node_modules/@jax-js/jax/package.json', import.meta.url), 'utf8'),
);
emit({
  event: 'ready',
  framework: 'jax-js',
  version,
  threads: settings.threads,
  blas: 'generated Wasm SIMD',
});
await train(settings, images, random, settings.isPlain ? plainStep : trainStep, evaluate);
process.exit(0);
