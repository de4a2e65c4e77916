// Hinton's supervised Forward-Forward recipe in TensorFlow.js (Wasm backend, SIMD), for the rivals bench.
// Closed-form gradients, no autograd. Exact short cuts, without --plain: one product with the pixels for all three rows of
// an image, and no gradient of rows that have nothing to learn.

import {
  emit,
  installed,
  labelRows,
  loadImages,
  neutralLabelRows,
  normalNumbers,
  options,
  randomNumbers,
  recipe,
  SHOWN,
  train,
  wrongLabels,
} from './common.mjs';

const settings = options();
const tf = await installed(() => import('@tensorflow/tfjs'), 'tfjs');
const { version_wasm } = await installed(() => import('@tensorflow/tfjs-backend-wasm'), 'tfjs');

const { batch, classes } = recipe;
/** Below it a 32-bit number is denormal. */
const SMALLEST = 2 ** -126;
const random = randomNumbers(settings.seed);
const images = loadImages(settings.data);
await tf.setBackend('wasm');

const layers = settings.layers.map((units, l) => {
  const fanIn = l === 0 ? SHOWN + classes : settings.layers[l - 1];
  const matrix = rows =>
    tf.variable(tf.tensor2d(normalNumbers(rows * units, 1 / Math.sqrt(fanIn), random), [rows, units]));
  const zeros = shape => tf.variable(tf.zeros(shape));
  const inputs = l === 0 ? SHOWN : fanIn;
  return {
    units,
    weight: matrix(inputs),
    velocity: zeros([inputs, units]),
    // The first layer's weights of the label, apart from the pixels'.
    label: l === 0 ? matrix(classes) : undefined,
    labelVelocity: l === 0 ? zeros([classes, units]) : undefined,
    bias: zeros([units]),
    biasVelocity: zeros([units]),
    mean: tf.variable(tf.fill([units], 0.5)),
    head: l === 0 ? undefined : zeros([units, classes]),
    headVelocity: l === 0 ? undefined : zeros([units, classes]),
  };
});
const first = layers[0];

const scalars = new Map();
/** Kept: a new tensor for every constant costs more than the product with it. */
function scalar(value) {
  let known = scalars.get(value);
  if (!known) {
    known = tf.keep(tf.scalar(value));
    scalars.set(value, known);
  }
  return known;
}
const scaled = (tensor, value) => tf.mul(tensor, scalar(value));

/** Activities of the first layer from the product with the pixels; a row's label comes from `labels`. */
const firstForward = (product, labels, count) => {
  const seen = tf.fused.matMul({
    a: tf.tensor2d(labels, [count, classes]),
    b: first.label,
    bias: first.bias,
  });
  return tf.relu(tf.add(product, seen));
};

/** All layers from the first one's activities: activities, sums of squares and normalised activities. */
function upward(activities) {
  let y = activities;
  return layers.map((layer, l) => {
    const { units } = layer;
    const goodness = tf.sum(tf.square(y), 1, true);
    const normalized = tf.mul(y, tf.rsqrt(tf.add(scaled(goodness, 1 / units), scalar(1e-30))));
    const result = { y, goodness, normalized };
    if (l + 1 < layers.length) {
      const { weight, bias } = layers[l + 1];
      y = tf.fused.matMul({ a: normalized, b: weight, bias, activation: 'relu' });
    }
    return result;
  });
}

const rowsOf = (tensor, begin, count) => tf.slice(tensor, [begin, 0], [count, -1]);

/** value := keep · value + change. */
function moveOn(variable, keep, change) {
  variable.assign(tf.add(scaled(variable, keep), change));
}

/** Velocities are kept times `rate`, so that a step is one addition: a new rate rescales them. */
function momentumStep(weight, velocity, gradient, momentum, decay) {
  moveOn(velocity, momentum, gradient);
  if (decay) moveOn(weight, 1 - decay, velocity);
  else weight.assign(tf.add(weight, velocity));
}

let lastFactor = 1;
function rescale(factor) {
  if (factor === lastFactor) return;
  for (const { velocity, labelVelocity, biasVelocity, headVelocity } of layers) {
    for (const variable of [velocity, labelVelocity, biasVelocity, headVelocity]) {
      if (variable) tf.tidy(() => variable.assign(tf.mul(variable, factor / lastFactor)));
    }
  }
  lastFactor = factor;
}

/** Rows with something to learn on one of the lists. */
function activeRows(...lists) {
  const active = [];
  for (let i = 0; i < batch; i++) if (lists.some(list => list[i])) active.push(i);
  return active;
}

