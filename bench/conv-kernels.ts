// What convolutions reach, forward and in the gradient of their weights, at the shapes and densities of training, beside what this
// machine does at best at 128 bits: a bare multiply-add loop in the same run. Work is counted twice: what is done, and what a convolution
// that multiplies zeros, too, would have to do. One thread, in turns.

import { readFileSync } from 'node:fs';
import v8 from 'node:v8';
import { type Build, detectBuild } from '../src/kernels/features.ts';
import { bindKernels } from '../src/kernels/kernels.ts';
import { writeConstants } from '../src/layers/conv/constants.ts';
import { ConvLayer } from '../src/layers/conv/conv-layer.ts';
import { planConv } from '../src/layers/conv/plan.ts';
import { BatchRows } from '../src/layers/rows.ts';
import { wholeShare } from '../src/threads/share.ts';
import { alternate, writeResult } from './harness.ts';
import { peakLoop } from './peak.ts';

interface Shape {
  /** Rows and columns below, channels below and above. */
  readonly side: number;
  readonly below: number;
  readonly channels: number;
  readonly maxPool?: number;
  /** Shares of the values below that are not zero, and of the gradient of what is handed on. */
  readonly densities: readonly (readonly [below: number, gradient: number])[];
}

/** The layers of `conv-color` at the densities that they come to, whose gradient is never zero. */
const RECIPE: readonly Shape[] = [
  { side: 32, below: 3, channels: 64, maxPool: 2, densities: [[1, 1]] },
  { side: 16, below: 64, channels: 96, maxPool: 2, densities: [[0.43, 1]] },
  { side: 8, below: 96, channels: 96, maxPool: 2, densities: [[0.48, 1]] },
  { side: 4, below: 96, channels: 96, densities: [[0.46, 1]] },
];
/** Of full rows. */
const FULL: readonly Shape[] = [
  { side: 16, below: 32, channels: 32, densities: [[1, 1]] },
  { side: 16, below: 64, channels: 64, densities: [[1, 1]] },
  { side: 8, below: 128, channels: 128, densities: [[1, 1]] },
  { side: 8, below: 256, channels: 256, densities: [[1, 1]] },
];
const IMAGES = 32;
const ROUNDS = 7;
const adam = { kind: 'adam', rate: 1e-9, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0 } as const;

export async function run(): Promise<void> {
  const best = detectBuild(flags => v8.setFlagsFromString(flags));
  const builds: Build[] = best === 'relaxed' ? ['simd', 'relaxed'] : ['simd'];
  const measured = (build: Build, shapes: readonly Shape[]) =>
    shapes.flatMap(shape =>
      shape.densities.map(([below, gradient]) => measure(build, shape, below, gradient)),
    );
  const results = [];
  const together = [];
  for (const build of builds) {
    const layers = measured(build, RECIPE);
    together.push({ build, ...shareOf(layers) });
    results.push(...layers, ...measured(build, FULL));
  }
  await writeResult('conv-kernels', { threads: 1, images: IMAGES, together, results });
}

/** Of the limit, what layers reach one after the other, as if they were full. */
function shareOf(layers: readonly ReturnType<typeof measure>[]) {
  const sum = (of: (layer: (typeof layers)[number]) => number) =>
    layers.reduce((total, layer) => total + of(layer), 0);
  /** Microseconds an image at the limit, of either. */
  const least = sum(
    ({ effectiveForward, microsecondsAnImage }) => effectiveForward.share * microsecondsAnImage.forward,
  );
  const found = {
    effectiveForward: least / sum(({ microsecondsAnImage }) => microsecondsAnImage.forward),
    effectiveGradient: least / sum(({ microsecondsAnImage }) => microsecondsAnImage.step),
  };
  const [forward, gradient] = Object.values(found).map(share => `${(100 * share).toFixed(0)} %`);
  console.log(
    `${layers[0].build}, the recipe's layers together, as if full: forward ${forward}, gradient ${gradient}`,
  );
  return found;
}

