// What of an image's units goes on to the next layer.

import type { Kernels } from '../kernels.ts';
import { PANEL, ROW_BYTES } from '../panels.ts';
import { packRows } from './pack-rows.ts';
import { view } from './view.ts';

export function outgoingKernels(
  buffer: ArrayBufferLike,
): Pick<
  Kernels,
  | 'addRows'
  | 'averagePositions'
  | 'channelSums'
  | 'largestPositions'
  | 'meanParts'
  | 'rectifyPositions'
  | 'scaleChannels'
> {
  const { f32, u32, word, cell, eachInput } = view(buffer);

  return {
    rectifyPositions(rectified, activity, begin, end, P, Q, S, C, isTriangle) {
      for (let row = begin * Q; row < end * Q; row++) {
        const at = (units: number, c: number) => cell(units, S * Q, Math.floor(c / PANEL), row, c % PANEL);
        let mean = 0;
        for (let c = 0; isTriangle && c < C; c++) mean += f32[at(activity, c)] / C;
        for (let c = 0; c < P * PANEL; c++) {
          f32[at(rectified, c)] = c < C ? Math.max(0, f32[at(activity, c)] - mean) : 0;
        }
      }
    },

    largestPositions(pooled, activity, begin, end, P, height, width, L, S) {
      const [down, across] = [Math.floor(height / L), Math.floor(width / L)];
      const before = Math.floor(L / 2);
      for (let i = 0; i < P * (end - begin) * down * across * PANEL; i++) {
        const lane = i % PANEL;
        const q = Math.floor(i / PANEL) % (down * across);
        const image = begin + (Math.floor(i / (PANEL * down * across)) % (end - begin));
        const panel = Math.floor(i / (PANEL * down * across * (end - begin)));
        const [top, left] = [Math.floor(q / across), q % across].map(place => place * L - before);
        let most = 0;
        for (let y = Math.max(0, top); y < Math.min(height, top + 2 * L); y++) {
          for (let x = Math.max(0, left); x < Math.min(width, left + 2 * L); x++) {
            const place = (image * height + y) * width + x;
            most = Math.max(most, f32[cell(activity, S * height * width, panel, place, lane)]);
          }
        }
        f32[cell(pooled, S * down * across, panel, image * down * across + q, lane)] = most;
      }
    },

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

    meanParts(rows, entries, sums, images, values, begin, end, P, height, width, A) {
      packRows(buffer, rows, entries, begin, end, A * A * P * PANEL, image => {
        const means = new Float64Array(A * A * P * PANEL);
        const borders = (length: number) =>
          Array.from({ length: A + 1 }, (_, i) => Math.floor((i * length) / A));
        const [rowsOf, columnsOf] = [borders(height), borders(width)];
        const last = u32[word(images, 2 * image + 1)];
        for (let at = u32[word(images, 2 * image)]; at < last; at += 8) {
          const input = u32[word(values + at, 0)] / ROW_BYTES;
          const q = Math.floor(input / (P * PANEL));
          const i = rowsOf.findLastIndex(border => border <= Math.floor(q / width));
          const j = columnsOf.findLastIndex(border => border <= q % width);
          const positions = (rowsOf[i + 1] - rowsOf[i]) * (columnsOf[j + 1] - columnsOf[j]);
          means[(i * A + j) * P * PANEL + (input % (P * PANEL))] += f32[word(values + at, 1)] / positions;
        }
        f32.set(means, word(sums, 0));
        return means;
      });
    },

    addRows(rows, entries, ownRows, ownEntries, otherRows, otherEntries, begin, end, K) {
      packRows(buffer, rows, entries, begin, end, K, row => {
        const sums = new Float64Array(K);
        const add = (input: number, value: number) => {
          sums[input] += value;
        };
        eachInput(ownRows, ownEntries, row, 0, K, add);
        eachInput(otherRows, otherEntries, row, 0, K, add);
        return sums;
      });
    },
  };
}