/** The chosen rows, times their factors. tf.gather does the same, many times slower. */
function take(tensor, chosen, factors) {
  const width = tensor.shape[1];
  const from = tensor.dataSync();
  const rows = new Float32Array(chosen.length * width);
  chosen.forEach((row, i) => {
    rows.set(from.subarray(row * width, (row + 1) * width), i * width);
    if (!factors) return;
    for (let k = i * width; k < (i + 1) * width; k++) rows[k] *= factors[row];
  });
  return tf.tensor2d(rows, [chosen.length, width]);
}

/** What every layer learns from, once the passes are done: a step of momentum on its weights. */
const learner = factor => (weight, velocity, x, gradient) =>
  momentumStep(
    weight,
    velocity,
    tf.matMul(tf.transpose(x), gradient),
    recipe.momentum,
    factor * recipe.rate * recipe.decay,
  );

/** The mean activities moved on, and what they add to the gradient of a positive row, times `share`: (1, units). */
function peerTerm({ mean, units }, y, share) {
  mean.assign(tf.add(scaled(mean, 0.9), scaled(tf.sum(y, 0), 0.1 / batch)));
  return tf.reshape(scaled(tf.sub(tf.mean(mean), mean), recipe.peer * share), [1, units]);
}

const shareOf = factor => ((1 - recipe.momentum) / batch) * factor * recipe.rate;

/** By how much the first `batch` rows are taught, times `share`; what underflows in 32 bits is nothing. */
function coefficients({ goodness }, units, sign, share) {
  return goodness
    .dataSync()
    .subarray(0, batch)
    .map(g => {
      const sigmoid = share / (1 + Math.exp(sign * (g - units)));
      return sigmoid > SMALLEST ? sign * sigmoid : 0;
    });
}

/** Probabilities (batch, 10) from the normalised activities of the neutral rows, none for the first layer. */
const look = neutral =>
  tf.softmax(tf.addN(layers.slice(1).map(({ head }, l) => tf.matMul(neutral[l + 1], head))));

function learnHeads(neutral, labels, probabilities, factor) {
  const { head } = recipe;
  const hot = tf.tensor2d(labelRows(labels, new Float32Array(batch).fill(1)), [batch, classes]);
  const error = tf.sub(hot, probabilities);
  const headError = scaled(error, ((1 - head.momentum) / batch) * factor * head.rate);
  for (const [l, layer] of layers.entries()) {
    if (l === 0) continue;
    momentumStep(
      layer.head,
      layer.headVelocity,
      tf.matMul(tf.transpose(neutral[l]), headError),
      head.momentum,
      factor * head.rate * head.decay,
    );
  }
}

/** What an image's pixels are to be multiplied by where its label is neutral. */
const neutralRatio = (scales, neutralScales) =>
  tf.tensor2d(
    neutralScales.map((scale, i) => scale / scales[i]),
    [scales.length, 1],
  );

function plainStep({ rows, labels, scales, neutralScales }, factor) {
  rescale(factor);
  tf.tidy(() => {
    const shown = tf.tensor2d(rows, [batch, SHOWN]);
    const pass = (x, seen) => upward(firstForward(tf.matMul(x, first.weight), seen, batch));
    const positiveLabels = labelRows(labels, scales);
    const positive = pass(shown, positiveLabels);
    const neutral = pass(
      tf.mul(shown, neutralRatio(scales, neutralScales)),
      neutralLabelRows(neutralScales),
    ).map(({ normalized }) => normalized);
    const probabilities = look(neutral);
    const negativeLabels = labelRows(wrongLabels(labels, probabilities.dataSync(), random), scales);
    const negative = pass(shown, negativeLabels);

    const share = shareOf(factor);
    const learn = learner(factor);
    const columnOf = values => tf.tensor2d(values, [batch, 1]);
    layers.forEach((layer, l) => {
      const { units } = layer;
      const peer = peerTerm(layer, positive[l].y, share);
      const up = columnOf(coefficients(positive[l], units, 1, share));
      const down = columnOf(coefficients(negative[l], units, -1, share));
      const gradient = tf.concat([tf.add(tf.mul(positive[l].y, up), peer), tf.mul(negative[l].y, down)]);
      if (l === 0) {
        learn(layer.weight, layer.velocity, tf.concat([shown, shown]), gradient);
        const seen = [positiveLabels, negativeLabels].map(part => tf.tensor2d(part, [batch, classes]));
        learn(layer.label, layer.labelVelocity, tf.concat(seen), gradient);
      } else {
        const x = tf.concat([positive[l - 1].normalized, negative[l - 1].normalized]);
        learn(layer.weight, layer.velocity, x, gradient);
      }
      momentumStep(layer.bias, layer.biasVelocity, tf.sum(gradient, 0), recipe.momentum, 0);
    });
    learnHeads(neutral, labels, probabilities, factor);
  });
}

