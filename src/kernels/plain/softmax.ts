// The softmax readout.

import type { Kernels } from '../kernels.ts';
import { PANEL } from '../panels.ts';
import { view } from './view.ts';

export function softmaxKernels(buffer: ArrayBufferLike): Pick<Kernels, 'softmaxRows' | 'softmaxGradient'> {
  const { f32, u32, word, cell } = view(buffer);

  return {
    softmaxRows(probabilities, logits, begin, end, S, L, C) {
      for (let row = begin; row < end; row++) {
        const total = new Float64Array(C);
        for (let layer = 0; layer < L; layer++) {
          for (let c = 0; c < C; c++) {
            const panel = layer * Math.ceil(C / PANEL) + Math.floor(c / PANEL);
            total[c] += f32[cell(logits, S, panel, row, c % PANEL)];
          }
        }
        const largest = Math.max(...total);
        const powers = total.map(logit => Math.exp(logit - largest));
        const sum = powers.reduce((a, b) => a + b);
        for (let c = 0; c < C; c++) f32[word(probabilities, row * C + c)] = powers[c] / sum;
      }
    },

    softmaxGradient(gradient, probabilities, labels, begin, end, S, C) {
      for (let row = begin; row < end; row++) {
        for (let c = 0; c < C; c++) {
          const isLabel = c === u32[word(labels, row)];
          f32[cell(gradient, S, Math.floor(c / PANEL), row, c % PANEL)] =
            (isLabel ? 1 : 0) - f32[word(probabilities, row * C + c)];
        }
      }
    },
  };
}
