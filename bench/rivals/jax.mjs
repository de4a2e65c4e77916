// Hinton's supervised Forward-Forward recipe in jax-js (Wasm backend), for the rivals bench. Closed-form gradients, no
// autograd; the whole step is one jit.

import { setFlagsFromString } from 'node:v8';
import {
  emit,
  fail,
  installed,
  labelRows,
  loadImages,
  normalNumbers,
  options,
  randomNumbers,
  recipe,
  SHOWN,
  train,
} from './common.mjs';
import { offerWorkers } from './workers.mjs';

const settings = options();
// Node 20 keeps relaxed SIMD (fused multiply-add), which jax-js would use, behind this flag.
if (process.env.V_RELAXED !== '0') setFlagsFromString('--experimental-wasm-relaxed-simd');
if (process.env.V_UNROLL === '0') setFlagsFromString('--no-wasm-loop-unrolling');
// jax-js looks for web workers when it is imported, and works in the caller's thread without them.
if (settings.threads > 1 || process.env.V_WORKERS) offerWorkers(settings.threads);
const {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  nn,
  numpy: np,
} = await installed(() => import('@jax-js/jax'), 'jax-js');

const { batch, classes } = recipe;
const random = randomNumbers(settings.seed);
const images = loadImages(settings.data);
await init('wasm');
defaultDevice('wasm');

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
  return { ...layer, head: np.zeros([units, classes]), headVelocity: np.zeros([units, classes]) };
});

/** Activities of the first layer from the product with the pixels and the label inputs. Consumes all but `layer`. */
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

const step = jit(function step(network, shown, scales, neutralScales, hot, noise, factor) {
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
  const logits = neutral.map((x, l) => np.dot(x.ref, network[l + 1].head.ref)).reduce((a, b) => a.add(b));
  const error = hot.ref.sub(nn.softmax(logits.ref));
  // The largest of logits and Gumbel noise is a draw from the softmax, here over the wrong labels.
  const wrong = nn.oneHot(np.argmax(logits.add(noise).sub(hot.mul(1e9)), 1), classes);
  const negativeLabels = wrong.mul(scales);
  const negative = upward(network, firstForward(first, product, negativeLabels.ref));
  const seen = np.concatenate([positiveLabels, negativeLabels]);

  const share = (1 - recipe.momentum) / batch;
  const rate = factor.ref.mul(recipe.rate);
  const keep = np.array(1).sub(rate.ref.mul(recipe.decay));
  const moved = network.map((layer, l) => {
    const units = layer.bias.shape[0];
    const y = both[l].y.slice([0, batch]);
    const mean = layer.mean.mul(0.9).add(np.sum(y.ref, 0).mul(0.1 / batch));
    const peer = np.mean(mean.ref).sub(mean.ref).mul(recipe.peer);
    const up = nn.sigmoid(both[l].goodness.slice([0, batch]).mul(-1).add(units));
    const down = nn.sigmoid(negative[l].goodness.sub(units)).mul(-1);
    const positiveGradient = y.mul(up).add(peer);
    const negativeGradient = negative[l].y.mul(down);
    const gradient = np.concatenate([positiveGradient.ref, negativeGradient.ref]);
    const next = { mean };
    let change;
    if (l === 0) {
      change = np.dot(shown.ref.transpose(), positiveGradient.add(negativeGradient));
      next.labelVelocity = layer.labelVelocity
        .mul(recipe.momentum)
        .add(np.dot(seen.ref.transpose(), gradient.ref).mul(share));
      next.label = layer.label.mul(keep.ref).add(next.labelVelocity.ref.mul(rate.ref));
    } else {
      positiveGradient.dispose();
      negativeGradient.dispose();
      const x = np.concatenate([
        both[l - 1].normalized.ref.slice([0, batch]),
        negative[l - 1].normalized.ref,
      ]);
      change = np.dot(x.transpose(), gradient.ref);
    }
    next.velocity = layer.velocity.mul(recipe.momentum).add(change.mul(share));
    next.weight = layer.weight.mul(keep.ref).add(next.velocity.ref.mul(rate.ref));
    next.biasVelocity = layer.biasVelocity.mul(recipe.momentum).add(np.sum(gradient, 0).mul(share));
    next.bias = layer.bias.add(next.biasVelocity.ref.mul(rate.ref));
    if (l > 0) {
      const { rate: headRate, momentum, decay } = recipe.head;
      next.headVelocity = layer.headVelocity
        .mul(momentum)
        .add(np.dot(neutral[l - 1].transpose(), error.ref).mul((1 - momentum) / batch));
      const headKeep = np.array(1).sub(factor.ref.mul(headRate * decay));
      next.head = layer.head.mul(headKeep).add(next.headVelocity.ref.mul(factor.ref.mul(headRate)));
    }
    return next;
  });
  for (const array of [shown, seen, error, rate, keep, factor]) array.dispose();
  for (const { normalized } of [...both, ...negative]) normalized.dispose();
  return moved;
});

const columnOf = values => np.array(values, { shape: [values.length, 1] });

async function trainStep({ rows, labels, scales, neutralScales }, factor) {
  const noise = Float32Array.from({ length: batch * classes }, () => -Math.log(-Math.log(random() + 1e-12)));
  layers = step(
    layers,
    np.array(rows, { shape: [batch, SHOWN] }),
    columnOf(scales),
    columnOf(neutralScales),
    np.array(labelRows(labels, new Float32Array(batch).fill(1)), { shape: [batch, classes] }),
    np.array(noise, { shape: [batch, classes] }),
    np.array(factor),
  );
  await blockUntilReady(layers);
}

const look = jit(function look(network, product, labels) {
  const pass = upward(network, firstForward(network[0], product, labels));
  const goodness = pass
    .slice(1)
    .map(layer => layer.goodness)
    .reduce((a, b) => a.add(b));
  const logits = pass
    .slice(1)
    .map(({ normalized }, l) => np.dot(normalized, network[l + 1].head.ref))
    .reduce((a, b) => a.add(b));
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
  const neutralLabels = Float32Array.from(
    { length: count * classes },
    (_, i) => neutralScales[Math.floor(i / classes)] / classes,
  );
  const ratio = columnOf(neutralScales.map((scale, i) => scale / scales[i]));
  const [unused, logits] = look(
    refs(),
    product.mul(ratio),
    np.array(neutralLabels, { shape: [count, classes] }),
  );
  unused.dispose();
  return { goodness, logits: await logits.data() };
}

emit({
  event: 'ready',
  framework: 'jax-js',
  version: '0.1.25',
  threads: settings.threads,
  blas: 'generated Wasm SIMD',
});
await train(settings, images, random, trainStep, evaluate);
process.exit(0);
