// Local receptive fields: the geometry against the paper's numbers, and whole local layers through the kernels against
// nested loops over positions in double precision.

import { describe, expect, it, test } from 'vitest';
import { type Grid, imageGrid, type UnitGrid, unitGrid, unitsOf } from '../../../src/layers/grid.ts';
import { connectedInputs, type Field } from '../../../src/layers/local/fields.ts';
import type { FieldSize } from '../../../src/layers/local/spec.ts';
import { type Bench, EPSILON, eachBuild, sumError } from '../../support/memory.ts';

const whole = (size: number, stride: number): FieldSize => ({ size, stride, overhang: 0 });
const centred = (size: number): FieldSize => ({ size, stride: 1, overhang: (size - 1) / 2 });

/** How many inputs each unit of a block sees, by channel 0 of its positions. */
function sizes(units: UnitGrid, fields: Field[], y: number, x: number, c = 0): number {
  const unit = units.index(y, x, c);
  const panel = unit >> 5;
  const block = units.blocks.findIndex(b => panel >= b.panel && panel < b.panel + b.panels);
  const { inputs, masks } = fields[block];
  if (!masks) return inputs.length;
  const words = masks.subarray(
    (panel - units.blocks[block].panel) * inputs.length,
    (panel - units.blocks[block].panel + 1) * inputs.length,
  );
  return words.reduce((sum, word) => sum + ((word >>> (unit & 31)) & 1), 0);
}

describe('the three local layers of the paper on MNIST', () => {
  const image = imageGrid(28, 28, 1);
  const first = unitGrid(4, 4, 128);
  const second = unitGrid(3, 3, 220);
  const third = unitGrid(2, 2, 512);
  const all = [
    connectedInputs(first, image, whole(10, 6)),
    connectedInputs(second, first, whole(2, 1)),
    connectedInputs(third, second, whole(2, 1)),
  ];

  test('have their units, panels and fan-in', () => {
    expect([first, second, third].map(grid => grid.units)).toEqual([2048, 1980, 2048]);
    expect([first, second, third].map(grid => grid.panels)).toEqual([64, 63, 64]);
    expect(all.map(fields => fields.map(({ inputs }) => inputs.length))).toEqual([
      Array(16).fill(100),
      Array(9).fill(512),
      Array(4).fill(880),
    ]);
    // 3.02 million weights.
    const weights = [first, second, third].reduce((sum, grid, l) => {
      return sum + all[l].reduce((part, { inputs }) => part + inputs.length * grid.channels, 0);
    }, 0);
    expect(weights).toBe(204_800 + 1_013_760 + 1_802_240);
  });

  test('see squares of the image, and of channels that skip the padding', () => {
    const last = all[0][15].inputs;
    expect([last[0], last[9], last[10], last[99]]).toEqual([18 * 28 + 18, 18 * 28 + 27, 19 * 28 + 18, 783]);
    expect(all[0][15].runs).toHaveLength(2 * 10);
    // Four positions of 7 panels, 220 of 224 inputs each.
    expect([...all[2][0].runs].map(end => end / 128)).toEqual([0, 220, 224, 444, 672, 892, 896, 1116]);
    // Two rows of two neighbouring positions without gaps.
    expect([...all[1][0].runs].map(end => end / 128)).toEqual([0, 256, 512, 768]);
  });

  test('need no masks: every unit of a block sees all of its field', () => {
    expect(all.map(fields => fields.filter(({ masks }) => masks).length)).toEqual([0, 0, 0]);
  });

  test('are everything where nothing else is said, without the gaps of the source', () => {
    const fields = connectedInputs(unitGrid(1, 1, 500), second);
    expect(fields).toHaveLength(1);
    expect(fields[0].masks).toBeUndefined();
    expect(fields[0].inputs).toHaveLength(9 * 220);
    expect([...fields[0].runs.subarray(0, 4)].map(end => end / 128)).toEqual([0, 220, 224, 444]);
  });
});

describe('the local layers of the paper on CIFAR-10', () => {
  const image = imageGrid(32, 32, 3);
  const units = unitGrid(32, 32, 3);
  const bottomUp = connectedInputs(units, image, centred(11));
  const topDown = connectedInputs(units, units, centred(11));

  test('see 363 inputs bottom-up and up to 363 top-down, fewer at the edges', () => {
    for (const fields of [bottomUp, topDown]) {
      expect(fields[5 * 11 + 5].inputs).toHaveLength(13 * 13 * 3);
      for (const [y, x, seen] of [
        [16, 16, 363],
        [0, 0, 6 * 6 * 3],
        [31, 31, 6 * 6 * 3],
        [0, 16, 6 * 11 * 3],
        [4, 27, 10 * 10 * 3],
      ]) {
        expect(sizes(units, fields, y, x, 2)).toBe(seen);
      }
    }
    expect(bottomUp[60].runs).toHaveLength(2 * 13);
  });
});

