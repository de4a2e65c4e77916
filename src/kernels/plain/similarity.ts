// How alike two images of a batch are to a layer.

import type { Kernels } from '../kernels.ts';
import { PANEL, ROW_BYTES } from '../panels.ts';
import { view } from './view.ts';

export function similarityKernels(
  buffer: ArrayBufferLike,
): Pick<Kernels, 'similarityGradient' | 'writeColumns'> {
  const { f32, u32, word, cell, lastEntry } = view(buffer);

  return {
    writeColumns(columns, lengths, rows, entries, begin, end, K) {
      for (let image = begin; image < end; image++) {
        const values = new Float64Array(K);
        const last = lastEntry(rows, entries, image);
        for (let at = word(entries + u32[word(rows, 2 * image)], 0); at < last; at += 2) {
          values[u32[at] / ROW_BYTES] = f32[at + 1];
        }
        const mean = values.reduce((sum, value) => sum + value, 0) / K;
        const length = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0));
        f32[word(lengths, image)] = length;
        values.forEach((value, k) => {
          const panel = Math.floor(image / PANEL);
          f32[cell(columns, K + 1, panel, k, image % PANEL)] = length > 0 ? (value - mean) / length : 0;
        });
      }
    },

    similarityGradient(gradient, products, lengths, labels, begin, end, M, P, S, strength, unlike) {
      const at = (matrix: number, image: number, other: number) =>
        cell(matrix, S, Math.floor(other / PANEL), image, other % PANEL);
      for (let image = begin; image < end; image++) {
        const length = f32[word(lengths, image)];
        const scale = length > 0 ? 1 / length : 0;
        const cosines = Array.from({ length: M }, (_, other) => f32[at(products, image, other)] * scale);
        const pulls = cosines.map((cosine, other) => {
          const isAlike = u32[word(labels, other)] === u32[word(labels, image)];
          return strength * ((isAlike ? 1 : unlike) - cosine);
        });
        pulls[image] -= pulls.reduce((sum, pull, other) => sum + pull * cosines[other], 0);
        for (let other = 0; other < P * PANEL; other++) {
          f32[at(gradient, image, other)] = other < M ? pulls[other] * scale : 0;
        }
      }
    },
  };
}
