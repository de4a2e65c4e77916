// A recipe of convolutions with local losses in TensorFlow.js (Wasm backend, SIMD), for the rivals-conv bench. The gradients are in closed
// form: this backend has neither the gradient of max pooling nor that of a convolution's weights. The first is made of comparisons, the
// second of a convolution, which is faster here than a product of matrices for each position of a patch.

import { installed } from './common.mjs';
import { adamFactors, begin, byCell, byChannel, EPSILON, MOVES, takeSteps } from './conv-common.mjs';

const settings = begin();
const tf = await installed(() => import('@tensorflow/tfjs'), 'tfjs');
await installed(() => import('@tensorflow/tfjs-backend-wasm'), 'tfjs');
await tf.setBackend('wasm');

const { recipe, tensors } = settings;
const { optimizer, mapRate, similarity = 0 } = recipe.learning;
const { batch } = recipe;
const classes = tensors.get('classes.0.weight').shape[1];

/** A parameter and its moments, which go uphill. */
function parameter(name, shape, read = ({ data }) => data) {
  const variable = suffix => tf.variable(tf.tensor(read(tensors.get(name + suffix)), shape));
  return { name, value: variable(''), first: variable('.first'), second: variable('.second') };
}

const layers = recipe.layers.map(({ size, cells, maxPool = 1 }, l) => {
  const weight = tensors.get(`layers.${l}.weight`);
  const [inputs, channels] = weight.shape;
  const table = tensors.get(`classes.${l}.weight`);
  return {
    size,
    cells,
    maxPool,
    channels,
    weight: parameter(`layers.${l}.weight`, [size, size, inputs / size ** 2, channels]),
    bias: parameter(`layers.${l}.bias`, [channels]),
    map: parameter(`classes.${l}.weight`, table.shape, tensor => byCell(tensor, cells)),
    running: ['mean', 'variance'].map(what => running(`layers.${l}.norm.${what}`)),
  };
});

/** What each channel is standardised by where nothing is learned. */
function running(name) {
  return { name, value: tf.variable(tf.tensor(tensors.get(name).data)) };
}

/** A step of Adam up a gradient. */
function climb({ value, first, second }, gradient, rate, time) {
  const { beta1, beta2, epsilon } = optimizer;
  const factors = adamFactors(optimizer, time);
  first.assign(tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1)));
  second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
  const length = tf.add(tf.sqrt(tf.mul(second, factors.second)), epsilon);
  value.assign(tf.add(value, tf.div(tf.mul(first, rate * factors.rate), length)));
}

/** The positions of every pool: pool · pool arrays of (batch, rows, columns, channels). */
function positionsOfPools(z, pool) {
  const [images, rows, columns, channels] = z.shape;
  const shape = [images, rows / pool, pool, columns / pool, pool * channels];
  const lines = tf.reshape(z, shape);
  return Array.from({ length: pool * pool }, (_, i) =>
    tf.reshape(
      tf.slice(
        lines,
        [0, 0, Math.floor(i / pool), 0, (i % pool) * channels],
        [images, rows / pool, 1, columns / pool, channels],
      ),
      [images, rows / pool, columns / pool, channels],
    ),
  );
}

/** A gradient of pools to their positions: all of it to the first that is as large as the largest. */
function unpooled(gradient, largest, parts, pool) {
  const [images, rows, columns, channels] = largest.shape;
  let left = gradient;
  const given = parts.map((part, i) => {
    const own = i + 1 < parts.length ? tf.mul(left, tf.cast(tf.equal(part, largest), 'float32')) : left;
    left = tf.sub(left, own);
    return tf.reshape(own, [images, rows, 1, columns, channels]);
  });
  const lines = Array.from({ length: pool }, (_, y) => tf.concat(given.slice(y * pool, (y + 1) * pool), 4));
  return tf.reshape(tf.concat(lines, 2), [images, rows * pool, columns * pool, channels]);
}

/** The gradient of a convolution's weights: a convolution, too, with images in the place of channels. */
function kernelGradient(x, gradient, size) {
  const pad = (size - 1) / 2;
  const seen = tf.pad(tf.transpose(x, [3, 1, 2, 0]), [
    [0, 0],
    [pad, pad],
    [pad, pad],
    [0, 0],
  ]);
  const taps = tf.conv2d(seen, tf.transpose(gradient, [1, 2, 0, 3]), 1, 'valid');
  return tf.transpose(taps, [1, 2, 0, 3]);
}

