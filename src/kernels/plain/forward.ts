// Products with weights, and what passes from layer to layer.

import type { Kernels } from '../kernels.ts';
import { PANEL, ROW_BYTES } from '../panels.ts';
import { view } from './view.ts';

/** Of an input's entry in a pair of rows. */
const PAIR_BYTES = 12;
const TINY = 1e-20;

/** Keeps NaN, like the kernels. */
const relu = (x: number) => (x < 0 ? 0 : x);

export function forwardKernels(
  buffer: ArrayBufferLike,
): Pick<
  Kernels,
  | 'cutPositions'
  | 'cutRows'
  | 'fetchPanels'
  | 'sparseProduct'
  | 'sparseForward'
  | 'sharedForward'
  | 'placedForward'
  | 'pairRows'
  | 'pairForward'
  | 'normalizeRows'
  | 'compressRows'
> {
  const { f32, u32, word, cell, dot, eachInput } = view(buffer);

  /** What all products share: only their sums differ. */
  function product(
    activity: number,
    begin: number,
    end: number,
    M: number,
    S: number,
    sum: (panel: number, row: number, lane: number) => number,
  ): void {
    for (let panel = begin; panel < end; panel++) {
      for (let row = 0; row < M; row++) {
        for (let lane = 0; lane < PANEL; lane++) {
          f32[cell(activity, S, panel, row, lane)] = sum(panel, row, lane);
        }
      }
    }
  }

  /** Activities of such sums, and their goodness. */
  function forward(
    activity: number,
    goodness: number,
    begin: number,
    end: number,
    M: number,
    S: number,
    sum: (panel: number, row: number, lane: number) => number,
  ): void {
    product(activity, begin, end, M, S, (panel, row, lane) => relu(sum(panel, row, lane)));
    for (let panel = begin; panel < end; panel++) {
      for (let row = 0; row < M; row++) {
        const y = f32.subarray(cell(activity, S, panel, row, 0), cell(activity, S, panel, row, PANEL));
        f32[word(goodness, panel * S + row)] = y.reduce((squares, value) => squares + value * value, 0);
      }
    }
  }

  /** Compresses rows, each divided by its length. */
  function pack(
    rows: number,
    entries: number,
    activity: number,
    begin: number,
    end: number,
    S: number,
    P: number,
    rowValue: (row: number) => (y: number) => number,
  ): void {
    let at = begin * P * PANEL * 8;
    for (let row = begin; row < end; row++) {
      const value = rowValue(row);
      u32[word(rows, 2 * row)] = at;
      for (let unit = 0; unit < P * PANEL; unit++) {
        const y = f32[cell(activity, S, Math.floor(unit / PANEL), row, unit % PANEL)];
        if (!(y > 0)) continue;
        u32[word(entries + at, 0)] = unit * ROW_BYTES;
        f32[word(entries + at, 1)] = value(y);
        at += 8;
      }
      u32[word(rows, 2 * row + 1)] = at;
    }
  }

  function cutRows(
    cuts: number,
    rows: number,
    entries: number,
    begin: number,
    end: number,
    K: number,
    B: number,
  ): void {
    for (let row = begin; row < end; row++) {
      const [first, last] = [u32[word(rows, 2 * row)], u32[word(rows, 2 * row + 1)]];
      for (let block = 0; block <= B; block++) {
        const below = Math.floor((K * block) / B);
        let at = first;
        while (at < last && (block === B || u32[word(entries + at, 0)] < below * ROW_BYTES)) at += 8;
        u32[word(cuts, row * (B + 1) + block)] = at;
      }
    }
  }

  return {
    fetchPanels(seen, weights, begin, end, K) {
      for (let panel = begin; panel < end; panel++) {
        const first = word(weights, panel * (K + 1) * PANEL);
        let bits = 0;
        for (let at = first; at < first + (K + 1) * PANEL; at += 16) bits |= u32[at];
        u32[word(seen, panel * 16)] = bits;
      }
    },
    cutRows,

    cutPositions: (cuts, rows, entries, begin, end, Q, D) =>
      cutRows(cuts, rows, entries, begin, end, Q * D, Q),

    sparseProduct(activity, cuts, entries, weights, begin, end, M, S, K, B) {
      product(activity, begin, end, M, S, (panel, row, lane) =>
        dot(cuts, entries, row, cell(weights, K + 1, panel, 0, lane), B),
      );
    },

    sparseForward(activity, goodness, cuts, entries, weights, begin, end, M, S, K, B) {
      forward(activity, goodness, begin, end, M, S, (panel, row, lane) => {
        const bias = f32[cell(weights, K + 1, panel, K, lane)];
        return dot(cuts, entries, row, cell(weights, K + 1, panel, 0, lane), B) + bias;
      });
    },

    sharedForward(activity, goodness, shared, sources, rows, entries, weights, begin, end, M, S, K) {
      forward(activity, goodness, begin, end, M, S, (panel, row, lane) => {
        const source = u32[word(sources, 2 * row)];
        const scale = f32[word(sources, 2 * row + 1)];
        const common = f32[cell(shared, S, panel, source, lane)];
        const own = dot(rows, entries, row, cell(weights, K + 1, panel, 0, lane));
        return scale * (common + own) + f32[cell(weights, K + 1, panel, K, lane)];
      });
    },

    placedForward(
      activity,
      goodness,
      shared,
      sources,
      cuts,
      entries,
      spans,
      _zeros,
      weights,
      begin,
      end,
      M,
      S,
      K,
      B,
      C,
      isLast,
    ) {
      const sum = (panel: number, row: number, lane: number) => {
        const from = sources ? [shared, u32[word(sources, 2 * row)]] : [activity, row];
        let all = f32[cell(from[0], S, panel, from[1], lane)];
        let span = word(spans, 0);
        for (let block = 0; block < B; block++) {
          const [first, beyond] = u32.subarray(span, span + 2);
          const last = u32[word(cuts, row * (C + 1) + beyond)];
          for (let at = u32[word(cuts, row * (C + 1) + first)]; at < last; at += 8) {
            const [offset, value] = [0, 1].map(part => word(entries + at, part));
            const place = u32[span + 2 + u32[offset] / ROW_BYTES - first * PANEL];
            // SKIP, also without its highest bit, which tests clear where they ask for magnitudes.
            if (place >= K * ROW_BYTES) continue;
            all += f32[value] * f32[cell(weights, K + 1, panel, place / ROW_BYTES, lane)];
          }
          span += 2 + (beyond - first) * PANEL;
        }
        return all;
      };
      if (!isLast) {
        product(activity, begin, end, M, S, sum);
        return;
      }
      forward(activity, goodness, begin, end, M, S, (panel, row, lane) => {
        return sum(panel, row, lane) + f32[cell(weights, K + 1, panel, K, lane)];
      });
    },

    pairRows(cuts, entries, rows, rowEntries, begin, end, apart, K, B) {
      for (let pair = begin; pair < end; pair++) {
        const values = Array.from({ length: K }, () => [0, 0]);
        const isOn = new Set<number>();
        [pair, pair + apart].forEach((row, side) => {
          eachInput(rows, rowEntries, row, 0, K, (input, value) => {
            isOn.add(input);
            values[input][side] = value;
          });
        });
        let at = pair * K * PAIR_BYTES;
        for (let block = 0; block <= B; block++) {
          u32[word(cuts, pair * (B + 1) + block)] = at;
          const [first, last] = [block, block + 1].map(border => Math.floor((K * border) / B));
          for (let input = first; block < B && input < last; input++) {
            if (!isOn.has(input)) continue;
            u32[word(entries + at, 0)] = input * ROW_BYTES;
            f32[word(entries + at, 1)] = values[input][0];
            f32[word(entries + at, 2)] = values[input][1];
            at += PAIR_BYTES;
          }
        }
      }
    },

    pairForward(activity, goodness, cuts, entries, weights, begin, end, S, K, B, apart) {
      for (const side of [0, 1]) {
        const row = side * apart;
        const [activities, sums] = [activity + row * ROW_BYTES, goodness + row * 4];
        forward(activities, sums, begin, end, apart, S, (panel, pair, lane) => {
          const from = cell(weights, K + 1, panel, 0, lane);
          let sum = f32[cell(weights, K + 1, panel, K, lane)];
          const last = u32[word(cuts, pair * (B + 1) + B)];
          for (let at = u32[word(cuts, pair * (B + 1))]; at < last; at += PAIR_BYTES) {
            sum += f32[word(entries + at, 1 + side)] * f32[from + (u32[word(entries + at, 0)] >>> 2)];
          }
          return sum;
        });
      }
    },

    normalizeRows(rows, entries, activity, goodness, begin, end, S, P, units) {
      pack(rows, entries, activity, begin, end, S, P, row => {
        let sum = 0;
        for (let panel = 0; panel < P; panel++) sum += f32[word(goodness, panel * S + row)];
        const length = TINY + Math.sqrt(sum / units);
        return y => y / length;
      });
    },

    compressRows(rows, entries, activity, begin, end, S, P, isSquared) {
      pack(rows, entries, activity, begin, end, S, P, () => y => (isSquared ? y * y : y));
    },
  };
}
