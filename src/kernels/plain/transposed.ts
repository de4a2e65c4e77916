// Backpropagation through a layer.

import type { Kernels } from '../kernels.ts';
import { PANEL, ROW_BYTES, view } from './view.ts';

export function transposedKernels(buffer: ArrayBufferLike): Pick<Kernels, 'transposedProduct'> {
  const { f32, u32, word, cell } = view(buffer);

  return {
    transposedProduct(inputs, cuts, entries, gradient, weights, begin, end, S, K, P, B) {
      for (let row = begin; row < end; row++) {
        const place = (k: number) => cell(inputs, S, Math.floor(k / PANEL), row, k % PANEL);
        for (let k = 0; k < Math.ceil(K / PANEL) * PANEL; k++) f32[place(k)] = 0;
        const [first, last] = [0, B].map(cut => u32[word(cuts, row * (B + 1) + cut)]);
        for (let at = first; at < last; at += 8) {
          const k = u32[word(entries + at, 0)] / ROW_BYTES;
          let sum = 0;
          for (let unit = 0; unit < P * PANEL; unit++) {
            const [panel, lane] = [Math.floor(unit / PANEL), unit % PANEL];
            sum += f32[cell(gradient, S, panel, row, lane)] * f32[cell(weights, K + 1, panel, k, lane)];
          }
          f32[place(k)] = sum;
        }
      }
    },
  };
}
