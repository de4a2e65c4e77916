// A recipe of convolutions with local losses in jax-js (Wasm backend), for the rivals-conv bench. Its own convolution has no fast kernel:
// patches are written side by side, a row of them and then the rows, and multiplied; the same patches serve the gradient, which is in
// closed form.

import { readFileSync } from 'node:fs';
import { adamFactors, begin, byCell, byChannel, EPSILON, MOVES, takeSteps } from './conv-common.mjs';
import { startJax } from './jax-start.mjs';

const settings = begin();
const { blockUntilReady, jit, nn, numpy: np } = await startJax(settings.threads);

const { recipe, tensors } = settings;
const { optimizer, mapRate, similarity = 0 } = recipe.learning;
const { batch } = recipe;
const [rows, columns, depth] = recipe.image;
const classes = tensors.get('classes.0.weight').shape[1];

/** Sizes of each layer: positions before its pool, inputs of a patch and channels. */
const shapes = [];
recipe.layers.forEach(({ size, cells, maxPool = 1, channels }, l) => {
  const below = l === 0 ? { height: rows, width: columns, channels: depth } : shapes[l - 1].output;
  const output = { height: below.height / maxPool, width: below.width / maxPool, channels };
  shapes.push({ size, cells, pool: maxPool, below, output });
});

/** Parameters and their moments, which go uphill: a tree of arrays that each step consumes and gives anew. */
let layers = shapes.map(({ cells }, l) => {
  const parameter = (name, read = ({ data }) => data) => {
    const array = suffix => {
      const tensor = tensors.get(name + suffix);
      return np.array(read(tensor), { shape: tensor.shape });
    };
    return { value: array(''), first: array('.first'), second: array('.second') };
  };
  return {
    weight: parameter(`layers.${l}.weight`),
    bias: parameter(`layers.${l}.bias`),
    map: parameter(`classes.${l}.weight`, tensor => byCell(tensor, cells)),
    mean: np.array(tensors.get(`layers.${l}.norm.mean`).data),
    variance: np.array(tensors.get(`layers.${l}.norm.variance`).data),
  };
});

/** A step of Adam up a gradient. Consumes all. */
function climb({ value, first, second }, gradient, rate, { rateFactor, secondFactor }) {
  const { beta1, beta2, epsilon } = optimizer;
  const nextFirst = first.mul(beta1).add(gradient.ref.mul(1 - beta1));
  const nextSecond = second.mul(beta2).add(np.square(gradient).mul(1 - beta2));
  const length = np.sqrt(nextSecond.ref.mul(secondFactor.ref)).add(epsilon);
  const step = nextFirst.ref.mul(rateFactor.ref.mul(rate)).div(length);
  return { value: value.add(step), first: nextFirst, second: nextSecond };
}

/** How features want to move, so that those of a class are alike and others not: of the mean over pairs. Consumes both. */
function likeness(features, hot) {
  const centred = features.ref.sub(np.mean(features, 1, { keepdims: true }));
  const lengths = np.sqrt(np.sum(np.square(centred.ref), 1, { keepdims: true }));
  const units = centred.div(lengths.ref);
  const cosines = np.dot(units.ref, units.ref.transpose());
  const unlike = 1 / (classes - 1);
  const wanted = np
    .dot(hot.ref, hot.transpose())
    .mul(1 + unlike)
    .sub(unlike);
  const pulls = wanted.sub(cosines.ref).mul((4 * similarity) / batch ** 2);
  const along = np.sum(pulls.ref.mul(cosines), 1, { keepdims: true });
  return np.dot(pulls, units.ref).sub(along.mul(units)).div(lengths);
}

