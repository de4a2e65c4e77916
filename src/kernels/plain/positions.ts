// Images of units, position by position.

import type { Kernels } from '../kernels.ts';
import { PANEL, SKIP } from '../panels.ts';
import { packRows } from './pack-rows.ts';
import { view } from './view.ts';

export function positionKernels(
  buffer: ArrayBufferLike,
): Pick<Kernels, 'cellGradient' | 'meanCells' | 'normalizePositions' | 'scaleImages' | 'sumPositions'> {
  const { f32, u32, word } = view(buffer);

  /** What position `q` of an image is multiplied with. */
  function scaleOf(
    squares: number,
    totals: number,
    image: number,
    q: number,
    Q: number,
    channels: number,
  ): number {
    const [own, all] = [f32[word(squares, image * Q + q)], f32[word(totals, image)]];
    return 1 / (1e-20 + 0.01 * Math.sqrt(all / (Q * channels)) + Math.sqrt(own / channels));
  }

  /** Calls `visit` for each position: its cell, and the share of one position in it. */
  function eachPosition(
    height: number,
    width: number,
    A: number,
    visit: (q: number, cell: number, share: number) => void,
  ): void {
    const border = (i: number, length: number) => Math.floor((i * length) / A);
    for (let cell = 0; cell < A * A; cell++) {
      const [i, j] = [Math.floor(cell / A), cell % A];
      const [top, bottom] = [border(i, height), border(i + 1, height)];
      const [left, right] = [border(j, width), border(j + 1, width)];
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) visit(y * width + x, cell, 1 / ((bottom - top) * (right - left)));
      }
    }
  }

  return {
    sumPositions(squares, totals, activity, begin, end, P, Q, S) {
      for (let image = begin; image < end; image++) {
        let total = 0;
        for (let q = 0; q < Q; q++) {
          let sum = 0;
          for (let unit = 0; unit < P * PANEL; unit++) {
            const place = ((Math.floor(unit / PANEL) * S + image) * Q + q) * PANEL + (unit % PANEL);
            sum += f32[word(activity, place)] ** 2;
          }
          f32[word(squares, image * Q + q)] = sum;
          total += sum;
        }
        f32[word(totals, image)] = total;
      }
    },

    normalizePositions(rows, entries, activity, squares, totals, begin, end, P, Q, S, channels) {
      packRows(buffer, rows, entries, begin, end, Q * P * PANEL, image => {
        const values = new Float64Array(Q * P * PANEL);
        return values.map((_, i) => {
          const [q, panel, lane] = [Math.floor(i / (P * PANEL)), Math.floor(i / PANEL) % P, i % PANEL];
          const y = f32[word(activity, ((panel * S + image) * Q + q) * PANEL + lane)];
          return squares ? y * scaleOf(squares, totals, image, q, Q, channels) : y;
        });
      });
    },

    meanCells(
      rows,
      entries,
      activity,
      squares,
      totals,
      begin,
      end,
      P,
      height,
      width,
      A,
      S,
      channels,
      isSquared,
    ) {
      const Q = height * width;
      packRows(buffer, rows, entries, begin, end, A * A * P * PANEL, image => {
        const means = new Float64Array(A * A * P * PANEL);
        eachPosition(height, width, A, (q, cell, share) => {
          const scale = squares ? scaleOf(squares, totals, image, q, Q, channels) : 1;
          for (let unit = 0; unit < P * PANEL; unit++) {
            const place = ((Math.floor(unit / PANEL) * S + image) * Q + q) * PANEL + (unit % PANEL);
            const y = f32[word(activity, place)];
            means[cell * P * PANEL + unit] += share * scale * (isSquared ? y * y : y);
          }
        });
        return means;
      });
    },

    scaleImages(activity, coefficients, targets, begin, end, P, Q, S) {
      for (let image = begin; image < end; image++) {
        if (u32[word(targets, image)] === SKIP) continue;
        for (let panel = 0; panel < P; panel++) {
          for (let i = 0; i < Q * PANEL; i++) {
            f32[word(activity, (panel * S + image) * Q * PANEL + i)] *= f32[word(coefficients, image)];
          }
        }
      }
    },

    cellGradient(
      activity,
      cells,
      squares,
      totals,
      along,
      targets,
      begin,
      end,
      P,
      height,
      width,
      A,
      S,
      T,
      channels,
      isSquared,
    ) {
      const Q = height * width;
      for (let image = begin; image < end; image++) {
        if (u32[word(targets, image)] === SKIP) continue;
        const place = (q: number, unit: number) =>
          word(activity, ((Math.floor(unit / PANEL) * S + image) * Q + q) * PANEL + (unit % PANEL));
        const wanted = (cell: number, unit: number) =>
          f32[word(cells, ((cell * P + Math.floor(unit / PANEL)) * T + image) * PANEL + (unit % PANEL))];
        // The whole of an image pulls along its length, a hundredth of which is in every division.
        let length = 0;
        if (squares) {
          eachPosition(height, width, A, (q, cell, share) => {
            let pull = 0;
            for (let unit = 0; unit < P * PANEL; unit++) pull += f32[place(q, unit)] * wanted(cell, unit);
            pull *= share * scaleOf(squares, totals, image, q, Q, channels) ** 2;
            f32[word(along, image * Q + q)] = pull;
            length += pull;
          });
          const all = f32[word(totals, image)];
          length *= all > 0 ? 0.01 / Math.sqrt(all * Q * channels) : 0;
        }
        eachPosition(height, width, A, (q, cell, share) => {
          const square = squares ? f32[word(squares, image * Q + q)] : 1;
          if (square === 0) return;
          const scale = squares ? scaleOf(squares, totals, image, q, Q, channels) : 1;
          const own = squares ? length + f32[word(along, image * Q + q)] / Math.sqrt(square * channels) : 0;
          for (let unit = 0; unit < P * PANEL; unit++) {
            const y = f32[place(q, unit)];
            const back = share * scale * wanted(cell, unit);
            f32[place(q, unit)] = y === 0 ? 0 : isSquared ? back * y : back - own * y;
          }
        });
      }
    },
  };
}
