// What units make of an image seen twice, and of it and the next one at once.

import type { Kernels } from '../kernels.ts';
import { PANEL } from '../panels.ts';
import { logistic } from './goodness.ts';
import { view } from './view.ts';

export function selfContrastKernels(
  buffer: ArrayBufferLike,
): Pick<Kernels, 'mixtureGradient' | 'mixtureSlopes'> {
  const { f32, word, cell } = view(buffer);

  return {
    mixtureSlopes(
      slopes,
      totals,
      mixtures,
      activity,
      begin,
      end,
      M,
      _P,
      Q,
      S,
      C,
      positive,
      negative,
      penalty,
    ) {
      for (let image = begin; image < end; image++) {
        /** The goodness at each position of an image and another at once. */
        const goodness = (other: number) =>
          Array.from({ length: Q }, (_, q) => {
            let sum = 0;
            for (let c = 0; c < C; c++) {
              const [u, v] = [image, other].map(
                row => f32[cell(activity, S * Q, Math.floor(c / PANEL), row * Q + q, c % PANEL)],
              );
              sum += Math.max(0, u + v) ** 2 / C;
            }
            return sum;
          });
        const [twice, mixed] = [goodness(image), goodness((image + 1) % M)];
        const length = Math.hypot(...twice);
        f32[word(totals, image)] = twice.reduce((sum, g) => sum + g, 0) / Q;
        f32[word(mixtures, image)] = mixed.reduce((sum, g) => sum + g, 0) / Q;
        for (let q = 0; q < Q; q++) {
          const pull = length > 0 ? (penalty * twice[q]) / length : 0;
          f32[word(slopes, 2 * image * Q + q)] = logistic(positive - twice[q]) / Q - pull;
          f32[word(slopes, (2 * image + 1) * Q + q)] = -logistic(mixed[q] - negative) / Q;
        }
      }
    },

    mixtureGradient(gradient, slopes, activity, begin, end, M, P, Q, S, C) {
      for (let image = begin; image < end; image++) {
        const [next, before] = [(image + 1) % M, (image + M - 1) % M];
        for (let i = 0; i < P * PANEL * Q; i++) {
          const [c, q] = [i % (P * PANEL), Math.floor(i / (P * PANEL))];
          const at = (units: number, row: number) =>
            cell(units, S * Q, Math.floor(c / PANEL), row * Q + q, c % PANEL);
          const slope = (row: number, which: 0 | 1) => f32[word(slopes, (2 * row + which) * Q + q)];
          const [u, v, w] = [image, next, before].map(row => f32[at(activity, row)]);
          const sum =
            2 * slope(image, 0) * Math.max(0, 2 * u) +
            slope(image, 1) * Math.max(0, u + v) +
            slope(before, 1) * Math.max(0, u + w);
          f32[at(gradient, image)] = (2 / C) * sum;
        }
      }
    },
  };
}