/** The functions of one layer, compiled for its sizes. */
const steps = shapes.map(({ size, cells, pool, below, output }) => {
  const { height, width } = below;
  const { channels } = output;
  const pad = (size - 1) / 2;
  const shifts = Array.from({ length: size }, (_, i) => i);
  // Two functions: as one, every value of a patch would be looked for in all of its rows.
  const patchRows = jit(function patchRows(x) {
    const padded = np.pad(x, [
      [0, 0],
      [pad, pad],
      [pad, pad],
      [0, 0],
    ]);
    const parts = shifts.map(i => padded.ref.slice([], [], [i, i + width], []));
    padded.dispose();
    return np.concatenate(parts, 3);
  });
  const patches = jit(function patches(lines) {
    const parts = shifts.map(i => lines.ref.slice([], [i, i + height], [], []));
    lines.dispose();
    return np.concatenate(parts, 3).reshape([batch * height * width, size * size * below.channels]);
  });
  const [high, wide] = [output.height / cells, output.width / cells];
  const count = batch * output.height * output.width;
  const split = array => array.reshape([batch, cells, high, cells, wide, -1]);

  /** What the layer hands on, the gradient of all that it learns, its loss, and the means and variances of its channels. */
  const look = jit(function look(weight, bias, map, seen, hot) {
    const z = np.dot(seen, weight);
    const pools = z.reshape([batch, output.height, pool, output.width, pool, channels]);
    const largest = pool > 1 ? np.max(pools.ref, [2, 4], { keepdims: true }) : pools.ref;
    const raw = largest.ref.reshape([count, channels]);
    const mean = np.mean(raw.ref, 0);
    const centred = raw.sub(mean.ref);
    const variance = np.mean(np.square(centred.ref), 0);
    const scale = np.reciprocal(np.sqrt(variance.ref.add(EPSILON)));
    const standard = centred.mul(scale.ref);
    const y = nn.relu(standard.ref.add(bias));
    const features = np.mean(split(y.ref), [2, 4]).reshape([batch, -1]);
    const logProbabilities = nn.logSoftmax(np.dot(features.ref, map.ref), 1);
    const own = np.sum(logProbabilities.ref.mul(hot.ref), 1, { keepdims: true });
    const error = hot.ref.sub(np.exp(logProbabilities)).div(batch);

    // Back through the means, the ReLU, the standardisation, the pool.
    const byClass = np.dot(error.ref, map.transpose());
    const wanted = similarity ? byClass.add(likeness(features.ref, hot.ref)) : byClass;
    hot.dispose();
    const pulls = wanted.div(high * wide).reshape([batch, cells, 1, cells, 1, channels]);
    const isOn = np.greater(y.ref, 0).astype(np.float32);
    const back = split(isOn).mul(pulls).reshape([count, channels]);
    const biasGradient = np.sum(back.ref, 0);
    const along = np.mean(back.ref.mul(standard.ref), 0);
    const pooled = back
      .sub(biasGradient.ref.div(count))
      .sub(standard.mul(along))
      .mul(scale)
      .reshape(largest.shape);
    const result = {
      y: y.reshape([batch, output.height, output.width, channels]),
      mapGradient: np.dot(features.transpose(), error),
      biasGradient,
      loss: np.mean(own).mul(-1),
      mean,
      variance: variance.mul(count / (count - 1)),
    };
    if (pool === 1) {
      pools.dispose();
      largest.dispose();
      return { ...result, gradient: pooled.reshape([batch * height * width, channels]) };
    }
    // The whole gradient goes to the first of a pool that is as large as the largest.
    const isLargest = np.equal(pools, largest).astype(np.float32);
    const order = np.arange(pool * pool, 0, -1).reshape([1, 1, pool, 1, pool, 1]);
    const rank = isLargest.mul(order);
    const isFirst = np.equal(rank.ref, np.max(rank, [2, 4], { keepdims: true })).astype(np.float32);
    return { ...result, gradient: isFirst.mul(pooled).reshape([batch * height * width, channels]) };
  });

  const learn = jit(function learn({ weight, bias, map, mean, variance }, seen, found, factors) {
    const { gradient, biasGradient, mapGradient } = found;
    const moved = (running, own) => running.mul(1 - MOVES).add(own.mul(MOVES));
    const { rate } = optimizer;
    const next = {
      weight: climb(weight, np.dot(seen.transpose(), gradient), rate, factors),
      bias: climb(bias, biasGradient, rate, factors),
      map: climb(map, mapGradient, mapRate, factors),
      mean: moved(mean, found.mean),
      variance: moved(variance, found.variance),
    };
    factors.rateFactor.dispose();
    factors.secondFactor.dispose();
    return next;
  });

  return { patches: x => patches(patchRows(x)), look, learn };
});

async function step(input, labels, time) {
  let x = np.array(input, { shape: [batch, rows, columns, depth] });
  const hot = nn.oneHot(np.array(Int32Array.from(labels)), classes);
  const { rate, second } = adamFactors(optimizer, time);
  const told = [];
  layers = layers.map((layer, l) => {
    const { patches, look, learn } = steps[l];
    const seen = patches(x);
    const { weight, bias, map } = layer;
    const { y, loss, ...found } = look(weight.value.ref, bias.value.ref, map.value.ref, seen.ref, hot.ref);
    x = y;
    told.push(loss);
    return learn(layer, seen, found, { rateFactor: np.array(rate), secondFactor: np.array(second) });
  });
  x.dispose();
  hot.dispose();
  await blockUntilReady(layers);
  const losses = [];
  for (const loss of told) losses.push((await loss.data())[0]);
  return losses;
}

async function after(name) {
  const [kind, layer, part, more = 'value'] = name.split('.');
  const found = layers[layer];
  if (kind === 'classes') {
    return byChannel(await found.map[more].ref.data(), recipe.layers[layer].cells, classes);
  }
  return Float32Array.from(await (part === 'norm' ? found[more] : found[part][more]).ref.data());
}

const { version } = JSON.parse(
  readFileSync(new URL('node_modules/@jax-js/jax/package.json', import.meta.url), 'utf8'),
);
await takeSteps(settings, `jax-js ${version}`, step, after);
process.exit(0);