/** How features want to move, so that those of a class are alike and others not: of the mean over pairs. */
function likeness(features, hot) {
  const centred = tf.sub(features, tf.mean(features, 1, true));
  const lengths = tf.sqrt(tf.sum(tf.square(centred), 1, true));
  const units = tf.div(centred, lengths);
  const cosines = tf.matMul(units, units, false, true);
  const unlike = 1 / (classes - 1);
  const wanted = tf.sub(tf.mul(tf.matMul(hot, hot, false, true), 1 + unlike), unlike);
  const pulls = tf.mul(tf.sub(wanted, cosines), (4 * similarity) / batch ** 2);
  const along = tf.sum(tf.mul(pulls, cosines), 1, true);
  return tf.div(tf.sub(tf.matMul(pulls, units), tf.mul(along, units)), lengths);
}

/** One layer's step; gives what it hands on, and its loss. */
function learn(layer, x, hot, time) {
  const { size, cells, maxPool, channels, weight, bias, map, running } = layer;
  const z = tf.conv2d(x, weight.value, 1, 'same');
  const raw = maxPool > 1 ? tf.maxPool(z, maxPool, maxPool, 'valid') : z;
  const [images, rows, columns] = raw.shape;
  const count = images * rows * columns;
  const mean = tf.mean(raw, [0, 1, 2]);
  const centred = tf.sub(raw, mean);
  const variance = tf.mean(tf.square(centred), [0, 1, 2]);
  const scale = tf.rsqrt(tf.add(variance, EPSILON));
  const standard = tf.mul(centred, scale);
  const y = tf.relu(tf.add(standard, bias.value));
  const [high, wide] = [rows / cells, columns / cells];
  const features = tf.reshape(tf.avgPool(y, [high, wide], [high, wide], 'valid'), [
    images,
    map.value.shape[0],
  ]);
  const logProbabilities = tf.logSoftmax(tf.matMul(features, map.value));
  const own = tf.sum(tf.mul(logProbabilities, hot), 1, true);
  const error = tf.div(tf.sub(hot, tf.exp(logProbabilities)), batch);

  // Back through the means, the ReLU, the standardisation, the pool.
  const byClass = tf.matMul(error, map.value, false, true);
  const wanted = similarity ? tf.add(byClass, likeness(features, hot)) : byClass;
  const pulls = tf.reshape(tf.div(wanted, high * wide), [images * cells, 1, cells, 1, channels]);
  const isOn = tf.cast(tf.greater(y, 0), 'float32');
  const on = tf.reshape(isOn, [images * cells, high, cells, wide, channels]);
  const back = tf.reshape(tf.mul(on, pulls), raw.shape);
  const biasGradient = tf.sum(back, [0, 1, 2]);
  const along = tf.mean(tf.mul(back, standard), [0, 1, 2]);
  const pooled = tf.mul(tf.sub(tf.sub(back, tf.div(biasGradient, count)), tf.mul(standard, along)), scale);
  const gradient = maxPool > 1 ? unpooled(pooled, raw, positionsOfPools(z, maxPool), maxPool) : pooled;

  const { rate } = optimizer;
  climb(weight, kernelGradient(x, gradient, size), rate, time);
  climb(bias, biasGradient, rate, time);
  climb(map, tf.matMul(features, error, true), mapRate, time);
  [mean, tf.mul(variance, count / (count - 1))].forEach((own, i) => {
    const { value } = running[i];
    value.assign(tf.add(tf.mul(value, 1 - MOVES), tf.mul(own, MOVES)));
  });
  return { y, loss: tf.neg(tf.mean(own)) };
}

function step(input, labels, time) {
  const told = tf.tidy(() => {
    let x = tf.tensor(input, [labels.length, ...recipe.image]);
    const hot = tf.oneHot(tf.tensor1d(labels, 'int32'), classes).toFloat();
    return layers.map(layer => {
      const { y, loss } = learn(layer, x, hot, time);
      x = y;
      return loss;
    });
  });
  const losses = told.map(loss => loss.dataSync()[0]);
  tf.dispose(told);
  return losses;
}

function after(name) {
  const [whole, suffix = ''] = name.match(/\.(first|second)$/) ?? [''];
  const wanted = name.slice(0, name.length - whole.length);
  for (const { weight, bias, map, running, cells } of layers) {
    for (const found of [weight, bias, map, ...running]) {
      if (found.name !== wanted) continue;
      const data = found[suffix || 'value'].dataSync();
      return found === map ? byChannel(data, cells, classes) : Float32Array.from(data);
    }
  }
  throw new Error(`no tensor ${name}`);
}

// This backend has threads in pages only: in Node it refuses them, and fails when forced.
await takeSteps(settings, `tfjs ${tf.version.tfjs}`, step, after);
