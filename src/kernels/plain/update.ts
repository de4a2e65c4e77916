// From gradient rows to weights.

import type { Kernels } from '../kernels.ts';
import { PANEL, ROW_BYTES, SKIP } from '../panels.ts';
import { flush, view } from './view.ts';

export function updateKernels(
  buffer: ArrayBufferLike,
): Pick<Kernels, 'clearColumns' | 'appendRows' | 'sumRows' | 'appendSums' | 'momentumStep' | 'adamStep'> {
  const { f32, u32, word, cell, lastEntry, dot, eachInput } = view(buffer);

  function append(columns: number, lists: number, k: number, row: number, value: number): void {
    const at = lastEntry(columns, lists, k);
    u32[at] = row * ROW_BYTES;
    f32[at + 1] = value;
    u32[word(columns, 2 * k + 1)] += 8;
  }

  /** Calls `move` for each weight in the panels, with the sum of its gradient over the batch. */
  function eachWeight(
    columns: number,
    lists: number,
    gradient: number,
    begin: number,
    end: number,
    S: number,
    K: number,
    move: (offset: number, sum: number, isBias: boolean) => void,
  ): void {
    for (let panel = begin; panel < end; panel++) {
      for (let k = 0; k <= K; k++) {
        for (let lane = 0; lane < PANEL; lane++) {
          const sum = dot(columns, lists, k, cell(gradient, S, panel, 0, lane));
          move(cell(0, K + 1, panel, k, lane), sum, k === K);
        }
      }
    }
  }

  return {
    clearColumns(columns, begin, end, capacity) {
      for (let k = begin; k < end; k++)
        u32.fill(k * capacity * 8, word(columns, 2 * k), word(columns, 2 * k + 2));
    },

    appendRows(columns, lists, rows, entries, targets, begin, end, M, K, withBias) {
      for (let row = 0; row < M; row++) {
        const target = u32[word(targets, row)];
        if (target === SKIP) continue;
        eachInput(rows, entries, row, begin, end, (k, value) => append(columns, lists, k, target, value));
        if (withBias && begin <= K && K < end) append(columns, lists, K, target, 1);
      }
    },

    sumRows(sums, rows, entries, begin, end, M, K, withBias) {
      const total = Float64Array.from(f32.subarray(word(sums, 0), word(sums, K + 1)));
      for (let row = 0; row < M; row++) {
        eachInput(rows, entries, row, begin, end, (k, value) => {
          total[k] += value;
        });
      }
      if (withBias) total[K] += M;
      for (let k = begin; k < end; k++) f32[word(sums, k)] = total[k];
    },

    appendSums(columns, lists, sums, begin, end, target) {
      for (let k = begin; k < end; k++) {
        const sum = f32[word(sums, k)];
        if (sum !== 0) append(columns, lists, k, target, sum);
        f32[word(sums, k)] = 0;
      }
    },

    momentumStep(
      weights,
      velocity,
      columns,
      lists,
      gradient,
      begin,
      end,
      S,
      K,
      perRow,
      rate,
      decay,
      momentum,
    ) {
      const [share, eta, lambda, mu] = [perRow, rate, decay, momentum].map(Math.fround);
      const [w, v] = [word(weights, 0), word(velocity, 0)];
      eachWeight(columns, lists, gradient, begin, end, S, K, (i, sum, isBias) => {
        f32[v + i] = flush(mu * f32[v + i] + (1 - mu) * share * sum);
        f32[w + i] += eta * (f32[v + i] - (isBias ? 0 : lambda * f32[w + i]));
      });
    },

    adamStep(
      weights,
      first,
      second,
      columns,
      lists,
      gradient,
      begin,
      end,
      S,
      K,
      perRow,
      rate,
      decay,
      beta1,
      beta2,
      secondScale,
      epsilon,
    ) {
      const [share, eta, lambda, b1, b2] = [perRow, rate, decay, beta1, beta2].map(Math.fround);
      const [scale, tiny] = [secondScale, epsilon].map(Math.fround);
      const [w, m, v] = [word(weights, 0), word(first, 0), word(second, 0)];
      eachWeight(columns, lists, gradient, begin, end, S, K, (i, sum, isBias) => {
        const g = share * sum;
        f32[m + i] = flush(b1 * f32[m + i] + (1 - b1) * g);
        f32[v + i] = flush(b2 * f32[v + i] + (1 - b2) * g * g);
        const step = f32[m + i] / (Math.sqrt(scale * f32[v + i]) + tiny);
        f32[w + i] += eta * step - (isBias ? 0 : lambda * f32[w + i]);
      });
    },
  };
}