/** A local layer as it is defined: every position has weights of its own, (size, size, source channels), and a bias. */
class DirectLayer {
  readonly weights = new Map<string, number>();
  readonly #units: UnitGrid;
  readonly #source: Grid;
  readonly #fields: FieldSize;

  constructor(units: UnitGrid, source: Grid, fields: FieldSize) {
    this.#units = units;
    this.#source = source;
    this.#fields = fields;
  }

  /** Calls `visit` for every unit, and `see` for every input that it sees. */
  eachUnit(visit: (y: number, x: number, c: number) => (sy: number, sx: number, sc: number) => void): void {
    const { height, width, channels } = this.#units;
    const { size, stride, overhang } = this.#fields;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) {
          const see = visit(y, x, c);
          for (let dy = 0; dy < size; dy++) {
            for (let dx = 0; dx < size; dx++) {
              const [sy, sx] = [y * stride - overhang + dy, x * stride - overhang + dx];
              if (sy < 0 || sx < 0 || sy >= this.#source.height || sx >= this.#source.width) continue;
              for (let sc = 0; sc < this.#source.channels; sc++) see(sy, sx, sc);
            }
          }
        }
      }
    }
  }
}

const CASES: { units: UnitGrid; source: Grid; fields: FieldSize }[] = [
  { units: unitGrid(3, 3, 5), source: imageGrid(7, 7, 1), fields: whole(3, 2) },
  { units: unitGrid(2, 2, 40), source: unitGrid(3, 3, 5), fields: whole(2, 1) },
  { units: unitGrid(5, 7, 3), source: imageGrid(5, 7, 3), fields: centred(3) },
  { units: unitGrid(5, 4, 3), source: unitGrid(5, 4, 3), fields: centred(5) },
  { units: unitGrid(1, 2, 32), source: imageGrid(2, 3, 4), fields: whole(2, 1) },
];

/** The weights of every block at random, and zero in padding and where a mask says so. */
function layerWeights(bench: Bench, units: UnitGrid, fields: Field[]): number[] {
  return fields.map(({ inputs, masks }, b) => {
    const { panels } = units.blocks[b];
    const at = bench.panels(unitsOf(units, units.blocks[b]), inputs.length + 1);
    if (masks) bench.kernels.maskWeights(at, bench.words(masks), 0, panels, inputs.length);
    return at;
  });
}

