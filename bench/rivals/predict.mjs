// node predict.mjs CONTENDER FOLDER: answers for each of the images in the folder, one at a time, with the model beside them.
// Prints the latency and the CPU time of one answer, and the labels. Exit code 3: the contender is not installed.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { installed } from './common.mjs';

const [name, folder] = process.argv.slice(2);
const images = readFileSync(join(folder, 'images'));
const INPUTS = 784;
const CLASSES = 10;
const count = images.length / INPUTS;
const model = readFileSync(join(folder, 'model.safetensors'));
const contenders = { 'forward-forward': ours, 'onnxruntime-web': onnx, 'tfjs wasm': tensorflow };

const predict = await contenders[name]();
const inputs = Array.from({ length: count }, (_, i) =>
  Float32Array.from(images.subarray(i * INPUTS, (i + 1) * INPUTS), value => value / 255),
);
for (let turn = 0; turn < 3; turn++) for (const input of inputs) await predict(input);
const labels = [];
const cpu = process.cpuUsage();
const startedAt = performance.now();
for (let turn = 0; turn < 3; turn++) {
  labels.length = 0;
  for (const input of inputs) labels.push(await predict(input));
}
const milliseconds = (performance.now() - startedAt) / (3 * count);
const { user, system } = process.cpuUsage(cpu);
const cpuMilliseconds = (user + system) / 1000 / (3 * count);
console.log(JSON.stringify({ milliseconds, cpuMilliseconds, labels }));
process.exit(0);

/** The network's own package as it is published, in the plain SIMD build of an engine without the switch. */
async function ours() {
  const { loadPredictor } = await import('../../dist/device/predict.js');
  const predictor = await loadPredictor(model);
  return input => predictor.predict(input).label;
}

async function onnx() {
  const ort = await installed(() => import('onnxruntime-web'), 'onnxruntime-web');
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(readFileSync(join(folder, 'model.onnx')), {
    executionProviders: ['wasm'],
  });
  return async input => {
    const output = await session.run({ input: new ort.Tensor('float32', input, [1, INPUTS]) });
    return Number(output.label.data[0]);
  };
}

/** Dense layers with labels in the input alone. */
async function tensorflow() {
  const tf = await installed(() => import('@tensorflow/tfjs'), 'tfjs');
  const wasm = await installed(() => import('@tensorflow/tfjs-backend-wasm'), 'tfjs');
  wasm.setThreadsCount(1);
  await tf.setBackend('wasm');
  const begin = 8 + Number(model.readBigUInt64LE());
  const header = JSON.parse(model.subarray(8, begin));
  const { layers: sizes, learning } = JSON.parse(header.__metadata__.description).recipe;
  const tensor = key => {
    const { shape, data_offsets: offsets } = header[key];
    return tf.tensor(
      new Float32Array(Uint8Array.from(model.subarray(begin + offsets[0], begin + offsets[1])).buffer),
      shape,
    );
  };
  const layers = sizes.map((units, l) => ({
    units,
    weight: tensor(`layers.${l}.weight`),
    bias: tensor(`layers.${l}.bias`),
    readout: l >= learning.readout.from ? tensor(`readout.${l}.weight`) : undefined,
  }));
  const { strength } = learning.label;
  const one = layers[0];
  const pixels = tf.slice(one.weight, [CLASSES, 0], [INPUTS - CLASSES, one.units]);
  const labelWeights = tf.mul(tf.slice(one.weight, [0, 0], [CLASSES, one.units]), strength);
  const labelRows = tf.concat([labelWeights, tf.mean(labelWeights, 0, true)]);
  const squares = [...Array(CLASSES).fill(strength ** 2), strength ** 2 / CLASSES];
  const labelSquares = tf.tensor2d(squares, [CLASSES + 1, 1]);
  return input => {
    const { goodness, probabilities } = tf.tidy(() => {
      const image = tf.tensor2d(input.subarray(CLASSES), [1, INPUTS - CLASSES]);
      const length = tf.sqrt(tf.div(tf.add(tf.sum(tf.square(image)), labelSquares), INPUTS));
      let x = tf.div(tf.add(tf.matMul(image, pixels), labelRows), length);
      let sum;
      let logits;
      layers.forEach(({ units, weight, bias, readout }, l) => {
        const y =
          l === 0 ? tf.relu(tf.add(x, bias)) : tf.fused.matMul({ a: x, b: weight, bias, activation: 'relu' });
        const means = tf.mean(tf.square(y), 1, true);
        x = tf.div(y, tf.add(tf.sqrt(means), 1e-20));
        if (!readout) return;
        const factor = { 'sum-of-squares': units, 'minus-sum-of-squares': -units, 'mean-of-squares': 1 }[
          learning.goodness
        ];
        const goodness = tf.mul(means, factor);
        sum = sum ? tf.add(sum, goodness) : goodness;
        const part = tf.matMul(tf.slice(x, [CLASSES, 0], [1, units]), readout);
        logits = logits ? tf.add(logits, part) : part;
      });
      return { goodness: sum, probabilities: tf.softmax(logits) };
    });
    const values = goodness.dataSync().subarray(0, CLASSES);
    probabilities.dataSync();
    goodness.dispose();
    probabilities.dispose();
    return values.indexOf(Math.max(...values));
  };
}
