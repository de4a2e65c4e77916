// Convolutions.

import { gridLanes, NARROW } from '../conv-sizes.ts';
import type { Kernels } from '../kernels.ts';
import { PANEL, ROW_BYTES, SKIP } from '../panels.ts';
import { view } from './view.ts';

type Visit = (y: number, x: number, channel: number, value: number) => void;

export function convKernels(
  buffer: ArrayBufferLike,
): Pick<
  Kernels,
  'convForward' | 'convGradient' | 'gridForward' | 'panelSums' | 'reflectBorder' | 'spreadImages'
> {
  const { f32, u32, word, cell } = view(buffer);
  const u8 = new Uint8Array(buffer);

  /** Calls `visit` for each value of an image: its position and channel. */
  function eachValue(
    cuts: number,
    entries: number,
    image: number,
    H: number,
    W: number,
    D: number,
    visit: Visit,
  ): void {
    const cut = word(cuts, image * (H * W + 1));
    for (let at = u32[cut]; at < u32[cut + H * W]; at += 8) {
      const input = u32[word(entries + at, 0)] / ROW_BYTES;
      const position = Math.floor(input / D);
      visit(Math.floor(position / W), position % W, input % D, f32[word(entries + at, 1)]);
    }
  }

  /** Positions of an image that is handed on. */
  const pools = (length: number, stride: number, L: number) =>
    Math.floor((Math.floor((length - 1) / stride) + 1) / L);

  /** Of images whose values `each` visits. */
  function forward(
    each: (image: number, visit: Visit) => void,
    activity: number,
    winners: number,
    scratch: number,
    weights: number,
    begin: number,
    end: number,
    P: number,
    H: number,
    W: number,
    D: number,
    N: number,
    stride: number,
    L: number,
    S: number,
    least: number,
  ): void {
    const pad = (N - 1) / 2;
    const [across, down] = [W, H].map(length => Math.floor((length - 1) / stride) + 1);
    const [height, width] = [H, W].map(length => pools(length, stride, L));
    const K = N * N * D;
    for (let panel = 0; panel < P; panel++) {
      for (let image = begin; image < end; image++) {
        const sums = Array.from({ length: down * across }, () =>
          Array.from({ length: PANEL }, (_, lane) => f32[cell(weights, K + 1, panel, K, lane)]),
        );
        each(image, (y, x, channel, value) => {
          for (let cy = 0; cy < down; cy++) {
            for (let cx = 0; cx < across; cx++) {
              const [row, column] = [y - cy * stride + pad, x - cx * stride + pad];
              if (row < 0 || row >= N || column < 0 || column >= N) continue;
              for (let lane = 0; lane < PANEL; lane++) {
                const k = (row * N + column) * D + channel;
                sums[cy * across + cx][lane] += value * f32[cell(weights, K + 1, panel, k, lane)];
              }
            }
          }
        });
        for (let q = 0; q < height * width; q++) {
          const place = (panel * S + image) * height * width + q;
          const [py, px] = [Math.floor(q / width), q % width];
          const pool = Array.from({ length: L * L }, (_, i) =>
            sums[(py * L + Math.floor(i / L)) * across + px * L + (i % L)].map(sum => Math.max(least, sum)),
          );
          if (L > 1) f32.set(pool.flat(), word(scratch, 0));
          for (let lane = 0; lane < PANEL; lane++) {
            let winner = 0;
            for (let i = 1; i < L * L; i++) if (pool[i][lane] > pool[winner][lane]) winner = i;
            f32[word(activity, place * PANEL + lane)] = pool[winner][lane];
            if (L > 1) u8[winners + place * PANEL + lane] = winner;
          }
        }
      }
    }
  }

  return {
    convForward(
      activity,
      winners,
      scratch,
      cuts,
      entries,
      weights,
      begin,
      end,
      P,
      H,
      W,
      D,
      N,
      stride,
      L,
      S,
      least,
    ) {
      const each = (image: number, visit: Visit) => eachValue(cuts, entries, image, H, W, D, visit);
      forward(each, activity, winners, scratch, weights, begin, end, P, H, W, D, N, stride, L, S, least);
    },

    gridForward(activity, winners, scratch, grid, weights, begin, end, P, H, W, D, N, stride, L, S, least) {
      const [down, across] = [H + N - 1, W + N - 1];
      const lanes = gridLanes(D);
      const each = (image: number, visit: Visit) => {
        for (let i = 0; i < down * across * D; i++) {
          const [position, channel] = [Math.floor(i / D), i % D];
          const place = (Math.floor(channel / PANEL) * S + image) * down * across + position;
          const [y, x] = [Math.floor(position / across), position % across].map(at => at - (N - 1) / 2);
          visit(y, x, channel, f32[word(grid, lanes * place + (channel % PANEL))]);
        }
      };
      forward(each, activity, winners, scratch, weights, begin, end, P, H, W, D, N, stride, L, S, least);
    },

    spreadImages(grid, cuts, entries, begin, end, H, W, D, pad, S) {
      const lanes = gridLanes(D);
      const across = W + 2 * pad;
      const positions = (H + 2 * pad) * across;
      const place = (panel: number, image: number) => word(grid, (panel * S + image) * positions * lanes);
      for (let image = begin; image < end; image++) {
        for (let panel = 0; panel < Math.ceil(D / PANEL); panel++) {
          f32.fill(0, place(panel, image), place(panel, image) + positions * lanes);
        }
        eachValue(cuts, entries, image, H, W, D, (y, x, channel, value) => {
          const position = (y + pad) * across + x + pad;
          f32[place(Math.floor(channel / PANEL), image) + position * lanes + (channel % PANEL)] = value;
        });
      }
    },

    reflectBorder(grid, begin, end, H, W, D, pad, S) {
      const lanes = gridLanes(D);
      const [down, across] = [H + 2 * pad, W + 2 * pad];
      const inside = (at: number, length: number) => {
        const from = Math.abs(at - pad);
        return pad + (from < length ? from : 2 * (length - 1) - from);
      };
      for (let panel = 0; panel < Math.ceil(D / PANEL); panel++) {
        for (let image = begin; image < end; image++) {
          const first = (panel * S + image) * down * across;
          for (let i = 0; i < down * across * lanes; i++) {
            const [position, lane] = [Math.floor(i / lanes), i % lanes];
            const from = inside(Math.floor(position / across), H) * across + inside(position % across, W);
            u32[word(grid, (first + position) * lanes + lane)] =
              u32[word(grid, (first + from) * lanes + lane)];
          }
        }
      }
    },

    convGradient(
      sums,
      _counts,
      _lists,
      grid,
      gradient,
      winners,
      targets,
      begin,
      end,
      _R,
      M,
      H,
      W,
      D,
      N,
      stride,
      L,
      S,
      T,
    ) {
      const lanes = gridLanes(D);
      const across = W + N - 1;
      const positions = (H + N - 1) * across;
      const [height, width] = [H, W].map(length => pools(length, stride, L));
      // Values that lie side by side, and as many more as make vectors of them.
      const [run, taps] = D <= NARROW ? [Math.ceil((N * D) / 4) * 4, N] : [PANEL, N * N];
      for (let unit = begin; unit < end; unit++) {
        const own = new Float64Array(T);
        for (let image = 0; image < M; image++) {
          if (u32[word(targets, image)] === SKIP) continue;
          for (let q = 0; q < height * width; q++) {
            const place =
              ((Math.floor(unit / PANEL) * S + image) * height * width + q) * PANEL + (unit % PANEL);
            const slope = f32[word(gradient, place)];
            if (slope === 0) continue;
            const winner = L > 1 ? u8[winners + place] : 0;
            const y = (Math.floor(q / width) * L + Math.floor(winner / L)) * stride;
            const x = ((q % width) * L + (winner % L)) * stride;
            // Of four numbers whose sum is that of the bias, the first.
            own[T - 4] += slope;
            for (let t = 0; t < T - 4; t++) {
              const [value, patch] = [t % run, Math.floor(t / run)];
              const [panel, tap] = [Math.floor(patch / taps), patch % taps];
              const [row, column] = D <= NARROW ? [tap, 0] : [Math.floor(tap / N), tap % N];
              const position = (panel * S + image) * positions + (y + row) * across + x + column;
              own[t] += slope * f32[word(grid, position * lanes + value)];
            }
          }
        }
        f32.set(own, word(sums, unit * T));
      }
    },

    panelSums(panels, sums, begin, end, D, N, T) {
      const K = N * N * D;
      for (let unit = begin; unit < end; unit++) {
        for (let k = 0; k <= K; k++) {
          const [patch, channel] = [Math.floor(k / D), k % D];
          const place =
            D <= NARROW
              ? Math.floor(patch / N) * Math.ceil((N * D) / 4) * 4 + (patch % N) * D + channel
              : (Math.floor(channel / PANEL) * N * N + patch) * PANEL + (channel % PANEL);
          const [a, b, c, d] = f32.subarray(word(sums, unit * T + T - 4));
          const bias = Math.fround(Math.fround(a + b) + Math.fround(c + d));
          f32[cell(panels, K + 1, Math.floor(unit / PANEL), k, unit % PANEL)] =
            k < K ? f32[word(sums, unit * T + place)] : bias;
        }
      }
    },
  };
}
