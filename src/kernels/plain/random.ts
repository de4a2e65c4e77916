// The initial weights, noise on them, and which units are left out.

import type { Kernels } from '../kernels.ts';
import { PANEL } from '../panels.ts';
import { view } from './view.ts';

function scramble(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 17), 0xed5ad4bb);
  x = Math.imul(x ^ (x >>> 11), 0xac4c1b51);
  x = Math.imul(x ^ (x >>> 15), 0x31848bab);
  return x ^ (x >>> 14);
}

export function randomBits(seed: number, stream: number, counter: number): number {
  const key = scramble(stream + scramble(seed + 0x9e3779b9));
  return scramble(key ^ scramble(counter + scramble(key + 0x9e3779b9))) >>> 0;
}

export function randomKernels(
  buffer: ArrayBufferLike,
): Pick<Kernels, 'dropUnits' | 'randomBits' | 'randomWeights' | 'perturbWeights'> {
  const { f32, cell } = view(buffer);

  return {
    randomBits,

    dropUnits(activity, begin, end, P, Q, S, seed, stream, apart, counter, least, scale) {
      for (let image = begin; image < end; image++) {
        for (let i = 0; i < P * Q * PANEL; i++) {
          const [panel, q, lane] = [Math.floor(i / PANEL / Q), Math.floor(i / PANEL) % Q, i % PANEL];
          // Half of the units of a panel have the lower halves of the words, the others the upper ones.
          const own = counter + Math.floor(i / PANEL) * 16 + (lane % 16);
          const bits = randomBits(seed, stream + apart * image, own);
          const drawn = lane < 16 ? bits & 0xffff : bits >>> 16;
          const place = cell(activity, S * Q, panel, image * Q + q, lane);
          f32[place] = drawn < least ? 0 : Math.fround(scale) * f32[place];
        }
      }
    },

    randomWeights(weights, begin, end, K, units, seed, stream, deviation) {
      for (let panel = begin; panel < end; panel++) {
        f32.fill(0, cell(weights, K + 1, panel, 0, 0), cell(weights, K + 1, panel + 1, 0, 0));
        const real = Math.min(PANEL, units - panel * PANEL);
        for (let k = 0; k < K; k++) {
          for (let lane = 0; lane < real; lane++) {
            const counter = (k * units + panel * PANEL + lane) * 6;
            let sum = 0;
            for (let part = 0; part < 6; part++) {
              const bits = randomBits(seed, stream, counter + part);
              sum += (bits & 0xffff) + (bits >>> 16);
            }
            // Exact: a multiple of 2^−16 below 6. Only the product is rounded.
            const normal = (sum + 6) / 65536 - 6;
            f32[cell(weights, K + 1, panel, k, lane)] = Math.fround(deviation) * normal;
          }
        }
      }
    },

    perturbWeights(weights, begin, end, K, units, seed, stream, scale, withBias) {
      const factor = Math.fround(Math.fround(scale) * Math.fround(1 / Math.fround(147.80053)));
      for (let panel = begin; panel < end; panel++) {
        const real = Math.min(PANEL, units - panel * PANEL);
        for (let k = 0; k < K + withBias; k++) {
          for (let lane = 0; lane < real; lane++) {
            const bits = randomBits(seed, stream, k * units + panel * PANEL + lane);
            const sum = (bits & 0xff) + ((bits >>> 8) & 0xff) + ((bits >>> 16) & 0xff) + (bits >>> 24);
            f32[cell(weights, K + 1, panel, k, lane)] += Math.fround(factor * (sum - 510));
          }
        }
      }
    },
  };
}
