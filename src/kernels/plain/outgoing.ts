// What of an image's units goes on to the next layer.

import type { Kernels } from '../kernels.ts';
import { PANEL, ROW_BYTES } from '../panels.ts';
import { packRows } from './pack-rows.ts';
import { view } from './view.ts';

export function outgoingKernels(
  buffer: ArrayBufferLike,
): Pick<Kernels, 'averagePositions' | 'channelSums' | 'meanChannels' | 'scaleChannels'> {
  const { f32, u32, word, cell } = view(buffer);

  return {
    averagePositions(pooled, activity, begin, end, P, height, width, L, S) {
      const [down, across] = [Math.floor(height / L), Math.floor(width / L)];
      for (let panel = 0; panel < P; panel++) {
        for (let image = begin; image < end; image++) {
          for (let i = 0; i < down * across * PANEL; i++) {
            const [q, lane] = [Math.floor(i / PANEL), i % PANEL];
            let sum = 0;
            for (let j = 0; j < L * L; j++) {
              const y = Math.floor(q / across) * L + Math.floor(j / L);
              const position = y * width + (q % across) * L + (j % L);
              sum += f32[cell(activity, S * height * width, panel, image * height * width + position, lane)];
            }
            f32[cell(pooled, S * down * across, panel, image * down * across + q, lane)] = sum / (L * L);
          }
        }
      }
    },

    channelSums(scales, activity, begin, end, P, Q, S) {
      for (let image = begin; image < end; image++) {
        for (let channel = 0; channel < P * PANEL; channel++) {
          let [sum, squares] = [0, 0];
          for (let q = 0; q < Q; q++) {
            const y = f32[cell(activity, S * Q, Math.floor(channel / PANEL), image * Q + q, channel % PANEL)];
            sum += y;
            squares += y * y;
          }
          f32[word(scales, 2 * image * P * PANEL + channel)] = sum;
          f32[word(scales, (2 * image + 1) * P * PANEL + channel)] = squares;
        }
      }
    },

    scaleChannels(rows, entries, activity, scales, begin, end, P, Q, S) {
      packRows(buffer, rows, entries, begin, end, Q * P * PANEL, image =>
        Float64Array.from({ length: Q * P * PANEL }, (_, i) => {
          const [q, channel] = [Math.floor(i / (P * PANEL)), i % (P * PANEL)];
          const y = f32[cell(activity, S * Q, Math.floor(channel / PANEL), image * Q + q, channel % PANEL)];
          const [scale, shift] = [0, 1].map(
            which => f32[word(scales, (2 * image + which) * P * PANEL + channel)],
          );
          return y * scale + shift;
        }),
      );
    },

    meanChannels(rows, entries, sums, images, values, begin, end, P, Q) {
      packRows(buffer, rows, entries, begin, end, P * PANEL, image => {
        const means = new Float64Array(P * PANEL);
        const last = u32[word(images, 2 * image + 1)];
        for (let at = u32[word(images, 2 * image)]; at < last; at += 8) {
          const input = u32[word(values + at, 0)] / ROW_BYTES;
          means[input % (P * PANEL)] += f32[word(values + at, 1)] / Q;
        }
        f32.set(means, word(sums, 0));
        return means;
      });
    },
  };
}