function measure(build: Build, shape: Shape, density: number, gradientDensity: number) {
  const peak = peakLoop(build);
  const { layer, fill } = fullLayer(build, shape, density, gradientDensity);
  const { channels, fanIn, below, depth, height, width } = layer.plan;
  const rows = new BatchRows(['positive'], IMAGES);
  const [limits, forward, listing, step] = alternate(
    [
      peak.run,
      () => layer.forward(0, IMAGES, IMAGES, wholeShare),
      () => {
        fill();
        layer.listColumns(rows, 0, wholeShare);
      },
      () => layer.step(adam, adam.rate, IMAGES, 1, wholeShare),
    ],
    ROUNDS,
  );
  const limitGF = peak.flops / limits.median / 1e9;
  const patch = (fanIn / depth) * below.channels;
  const all = (2 * IMAGES * below.height * below.width * patch * channels) / 1e9;
  const pooled = (2 * IMAGES * height * width * patch * channels * gradientDensity) / 1e9;
  const of = (gf: number, seconds: number) => ({ gf: gf / seconds, share: gf / seconds / limitGF });
  const result = {
    build,
    ...shape,
    density,
    gradientDensity,
    limitGF,
    forward: of(all * density, forward.median),
    effectiveForward: of(all, forward.median),
    gradient: of(pooled, step.median),
    effectiveGradient: of(all, step.median),
    microsecondsAnImage: {
      forward: (1e6 * forward.median) / IMAGES,
      listing: (1e6 * listing.median) / IMAGES,
      step: (1e6 * step.median) / IMAGES,
    },
  };
  const share = ({ gf, share }: { gf: number; share: number }) =>
    `${gf.toFixed(1)} GF (${(100 * share).toFixed(0)} %)`;
  const { microsecondsAnImage: micro } = result;
  console.log(
    `${build} ${shape.side}² · ${shape.below} → ${channels}${shape.maxPool ? ', pooled' : ''}, ${density} and ${gradientDensity}: limit ${limitGF.toFixed(1)} GF` +
      `  forward ${share(result.forward)}, as if full ${share(result.effectiveForward)}` +
      `  gradient ${share(result.gradient)}, as if full ${share(result.effectiveGradient)}` +
      `  µs an image ${micro.forward.toFixed(0)} + ${micro.listing.toFixed(0)} + ${micro.step.toFixed(0)}`,
  );
  return result;
}

/** A layer with a batch below it, and what fills its gradient rows. */
function fullLayer(build: Build, shape: Shape, density: number, gradientDensity: number) {
  const { side, below, channels, maxPool } = shape;
  const plan = planConv(
    { kind: 'conv', channels, size: 3, ...(maxPool && { maxPool }) },
    {
      index: 1,
      below: { height: side, width: side, channels: below, isImage: below < 9 },
      batch: IMAGES,
      rows: IMAGES,
      classes: 0,
      labels: 0,
      appended: 0,
      groups: 1,
      moments: 2,
      hasPairs: false,
      isBackward: false,
      threads: 1,
    },
  );
  const memory = new WebAssembly.Memory({ initial: plan.pages, maximum: plan.pages });
  const bytes = readFileSync(new URL(`../build/${build}.wasm`, import.meta.url));
  const kernels = bindKernels(new WebAssembly.Module(bytes), memory);
  writeConstants(plan, memory);
  const layer = new ConvLayer(plan, kernels, memory, 0);
  const { u32, f32 } = layer;
  const { at, panels, inputs, inputCapacity, fanIn, height, width } = plan;
  kernels.randomWeights(at.weights, 0, panels, fanIn, channels, 1, 1, 0.03);
  const uniform = (stream: number, counter: number) =>
    (kernels.randomBits(1, stream, counter) >>> 0) / 2 ** 32;
  for (let row = 0; row < IMAGES; row++) {
    let to = row * inputCapacity * 8;
    u32[(at.inputRows >> 2) + 2 * row] = to;
    for (let k = 0; k < inputs; k++) {
      if (uniform(3, row * inputs + k) >= density) continue;
      u32[(at.inputEntries + to) >> 2] = k * 128;
      f32[(at.inputEntries + to + 4) >> 2] = 1;
      to += 8;
    }
    u32[(at.inputRows >> 2) + 2 * row + 1] = to;
    u32[(at.targets >> 2) + row] = row;
  }
  layer.cutRows(0, IMAGES);
  const length = panels * IMAGES * height * width * 32;
  const gradient = Float32Array.from({ length }, (_, i) => (uniform(4, i) < gradientDensity ? 0.01 : 0));
  return { layer, fill: () => f32.set(gradient, at.activity >> 2) };
}
