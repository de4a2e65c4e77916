// Back through a linear map.

import type { Kernels } from '../kernels.ts';
import { PANEL, ROW_BYTES, SKIP } from '../panels.ts';
import { view } from './view.ts';

export function transposedKernels(
  buffer: ArrayBufferLike,
): Pick<Kernels, 'throughLength' | 'transposedProduct'> {
  const { f32, u32, word, cell } = view(buffer);

  return {
    transposedProduct(
      inputs,
      cuts,
      entries,
      gradient,
      weights,
      targets,
      begin,
      end,
      S,
      K,
      P,
      B,
      T,
      isSquared,
    ) {
      for (let row = begin; row < end; row++) {
        const place = (k: number) => cell(inputs, S, Math.floor(k / PANEL), row, k % PANEL);
        for (let k = 0; k < Math.ceil(K / PANEL) * PANEL; k++) f32[place(k)] = 0;
        if (u32[word(targets, row)] === SKIP) continue;
        const [first, last] = [0, B].map(cut => u32[word(cuts, row * (B + 1) + cut)]);
        for (let at = first; at < last; at += 8) {
          const k = u32[word(entries + at, 0)] / ROW_BYTES;
          let sum = 0;
          for (let unit = 0; unit < P * PANEL; unit++) {
            const [panel, lane] = [Math.floor(unit / PANEL), unit % PANEL];
            sum += f32[cell(gradient, T, panel, row, lane)] * f32[cell(weights, K + 1, panel, k, lane)];
          }
          f32[place(k)] = isSquared ? sum * Math.sqrt(f32[word(entries + at, 1)]) : sum;
        }
      }
    },

    throughLength(inputs, rows, entries, goodness, gradient, logits, targets, begin, end, S, K, Q, P, T) {
      for (let row = begin; row < end; row++) {
        if (u32[word(targets, row)] === SKIP) continue;
        let [squares, along] = [0, 0];
        for (let panel = 0; panel < Q; panel++) {
          squares += f32[word(goodness, panel * S + row)];
        }
        for (let panel = 0; panel < P; panel++) {
          for (let lane = 0; lane < PANEL; lane++) {
            along += f32[cell(gradient, T, panel, row, lane)] * f32[cell(logits, T, panel, row, lane)];
          }
        }
        const length = 1e-20 + Math.sqrt(squares / K);
        for (let at = u32[word(rows, 2 * row)]; at < u32[word(rows, 2 * row + 1)]; at += 8) {
          const k = u32[word(entries + at, 0)] / ROW_BYTES;
          const place = cell(inputs, S, Math.floor(k / PANEL), row, k % PANEL);
          f32[place] = (f32[place] - (along / K) * f32[word(entries + at, 1)]) / length;
        }
      }
    },
  };
}
