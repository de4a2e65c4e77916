// Batch normalisation of the channels of convolutions.

import type { Kernels } from '../kernels.ts';
import { PANEL, SKIP } from '../panels.ts';
import { view } from './view.ts';

export function batchKernels(
  buffer: ArrayBufferLike,
): Pick<Kernels, 'gradientSums' | 'moveChannels' | 'throughBatch'> {
  const { f32, u32, word, cell } = view(buffer);

  /** Calls `visit` for every unit of images `begin` to `end`: its channel, and where it is among units. */
  function each(
    begin: number,
    end: number,
    P: number,
    Q: number,
    S: number,
    visit: (c: number, at: (units: number) => number) => void,
  ): void {
    for (let i = begin * Q; i < end * Q; i++) {
      for (let c = 0; c < P * PANEL; c++) {
        visit(c, units => cell(units, S * Q, Math.floor(c / PANEL), i, c % PANEL));
      }
    }
  }

  return {
    moveChannels(activity, raw, factors, begin, end, P, Q, S, least) {
      const factor = (row: number, c: number) => f32[word(factors, row * P * PANEL + c)];
      each(begin, end, P, Q, S, (c, at) => {
        f32[at(activity)] = Math.max(least, f32[at(raw)] * factor(0, c) + factor(1, c));
      });
    },

    gradientSums(sums, gradient, raw, targets, begin, end, P, Q, S) {
      for (let image = begin; image < end; image++) {
        const found = new Float64Array(2 * P * PANEL);
        if (u32[word(targets, image)] !== SKIP) {
          each(image, image + 1, P, Q, S, (c, at) => {
            found[c] += f32[at(gradient)];
            found[P * PANEL + c] += f32[at(gradient)] * f32[at(raw)];
          });
        }
        f32.set(found, word(sums, 2 * image * P * PANEL));
      }
    },

    throughBatch(gradient, raw, factors, begin, end, P, Q, S, least) {
      const factor = (row: number, c: number) => f32[word(factors, row * P * PANEL + c)];
      each(begin, end, P, Q, S, (c, at) => {
        const y = f32[at(raw)];
        const d = factor(0, c) * f32[at(gradient)] + factor(1, c) * y + factor(2, c);
        f32[at(gradient)] = y > least ? d : 0;
      });
    },
  };
}
