// Local receptive fields.

import type { Kernels } from '../kernels.ts';
import { PANEL, ROW_BYTES } from '../panels.ts';
import { view } from './view.ts';

export function localKernels(buffer: ArrayBufferLike): Pick<Kernels, 'gatherRows' | 'maskWeights'> {
  const { f32, u32, word, cell, eachInput } = view(buffer);

  return {
    gatherRows(rows, entries, sourceRows, sourceEntries, runs, begin, end, R, F, first) {
      for (let row = begin; row < end; row++) {
        if (first === 0) u32[word(rows, 2 * row)] = row * F * 8;
        let at = first === 0 ? row * F * 8 : u32[word(rows, 2 * row + 1)];
        let local = first;
        for (let run = 0; run < R; run++) {
          const [from, beyond] = [0, 1].map(side => u32[word(runs, 2 * run + side)] / ROW_BYTES);
          eachInput(sourceRows, sourceEntries, row, from, beyond, (input, value) => {
            u32[word(entries + at, 0)] = (local + input - from) * ROW_BYTES;
            f32[word(entries + at, 1)] = value;
            at += 8;
          });
          local += beyond - from;
        }
        u32[word(rows, 2 * row + 1)] = at;
      }
    },

    maskWeights(weights, masks, begin, end, K) {
      for (let panel = begin; panel < end; panel++) {
        const words = u32.subarray(word(masks, panel * K), word(masks, (panel + 1) * K));
        for (let k = 0; k <= K; k++) {
          const bits = k < K ? words[k] : words.reduce((all, some) => all | some, 0);
          for (let lane = 0; lane < PANEL; lane++) {
            if (((bits >>> lane) & 1) === 0) f32[cell(weights, K + 1, panel, k, lane)] = 0;
          }
        }
      }
    },
  };
}
