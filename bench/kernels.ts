// Useful flop/s of the products, dense and sparse over density, beside what this machine does at best at 128 bits: a bare
// multiply-add loop in the same run. One thread.

import { readFileSync } from 'node:fs';
import v8 from 'node:v8';
import { type Build, detectBuild } from '../src/kernels/features.ts';
import { bindKernels } from '../src/kernels/kernels.ts';
import { Arena, TILE } from '../src/layers/plan.ts';
import { median, writeResult } from './harness.ts';
import { peakLoop } from './peak.ts';

const [M, K, N] = [200, 1000, 1000];
const DENSITIES = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1];
/** As layers/plan.ts cuts 1,000 inputs. */
const BLOCKS = 4;
const ROUNDS = 9;

function time(work: () => void): number {
  const startedAt = performance.now();
  work();
  return (performance.now() - startedAt) / 1000;
}

export async function run(): Promise<void> {
  const best = detectBuild(flags => v8.setFlagsFromString(flags));
  const builds: Build[] = best === 'relaxed' ? ['simd', 'relaxed'] : ['simd'];
  const results = [];
  for (const build of builds) {
    const peak = peakLoop(build);
    const limit = Math.max(...Array.from({ length: 7 }, () => peak.flops / time(peak.run))) / 1e9;
    console.log(`${build}: limit ${limit.toFixed(1)} GF`);
    for (const density of DENSITIES) {
      const { sparse, dense } = products(build, density);
      const times: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS + 3; round++) {
        const [s, d] = [time(sparse), time(dense)];
        // The first rounds run before the engine has optimised the kernels.
        if (round >= 3) {
          times[0].push(s);
          times[1].push(d);
        }
      }
      const useful = (2 * M * K * N * density) / 1e9;
      const [sparseGF, denseGF] = [useful / median(times[0]), (2 * M * K * N) / 1e9 / median(times[1])];
      results.push({
        build,
        limit,
        density,
        sparseGF,
        denseGF,
        sparseIsFaster: median(times[0]) < median(times[1]),
      });
      console.log(
        `  density ${density.toFixed(2)}  sparse ${sparseGF.toFixed(1)} GF useful (${((100 * sparseGF) / limit).toFixed(0)} %)` +
          `  dense ${denseGF.toFixed(1)} GF (${((100 * denseGF) / limit).toFixed(0)} %)  ` +
          `${(1000 * median(times[0])).toFixed(2)} ms against ${(1000 * median(times[1])).toFixed(2)} ms`,
      );
    }
  }
  await writeResult('kernels', { shape: { rows: M, inputs: K, units: N }, threads: 1, results });
}

/** The two products on rows with a share of `density` inputs that are not zero. */
function products(build: Build, density: number) {
  const arena = new Arena();
  const panels = Math.ceil(N / 32);
  const at = {
    rows: arena.take(M * 8),
    cuts: arena.take(M * (BLOCKS + 1) * 4),
    entries: arena.take(M * K * 8),
    tiles: arena.take(Math.ceil(M / TILE) * TILE * K * 4),
    weights: arena.take(panels * (K + 1) * 128),
    activity: arena.take(panels * M * 128),
    goodness: arena.take(panels * M * 4),
  };
  const pages = arena.pages('the bench');
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const bytes = readFileSync(new URL(`../build/${build}.wasm`, import.meta.url));
  const kernels = bindKernels(new WebAssembly.Module(bytes), memory);
  kernels.randomWeights(at.weights, 0, panels, K, N, 1, 1, 0.03);
  const u32 = new Uint32Array(memory.buffer);
  const f32 = new Float32Array(memory.buffer);
  let to = 0;
  for (let row = 0; row < M; row++) {
    u32[(at.rows >> 2) + 2 * row] = to;
    for (let k = 0; k < K; k++) {
      if ((kernels.randomBits(1, 2, row * K + k) >>> 0) / 2 ** 32 >= density) continue;
      u32[(at.entries + to) >> 2] = k * 128;
      f32[(at.entries + to + 4) >> 2] = 1;
      to += 8;
    }
    u32[(at.rows >> 2) + 2 * row + 1] = to;
  }
  return {
    sparse: () => {
      kernels.cutRows(at.cuts, at.rows, at.entries, 0, M, K, BLOCKS);
      kernels.sparseForward(
        at.activity,
        at.goodness,
        at.cuts,
        at.entries,
        at.weights,
        0,
        panels,
        M,
        M,
        K,
        BLOCKS,
      );
    },
    dense: () => {
      kernels.packRows(at.tiles, at.rows, at.entries, 0, Math.ceil(M / TILE), M, K);
      kernels.denseForward(at.activity, at.goodness, at.tiles, at.weights, 0, panels, M, M, K);
    },
  };
}
