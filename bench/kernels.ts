// Useful flop/s of a layer's products and of its optimizer's step (with the gradient that the step sums up) at the shapes of
// training, beside what this machine does at best at 128 bits: a bare multiply-add loop in the same run. One thread, in turns.

import { readFileSync } from 'node:fs';
import v8 from 'node:v8';
import { type Build, detectBuild } from '../src/kernels/features.ts';
import { bindKernels } from '../src/kernels/kernels.ts';
import { SKIP } from '../src/kernels/panels.ts';
import { PairedLayer } from '../src/layers/dense/paired-layer.ts';
import { planDense } from '../src/layers/dense/plan.ts';
import { BatchRows } from '../src/layers/rows.ts';
import { wholeShare } from '../src/threads/share.ts';
import { alternate, writeResult } from './harness.ts';
import { peakLoop } from './peak.ts';

/** A later layer of 3×1000 and of 4×2000, and the first one of 4×2000. */
const SHAPES = [
  { inputs: 1000, units: 1000 },
  { inputs: 2000, units: 2000 },
  { inputs: 784, units: 2000 },
];
/** A batch has a positive, a neutral and a negative row of each image: 200 rows go forward, 200 are in the gradient. */
const BATCH = 100;
const DENSITIES = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1];
const ROUNDS = 9;
/** Of the inputs of a version of an image, those that do not follow the other version: about as many as in training. */
const CHANGED = 0.2;

const momentum = { kind: 'momentum', rate: 1e-9, momentum: 0.9, decay: 0 } as const;
const adam = { kind: 'adam', rate: 1e-9, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0 } as const;

export async function run(): Promise<void> {
  const best = detectBuild(flags => v8.setFlagsFromString(flags));
  const builds: Build[] = best === 'relaxed' ? ['simd', 'relaxed'] : ['simd'];
  const results = [];
  for (const build of builds) {
    for (const { inputs, units } of SHAPES) results.push(measure(build, inputs, units));
  }
  await writeResult('kernels', { threads: 1, rows: 2 * BATCH, results });
}

function measure(build: Build, inputs: number, units: number) {
  const peak = peakLoop(build);
  const rows = 2 * BATCH;
  console.log(`${build}, ${rows} × ${inputs} · ${inputs} × ${units}`);
  let crossover: number | null = null;
  const densities = [];
  for (const density of DENSITIES) {
    const [layer, ofVersions] = [1, CHANGED].map(changed =>
      fullLayer(build, inputs, units, density, changed),
    );
    const { panels } = layer.plan;
    const asPairs = (of: PairedLayer) => () => {
      of.pairRows(0, rows, BATCH, 0, BATCH);
      of.forwardPairs(0, rows, BATCH, of.density(0, rows), 0, panels);
    };
    const [limits, ...taken] = alternate(
      [
        peak.run,
        () => layer.forwardSparse(0, rows, layer.density(0, rows), 0, panels),
        // One panel over and over: what is left of the time when no weights have to come from afar.
        () => {
          for (let panel = 0; panel < panels; panel++) {
            layer.forwardSparse(0, rows, layer.density(0, rows), 0, 1);
          }
        },
        () => layer.step(momentum, momentum.rate, BATCH, 1, wholeShare),
        () => layer.step(adam, adam.rate, BATCH, 1, wholeShare),
        ...(build === 'relaxed' ? [asPairs(layer), asPairs(ofVersions)] : []),
      ],
      ROUNDS,
    );
    const limitGF = peak.flops / limits.median / 1e9;
    const all = (2 * rows * inputs * units) / 1e9;
    const [sparseGF, sparseNearGF, momentumGF, adamGF, pairsGF, versionsGF] = taken.map(
      ({ median }, i) => (all * (i === 5 ? ofVersions : layer).density(0, rows)) / median,
    );
    if (pairsGF === undefined || pairsGF < sparseGF) crossover = null;
    else crossover ??= density;
    densities.push({
      density,
      limitGF,
      sparseGF,
      sparseNearGF,
      ...(pairsGF !== undefined && { pairsGF, versionsGF }),
      momentumGF,
      adamGF,
      seconds: taken,
    });
    const share = (gf: number) => `${gf.toFixed(1)} GF (${((100 * gf) / limitGF).toFixed(0)} %)`;
    console.log(
      `  density ${density.toFixed(2)}  limit ${limitGF.toFixed(1)} GF  sparse ${share(sparseGF)}  its weights near ${share(sparseNearGF)}` +
        (pairsGF === undefined
          ? ''
          : `  any two rows as a pair ${share(pairsGF)}  two versions ${share(versionsGF)}`) +
        `  momentum ${share(momentumGF)}  adam ${share(adamGF)}`,
    );
  }
  console.log(`  any two rows are faster as a pair from density ${crossover ?? '–'}`);
  return { build, inputs, units, pairsFasterFrom: crossover, densities };
}

/**
 * A layer with a batch in it of which a share of `density` inputs is not zero, listed for the step. A row is on where the one
 * BATCH rows before it is, but for a share of `changed` inputs.
 */
function fullLayer(
  build: Build,
  inputs: number,
  units: number,
  density: number,
  changed: number,
): PairedLayer {
  const rows = 3 * BATCH;
  const plan = planDense(
    { units },
    {
      index: 1,
      below: { height: 1, width: 1, channels: inputs, isImage: false },
      batch: BATCH,
      rows,
      classes: 0,
      labels: 0,
      appended: 0,
      groups: 1,
      moments: 2,
      hasPairs: true,
      isBackward: false,
      threads: 1,
    },
  );
  const memory = new WebAssembly.Memory({ initial: plan.pages, maximum: plan.pages });
  const bytes = readFileSync(new URL(`../build/${build}.wasm`, import.meta.url));
  const kernels = bindKernels(new WebAssembly.Module(bytes), memory);
  const layer = new PairedLayer(plan, kernels, memory, build);
  const { u32, f32 } = layer;
  const { at, panels, stride, inputCapacity } = plan;
  kernels.randomWeights(at.weights, 0, panels, inputs, units, 1, 1, 0.03);
  const uniform = (stream: number, row: number, k: number) =>
    (kernels.randomBits(1, stream, row * inputs + k) >>> 0) / 2 ** 32;
  const isOn = (row: number, k: number): boolean =>
    row >= BATCH && uniform(4, row, k) >= changed ? isOn(row - BATCH, k) : uniform(3, row, k) < density;
  for (let row = 0; row < rows; row++) {
    let to = row * inputCapacity * 8;
    u32[(at.inputRows >> 2) + 2 * row] = to;
    for (let k = 0; k < inputs; k++) {
      if (!isOn(row, k)) continue;
      u32[(at.inputEntries + to) >> 2] = k * 128;
      f32[(at.inputEntries + to + 4) >> 2] = 1;
      to += 8;
    }
    u32[(at.inputRows >> 2) + 2 * row + 1] = to;
    u32[(at.targets >> 2) + row] = row >= BATCH && row < 2 * BATCH ? SKIP : row;
  }
  layer.cutRows(0, rows);
  layer.listColumns(new BatchRows(['positive', 'neutral', 'negative'], BATCH), 0, wholeShare);
  // Gradient rows of the size that they have in training; forward overwrites most of them with as likely numbers.
  kernels.randomWeights(at.activity, 0, panels, stride - 1, units, 1, 2, 0.03);
  return layer;
}