eachBuild((open, isFull) => {
  it.each(isFull ? [0, 1, 2, 3, 4] : [2])(
    'local layer %i: forward and one step are those of nested loops',
    number => {
      const bench = open();
      const { units, source, fields: fieldSize } = CASES[number];
      const fields = connectedInputs(units, source, fieldSize);
      const [M, S, k] = [4, 5, bench.kernels];
      // Rows of the source, with nothing in the gaps between its units.
      const real = new Set<number>();
      for (let y = 0; y < source.height; y++) {
        for (let x = 0; x < source.width; x++) {
          for (let c = 0; c < source.channels; c++) real.add(source.index(y, x, c));
        }
      }
      const values = Array.from({ length: M }, () =>
        Array.from({ length: source.inputs }, (_, i) =>
          real.has(i) && bench.noise.next() < 0.6 ? Math.fround(bench.noise.next()) : 0,
        ),
      );
      const sourceRows = bench.take(2 * M);
      const sourceEntries = bench.take(2 * M * source.inputs);
      let to = 0;
      for (let row = 0; row < M; row++) {
        bench.u32[(sourceRows >> 2) + 2 * row] = to;
        for (const [input, value] of values[row].entries()) {
          if (value === 0) continue;
          bench.u32[(sourceEntries + to) >> 2] = input * 128;
          bench.f32[(sourceEntries + to + 4) >> 2] = value;
          to += 8;
        }
        bench.u32[(sourceRows >> 2) + 2 * row + 1] = to;
      }
      const weights = layerWeights(bench, units, fields);
      const before = Float32Array.from(bench.f32.subarray(0, 1 << 19));
      const activity = bench.zeros(units.panels * S * 32);
      const goodness = bench.zeros(units.panels * S);
      const gradient = bench.normals(units.panels * S * 32);
      // Nothing asks for padding.
      for (const block of units.blocks) {
        const count = unitsOf(units, block);
        for (let row = 0; row < S; row++) {
          for (let unit = count; unit < block.panels * 32; unit++) {
            bench.f32[(gradient >> 2) + ((block.panel + (unit >> 5)) * S + row) * 32 + (unit & 31)] = 0;
          }
        }
      }
      const targets = bench.words([0, 1, 2, 3]);
      const rate = 0.5;

      for (const [b, { inputs, runs, masks }] of fields.entries()) {
        const [K, { panel, panels }] = [inputs.length, units.blocks[b]];
        const rows = bench.take(2 * M);
        const entries = bench.take(2 * M * K);
        k.gatherRows(
          rows,
          entries,
          sourceRows,
          sourceEntries,
          bench.words(runs),
          0,
          M,
          runs.length / 2,
          K,
          0,
        );
        const [y, g] = [activity + panel * S * 128, goodness + panel * S * 4];
        k.sparseForward(y, g, rows, entries, weights[b], 0, panels, M, S, K, 1);
        const columns = bench.take(2 * (K + 1));
        const lists = bench.take(2 * (K + 1) * M);
        k.clearColumns(columns, 0, K + 1, M);
        k.appendRows(columns, lists, rows, entries, targets, 0, K + 1, M, K, 1);
        const velocity = bench.zeros(panels * (K + 1) * 32);
        const d = gradient + panel * S * 128;
        k.momentumStep(weights[b], velocity, columns, lists, d, 0, panels, S, K, 1 / M, rate, 0, 0);
        if (masks) {
          const words = bench.words(masks);
          for (const at of [weights[b], velocity]) k.maskWeights(at, words, 0, panels, K);
        }
      }

      const weightAt = (unit: number, input: number | undefined) => {
        const b = units.blocks.findIndex(
          ({ panel, panels }) => unit >> 5 < panel + panels && unit >> 5 >= panel,
        );
        const K = fields[b].inputs.length;
        const row = input === undefined ? K : fields[b].inputs.indexOf(input);
        return (weights[b] >> 2) + (((unit >> 5) - units.blocks[b].panel) * (K + 1) + row) * 32 + (unit & 31);
      };
      const cell = (at: number, row: number, unit: number) =>
        bench.f32[(at >> 2) + ((unit >> 5) * S + row) * 32 + (unit & 31)];
      const touched = new Set<number>();
      for (let row = 0; row < M; row++) {
        const sums = new Map<number, [sum: number, magnitude: number, terms: number]>();
        new DirectLayer(units, source, fieldSize).eachUnit((y, x, c) => {
          const unit = units.index(y, x, c);
          const bias = before[weightAt(unit, undefined)];
          const sum: [number, number, number] = [bias, Math.abs(bias), 1];
          sums.set(unit, sum);
          touched.add(weightAt(unit, undefined));
          return (sy, sx, sc) => {
            const input = source.index(sy, sx, sc);
            const i = weightAt(unit, input);
            const product = before[i] * values[row][input];
            sum[0] += product;
            sum[1] += Math.abs(product);
            sum[2]++;
            if (row > 0) return;
            touched.add(i);
            let step = 0;
            let size = Math.abs(before[i]);
            for (let other = 0; other < M; other++) {
              const term = (rate / M) * cell(gradient, other, unit) * values[other][input];
              step += term;
              size += Math.abs(term);
            }
            expect(Math.abs(bench.f32[i] - before[i] - step)).toBeLessThanOrEqual(
              sumError(M + 2) * EPSILON * size,
            );
          };
        });
        for (const [unit, [sum, magnitude, terms]] of sums) {
          const difference = Math.abs(cell(activity, row, unit) - Math.max(0, sum));
          expect(difference).toBeLessThanOrEqual(sumError(terms) * EPSILON * magnitude);
        }
        // Whoever is no unit of the grid is never on.
        for (let unit = 0; unit < units.inputs; unit++) {
          if (!sums.has(unit)) expect(cell(activity, row, unit)).toBe(0);
        }
      }
      // And all other weights are zero.
      for (const [b, { inputs }] of fields.entries()) {
        for (let i = 0; i < units.blocks[b].panels * (inputs.length + 1) * 32; i++) {
          const at = (weights[b] >> 2) + i;
          if (!touched.has(at)) expect(bench.f32[at]).toBe(0);
        }
      }
    },
  );
});
