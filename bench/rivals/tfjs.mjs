// Hinton's supervised Forward-Forward recipe in TensorFlow.js (Wasm backend, SIMD), for the rivals bench. Closed-form
// gradients, no autograd.

import {
  emit,
  installed,
  labelRows,
  loadImages,
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
const G = process.env.V_GATHER ?? '1';
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

function step({ rows, labels, scales, neutralScales }, factor) {
  rescale(factor);
  tf.tidy(() => {
    const shown = tf.tensor2d(rows, [batch, SHOWN]);
    // The rows of an image differ in nothing but the label and its length: one product serves all three.
    const product = tf.matMul(shown, first.weight);
    const ratio = tf.tensor2d(
      neutralScales.map((scale, i) => scale / scales[i]),
      [batch, 1],
    );
    const positiveLabels = labelRows(labels, scales);
    const bothLabels = new Float32Array(2 * batch * classes);
    bothLabels.set(positiveLabels);
    neutralScales.forEach((scale, i) => {
      bothLabels.fill(scale / classes, (batch + i) * classes, (batch + i + 1) * classes);
    });
    // Rows are positive, neutral.
    const both = upward(firstForward(tf.concat([product, tf.mul(product, ratio)]), bothLabels, 2 * batch));

    const neutral = both.map(({ normalized }, l) => (l ? rowsOf(normalized, batch, batch) : undefined));
    const logits = tf.addN(layers.slice(1).map(({ head }, l) => tf.matMul(neutral[l + 1], head)));
    const probabilities = tf.softmax(logits);
    const wrong = wrongLabels(labels, probabilities.dataSync(), random);
    const negativeLabels = labelRows(wrong, scales);
    const negative = upward(firstForward(product, negativeLabels, batch));

    const share = ((1 - recipe.momentum) / batch) * factor * recipe.rate;
    layers.forEach((layer, l) => {
      const y = rowsOf(both[l].y, 0, batch);
      const { units, mean } = layer;
      mean.assign(tf.add(scaled(mean, 0.9), scaled(tf.sum(y, 0), 0.1 / batch)));
      const peer = scaled(tf.sub(tf.mean(mean), mean), recipe.peer * share);
      const excess = tf.sub(
        tf.concat([rowsOf(both[l].goodness, 0, batch), negative[l].goodness]),
        scalar(units),
      );
      const values = excess.dataSync();
      const coefficients = Float32Array.from(values, (g, i) =>
        i < batch ? share / (1 + Math.exp(g)) : -share / (1 + Math.exp(-g)),
      );
      step.active ??= layers.map(() => 0);
      if (G === '1') {
        // Rows with nothing to learn (their sigmoid underflows in 32 bits) drop out; the peer term is one row more.
        const active = [];
        if (l === 0) {
          for (let i = 0; i < batch; i++) {
            if (coefficients[i] > 1e-38 || coefficients[batch + i] < -1e-38) active.push(i);
          }
        } else {
          for (let i = 0; i < 2 * batch; i++) if (Math.abs(coefficients[i]) > 1e-38) active.push(i);
        }
        step.active[l] += active.length;
        const take = (tensor, index) => tf.gather(tensor, tf.tensor1d(index, 'int32'));
        const column = (from, index) =>
          tf.tensor2d(
            Float32Array.from(index, i => from[i]),
            [index.length, 1],
          );
        const peerRow = tf.reshape(peer, [1, units]);
        if (l === 0) {
          const up = tf.mul(take(y, active), column(coefficients, active));
          const down = tf.mul(take(negative[0].y, active), column(coefficients.subarray(batch), active));
          const gradient = tf.concat([tf.add(up, down), peerRow]);
          const x = tf.concat([take(shown, active), tf.sum(shown, 0, true)]);
          momentumStep(
            layer.weight,
            layer.velocity,
            tf.matMul(tf.transpose(x), gradient),
            recipe.momentum,
            factor * recipe.rate * recipe.decay,
          );
          const part = (from, index) => {
            const out = new Float32Array(index.length * classes);
            index.forEach((i, k) => out.set(from.subarray(i * classes, (i + 1) * classes), k * classes));
            return out;
          };
          const lab = new Float32Array((2 * active.length + 1) * classes);
          lab.set(part(positiveLabels, active));
          lab.set(part(negativeLabels, active), active.length * classes);
          for (let i = 0; i < positiveLabels.length; i++)
            lab[2 * active.length * classes + (i % classes)] += positiveLabels[i];
          const rows = tf.concat([up, down, peerRow]);
          const labT = tf.transpose(tf.tensor2d(lab, [2 * active.length + 1, classes]));
          momentumStep(
            layer.label,
            layer.labelVelocity,
            tf.matMul(labT, rows),
            recipe.momentum,
            factor * recipe.rate * recipe.decay,
          );
          momentumStep(
            layer.bias,
            layer.biasVelocity,
            tf.add(tf.add(tf.sum(up, 0), tf.sum(down, 0)), scaled(peer, batch)),
            recipe.momentum,
            0,
          );
        } else {
          const gradient = tf.mul(take(tf.concat([y, negative[l].y]), active), column(coefficients, active));
          const source = tf.concat([rowsOf(both[l - 1].normalized, 0, batch), negative[l - 1].normalized]);
          const x = tf.concat([
            take(source, active),
            tf.sum(rowsOf(both[l - 1].normalized, 0, batch), 0, true),
          ]);
          momentumStep(
            layer.weight,
            layer.velocity,
            tf.matMul(tf.transpose(x), tf.concat([gradient, peerRow])),
            recipe.momentum,
            factor * recipe.rate * recipe.decay,
          );
          momentumStep(
            layer.bias,
            layer.biasVelocity,
            tf.add(tf.sum(gradient, 0), scaled(peer, batch)),
            recipe.momentum,
            0,
          );
        }
      } else {
        const up = tf.add(tf.mul(y, tf.tensor2d(coefficients.subarray(0, batch), [batch, 1])), peer);
        const down = tf.mul(negative[l].y, tf.tensor2d(coefficients.subarray(batch), [batch, 1]));
        const gradient = tf.concat([up, down]);
        if (l === 0) {
          momentumStep(
            layer.weight,
            layer.velocity,
            tf.matMul(tf.transpose(shown), tf.add(up, down)),
            recipe.momentum,
            factor * recipe.rate * recipe.decay,
          );
          const seen = new Float32Array(2 * batch * classes);
          seen.set(positiveLabels);
          seen.set(negativeLabels, batch * classes);
          momentumStep(
            layer.label,
            layer.labelVelocity,
            tf.matMul(tf.transpose(tf.tensor2d(seen, [2 * batch, classes])), gradient),
            recipe.momentum,
            factor * recipe.rate * recipe.decay,
          );
        } else {
          const x = tf.concat([rowsOf(both[l - 1].normalized, 0, batch), negative[l - 1].normalized]);
          momentumStep(
            layer.weight,
            layer.velocity,
            G === 't' ? tf.matMul(x, gradient, true, false) : tf.matMul(tf.transpose(x), gradient),
            recipe.momentum,
            factor * recipe.rate * recipe.decay,
          );
        }
        momentumStep(layer.bias, layer.biasVelocity, tf.sum(gradient, 0), recipe.momentum, 0);
      }
    });
    const { head } = recipe;
    const error = tf.sub(
      tf.tensor2d(labelRows(labels, new Float32Array(batch).fill(1)), [batch, classes]),
      probabilities,
    );
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
    const ratio = tf.tensor2d(
      neutralScales.map((scale, i) => scale / scales[i]),
      [count, 1],
    );
    const neutralLabels = Float32Array.from(
      { length: count * classes },
      (_, i) => neutralScales[Math.floor(i / classes)] / classes,
    );
    const pass = upward(firstForward(tf.mul(product, ratio), neutralLabels, count));
    const logits = tf.addN(
      pass.slice(1).map(({ normalized }, l) => tf.matMul(normalized, layers[l + 1].head)),
    );
    return { goodness: tf.concat(sums, 1).dataSync(), logits: logits.dataSync() };
  });
}

emit({
  event: 'ready',
  framework: 'tfjs',
  version: tf.version.tfjs,
  threads: 1,
  blas: `XNNPACK, Wasm SIMD (${version_wasm})`,
});
await train(settings, images, random, step, evaluate);
console.error(
  step.active.map(n => n / ((settings.epochs * settings.images) / 100)),
  tf.memory().numTensors,
);