function step({ rows, labels, scales, neutralScales }, factor) {
  rescale(factor);
  tf.tidy(() => {
    const shown = tf.tensor2d(rows, [batch, SHOWN]);
    // The rows of an image differ in nothing but the label and its length: one product serves all three.
    const product = tf.matMul(shown, first.weight);
    const positiveLabels = labelRows(labels, scales);
    const bothLabels = new Float32Array(2 * batch * classes);
    bothLabels.set(positiveLabels);
    bothLabels.set(neutralLabelRows(neutralScales), batch * classes);
    const ratio = neutralRatio(scales, neutralScales);
    // Rows are positive, neutral.
    const both = upward(firstForward(tf.concat([product, tf.mul(product, ratio)]), bothLabels, 2 * batch));

    const neutral = both.map(({ normalized }, l) => (l ? rowsOf(normalized, batch, batch) : undefined));
    const probabilities = look(neutral);
    const negativeLabels = labelRows(wrongLabels(labels, probabilities.dataSync(), random), scales);
    const negative = upward(firstForward(product, negativeLabels, batch));

    const share = shareOf(factor);
    const learn = learner(factor);
    layers.forEach((layer, l) => {
      const { units } = layer;
      const y = [rowsOf(both[l].y, 0, batch), negative[l].y];
      const peer = peerTerm(layer, y[0], share);
      const up = coefficients(both[l], units, 1, share);
      const down = coefficients(negative[l], units, -1, share);
      let changes;
      if (l === 0) {
        const active = activeRows(up, down);
        changes = [take(y[0], active, up), take(y[1], active, down)];
        // Both rows of an image have the same pixels.
        const pixels = [take(shown, active), tf.sum(shown, 0, true)];
        learn(layer.weight, layer.velocity, tf.concat(pixels), tf.concat([tf.add(...changes), peer]));
        const seen = tf.tensor2d(positiveLabels, [batch, classes]);
        const wrongSeen = tf.tensor2d(negativeLabels, [batch, classes]);
        const label = tf.concat([take(seen, active), take(wrongSeen, active), tf.sum(seen, 0, true)]);
        learn(layer.label, layer.labelVelocity, label, tf.concat([...changes, peer]));
      } else {
        const x = [rowsOf(both[l - 1].normalized, 0, batch), negative[l - 1].normalized];
        const active = [activeRows(up), activeRows(down)];
        changes = [take(y[0], active[0], up), take(y[1], active[1], down)];
        const inputs = [take(x[0], active[0]), take(x[1], active[1]), tf.sum(x[0], 0, true)];
        learn(layer.weight, layer.velocity, tf.concat(inputs), tf.concat([...changes, peer]));
      }
      const total = tf.sum(tf.concat([...changes, scaled(peer, batch)]), 0);
      momentumStep(layer.bias, layer.biasVelocity, total, recipe.momentum, 0);
    });
    learnHeads(neutral, labels, probabilities, factor);
  });
}

function evaluate({ rows, labels, scales, neutralScales }) {
  const count = labels.length;
  return tf.tidy(() => {
    const product = tf.matMul(tf.tensor2d(rows, [count, SHOWN]), first.weight);
    const sums = Array.from({ length: classes }, (_, guess) => {
      const pass = upward(
        firstForward(
          product,
          labelRows(
            labels.map(() => guess),
            scales,
          ),
          count,
        ),
      );
      return tf.addN(pass.slice(1).map(({ goodness }) => goodness));
    });
    const shownNeutral = tf.mul(product, neutralRatio(scales, neutralScales));
    const pass = upward(firstForward(shownNeutral, neutralLabelRows(neutralScales), count));
    const logits = tf.addN(
      pass.slice(1).map(({ normalized }, l) => tf.matMul(normalized, layers[l + 1].head)),
    );
    return { goodness: tf.concat(sums, 1).dataSync(), logits: logits.dataSync() };
  });
}

// This backend has threads in pages only: in Node it refuses them, and fails when forced.
emit({
  event: 'ready',
  framework: 'tfjs',
  version: tf.version.tfjs,
  threads: 1,
  blas: `XNNPACK, Wasm SIMD (${version_wasm})`,
});
await train(settings, images, random, settings.isPlain ? plainStep : step, evaluate);
