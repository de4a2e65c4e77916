// Goodness, objectives, gradient rows, normalisation and softmax.

import { expect, it } from 'vitest';
import { SKIP } from '../../src/kernels/panels.ts';
import { about, type Bench, EPSILON, eachBuild, items, sumError } from '../support/memory.ts';

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Rows, groups and panels of a group. */
const GROUPS = [
  [1, 1, 1],
  [5, 1, 4],
  [7, 3, 1],
  [33, 4, 2],
] as const;

// 1 / 100: the mean of squares of 100 units. −1: goodness is to be lowered.
const SLOPES = [1, -1, 1 / 100];

/** Sums of squares from dead to saturated, some of them ordinary. */
function totals(bench: Bench, count: number): number {
  const kinds = [() => 0, () => 1e6, () => 1e4 * bench.noise.next(), () => 4 * bench.noise.next()];
  return bench.floats(range(count).map(() => kinds[bench.noise.below(4)]()));
}

function someTargets(bench: Bench, count: number): number {
  return bench.words(range(count).map(row => (bench.noise.below(3) ? row : SKIP)));
}

/** Coefficients are computed in double precision and rounded once; `scale` is the largest that there can be. */
function expectCoefficients(bench: Bench, at: number, count: number, scale: number): void {
  for (let i = at >> 2; i < (at >> 2) + count; i++) {
    // The swish form subtracts two terms of up to u · scale, u ≤ 1e8, in double precision: 2^-52 · 1e8 · p, p small there.
    bench.within(`coefficient ${i}`, i, EPSILON * Math.abs(bench.plain.f32[i]) + 1e-14 * scale);
  }
}

function slice(array: Uint32Array | Float32Array, at: number, count: number): number[] {
  return [...array.subarray(at >> 2, (at >> 2) + count)];
}

eachBuild(open => {
  it('sumGoodness', () => {
    const bench = open();
    for (const [rows, G, panelsPerGroup] of GROUPS) {
      bench.reset();
      const S = rows + 3;
      const goodness = bench.floats(range(G * panelsPerGroup * S).map(() => 10 * bench.noise.next()));
      const sums = bench.take(G * S);
      bench.check({
        end: rows,
        call: (k, begin, end) => k.sumGoodness(sums, goodness, begin, end, S, G, panelsPerGroup),
        writes: (begin, end) => range(G).flatMap(g => items(sums + g * S * 4, 4)(begin, end)),
      });
      bench.close('totals', sums, G * S, sumError(panelsPerGroup));
    }
  });

  it('logisticCoefficients', () => {
    const bench = open();
    for (const [rows, G] of GROUPS) {
      for (const slope of SLOPES) {
        for (const isPositive of [0, 1]) {
          bench.reset();
          const S = rows + 3;
          const sums = totals(bench, G * S);
          const coefficients = bench.take(G * S);
          const targets = bench.take(S);
          const [threshold, temperature] = [1.7, 0.6];
          bench.check({
            end: rows,
            call: (k, begin, end) =>
              k.logisticCoefficients(
                coefficients,
                targets,
                sums,
                begin,
                end,
                S,
                G,
                slope,
                threshold,
                temperature,
                isPositive,
              ),
            writes: (begin, end) => [
              ...range(G).flatMap(g => items(coefficients + g * S * 4, 4)(begin, end)),
              ...items(targets, 4)(begin, end),
            ],
          });
          expectCoefficients(bench, coefficients, G * S, Math.abs(slope) / temperature);
          const marks = slice(bench.u32, targets, S);
          expect(marks).toEqual(slice(bench.plain.u32, targets, S));
          for (const row of range(rows)) {
            const own = range(G).map(g => bench.f32[(coefficients >> 2) + g * S + row]);
            expect(marks[row]).toBe(own.every(c => c === 0) ? SKIP : row);
          }
        }
      }
    }
  });

  it('pairCoefficients', () => {
    const bench = open();
    for (const [pairs, G] of GROUPS) {
      for (const slope of SLOPES) {
        for (const isSwish of [0, 1]) {
          bench.reset();
          const apart = pairs + 2;
          const S = apart + pairs + 1;
          const sums = totals(bench, G * S);
          const coefficients = bench.take(G * S);
          const targets = bench.take(S);
          const alpha = 1.3;
          bench.check({
            end: pairs,
            call: (k, begin, end) =>
              k.pairCoefficients(coefficients, targets, sums, begin, end, S, G, slope, alpha, apart, isSwish),
            writes: (begin, end) =>
              [begin, begin + apart].flatMap(first => [
                ...range(G).flatMap(g => items(coefficients + g * S * 4, 4)(first, first + end - begin)),
                ...items(targets, 4)(first, first + end - begin),
              ]),
          });
          expectCoefficients(bench, coefficients, G * S, alpha * Math.abs(slope));
          const marks = slice(bench.u32, targets, S);
          expect(marks).toEqual(slice(bench.plain.u32, targets, S));
          for (const row of range(pairs)) {
            const own = range(G).map(g => bench.f32[(coefficients >> 2) + g * S + row]);
            const other = range(G).map(g => bench.f32[(coefficients >> 2) + g * S + row + apart]);
            expect(other).toEqual(own.map(c => -c));
            expect(marks[row]).toBe(own.every(c => c === 0) ? SKIP : row);
            expect(marks[row + apart]).toBe(own.every(c => c === 0) ? SKIP : row + apart);
          }
        }
      }
    }
  });

  it('saturated rows have a coefficient of exactly zero and are skipped', () => {
    const { kernels: k, f32, u32 } = open();
    // Row 0 is as good as can be, row 1 as bad.
    f32.set([1e6, 0], 16);
    k.logisticCoefficients(128, 192, 64, 0, 2, 2, 1, 1, 30, 1, 1);
    expect([f32[32], u32[48], f32[33], u32[49]]).toEqual([0, SKIP, 1, 1]);
    k.logisticCoefficients(128, 192, 64, 0, 2, 2, 1, 1, 30, 1, 0);
    expect([f32[32], u32[48], f32[33], u32[49]]).toEqual([-1, 0, 0, SKIP]);
    for (const isSwish of [0, 1]) {
      f32.set([1e6, 0], 16);
      k.pairCoefficients(128, 192, 64, 0, 1, 2, 1, 1, 1, 1, isSwish);
      expect([f32[32], f32[33], u32[48], u32[49]]).toEqual([0, -0, SKIP, SKIP]);
      // On the wrong side, both forms push with all they have.
      f32.set([0, 1e6], 16);
      k.pairCoefficients(128, 192, 64, 0, 1, 2, 1, 1, 1, 1, isSwish);
      expect([f32[32], f32[33], u32[48], u32[49]]).toEqual([1, -1, 0, 1]);
    }
  });

  it('coefficients are the derivatives of the published objectives by the sum of squares, uphill', () => {
    const bench = open();
    const { f32, kernels } = bench;
    const at = bench.take(8);
    const coefficients = bench.take(8);
    const targets = bench.take(8);
    for (const slopeAsked of SLOPES) {
      for (const [factor, share] of [
        [1, 0],
        [0.6, 1.7],
        [3, 12],
      ]) {
        for (let trial = 0; trial < 200; trial++) {
          // As the kernel sees them, in single precision.
          const slope = Math.fround(slopeAsked);
          const [temperature, alpha] = [Math.fround(factor), Math.fround(factor)];
          const threshold = Math.fround(share);
          // Objectives within ±20 of their middle, whatever the slope.
          const middle = Math.abs(slope) === 1 ? 1 : 100;
          f32.set([middle * 20 * bench.noise.next(), middle * 20 * bench.noise.next()], at >> 2);
          const [t0, t1] = slice(f32, at, 2);

          const expectSlope = (
            what: string,
            objective: (t: number) => number,
            t: number,
            c: number,
            scale: number,
          ) => {
            // A step that moves the argument of the sigmoid by 1e-4: off by 1e-8 / 6 of the scale for the third
            // derivative and 2^-52 · 60 / 1e-4 for cancellation. The coefficient itself is rounded, or cut to zero, at
            // 2^-24 of the scale.
            const h = 1e-4 / scale;
            const numeric = (objective(t + h) - objective(t - h)) / (2 * h);
            about(`${what}, slope ${slope}, t = ${t}`, () => {
              const difference = Math.abs(numeric - c);
              if (!(difference <= scale * (2 * EPSILON + 1e-8))) throw new Error(`${c}, not ${numeric}`);
            });
          };

          const logit = (t: number) => (slope * t - threshold) / temperature;
          const steep = Math.abs(slope) / temperature;
          kernels.logisticCoefficients(
            coefficients,
            targets,
            at,
            0,
            1,
            2,
            1,
            slope,
            threshold,
            temperature,
            1,
          );
          expectSlope('log p', t => -softplus(-logit(t)), t0, f32[coefficients >> 2], steep);
          kernels.logisticCoefficients(
            coefficients,
            targets,
            at,
            0,
            1,
            2,
            1,
            slope,
            threshold,
            temperature,
            0,
          );
          expectSlope('log (1 − p)', t => -softplus(logit(t)), t0, f32[coefficients >> 2], steep);

          const D = (positive: number, negative: number) => alpha * (slope * positive - slope * negative);
          const losses = [(d: number) => softplus(-d), (d: number) => -d * sigmoid(-d)];
          for (const [isSwish, loss] of losses.entries()) {
            kernels.pairCoefficients(coefficients, targets, at, 0, 1, 2, 1, slope, alpha, 1, isSwish);
            const [c0, c1] = slice(f32, coefficients, 2);
            const name = isSwish ? '−D · sigmoid(−D)' : 'softplus(−D)';
            expectSlope(`${name}, positive`, t => -loss(D(t, t1)), t0, c0, alpha * Math.abs(slope));
            expectSlope(`${name}, negative`, t => -loss(D(t0, t)), t1, c1, alpha * Math.abs(slope));
          }
        }
      }
    }
  });

  it('goodnessGradient', () => {
    const bench = open();
    for (const [rows, G, panelsPerGroup] of GROUPS) {
      bench.reset();
      const [S, P, first] = [rows + 3, G * panelsPerGroup, rows > 1 ? 1 : 0];
      const activity = bench.normals(P * S * 32);
      const coefficients = bench.normals(G * S);
      const targets = someTargets(bench, S);
      const counted = range(rows).filter(row => row >= first && bench.u32[(targets >> 2) + row] !== SKIP);
      bench.check({
        end: P,
        call: (k, begin, end) =>
          k.goodnessGradient(activity, coefficients, targets, begin, end, first, rows, S, panelsPerGroup),
        writes: (begin, end) => counted.flatMap(row => items(activity + row * 128, S * 128, 128)(begin, end)),
      });
      // One product, rounded once in both.
      bench.same();
    }
  });

  it('addGradients and shareTargets', () => {
    const bench = open();
    for (const M of [1, 2, 7, 33]) {
      bench.reset();
      const [P, positive, negative, shared] = [3, 1, 2 * M + 1, 3 * M + 1];
      const S = 4 * M + 2;
      const activity = bench.normals(P * S * 32);
      const targets = someTargets(bench, S);
      const isOn = (row: number) => bench.u32[(targets >> 2) + row] !== SKIP;
      const counted = range(M).filter(row => isOn(positive + row) || isOn(negative + row));
      bench.check({
        end: P,
        call: (k, begin, end) =>
          k.addGradients(activity, targets, begin, end, M, S, positive, negative, shared),
        writes: (begin, end) =>
          counted.flatMap(row => items(activity + (shared + row) * 128, S * 128, 128)(begin, end)),
      });
      bench.close('sums', activity, P * S * 32, 1);
      bench.check({
        end: M,
        call: (k, begin, end) => k.shareTargets(targets, begin, end, positive, negative, shared),
        writes: items(targets + shared * 4, 4),
      });
      for (const row of range(M)) {
        const expected = counted.includes(row) ? shared + row : SKIP;
        expect(bench.u32[(targets >> 2) + shared + row]).toBe(expected);
        expect(bench.plain.u32[(targets >> 2) + shared + row]).toBe(expected);
      }
    }
  });

  it('updateMeans and peerGradient', () => {
    const bench = open();
    for (const M of [1, 3, 33, 100]) {
      for (const units of [1, 31, 32, 33, 100]) {
        bench.reset();
        const [P, S] = [Math.ceil(units / 32), M + 2];
        const activity = bench.panels(units, S);
        const means = bench.panels(units, 1);
        const sums = bench.take(P);
        bench.check({
          end: P,
          call: (k, begin, end) => k.updateMeans(means, sums, activity, begin, end, M, S, 0.9),
          writes: (begin, end) => [...items(means, 128)(begin, end), ...items(sums, 4)(begin, end)],
        });
        bench.close('means', means, P * 32, sumError(M + 1));
        // 32 means, each as far off as its own sum.
        bench.close('sums', sums, P, sumError(M + 1) + sumError(32));
        bench.padding('means', means, units, 1, 1);
        bench.check({
          end: P,
          call: (k, begin, end) =>
            k.peerGradient(activity, means, sums, begin, end, M, S, P, units, units, 0.03),
          writes: items(activity + M * 128, S * 128, 128),
        });
        const average = range(P).reduce((sum, p) => sum + Math.abs(bench.f32[(sums >> 2) + p]), 0) / units;
        for (const unit of range(units)) {
          const i = (activity >> 2) + ((unit >> 5) * S + M) * 32 + (unit & 31);
          const terms = 0.03 * (average + Math.abs(bench.f32[(means >> 2) + unit]));
          bench.within(`pull ${unit}`, i, sumError(P + 1) * EPSILON * terms);
        }
        bench.padding('pull', activity + M * 128, units, S, 1);
        // The last panel as a block of its own, with more padding: it is drawn to the mean of all.
        const last = P - 1;
        const real = Math.ceil((units - 32 * last) / 2);
        bench.check({
          end: 1,
          call: (k, begin, end) =>
            k.peerGradient(
              activity + last * S * 128,
              means + last * 128,
              sums,
              begin,
              end,
              M,
              S,
              P,
              units,
              real,
              0.03,
            ),
          writes: items(activity + (last * S + M) * 128, S * 128, 128),
        });
        for (const unit of range(real)) {
          const i = (activity >> 2) + (last * S + M) * 32 + unit;
          const terms = 0.03 * (average + Math.abs(bench.f32[(means >> 2) + last * 32 + unit]));
          bench.within(`pull ${unit} of the block`, i, sumError(P + 1) * EPSILON * terms);
        }
        bench.padding('pull of the block', activity + (last * S + M) * 128, real, S, 1);
      }
    }
  });

  it('means that decay to zero are never denormal', () => {
    const bench = open();
    const means = bench.normals(32);
    const sums = bench.take(1);
    const activity = bench.zeros(32);
    for (let time = 0; time < 1000; time++) {
      bench.kernels.updateMeans(means, sums, activity, 0, 1, 1, 1, 0.9);
      const isDenormal = (x: number) => x !== 0 && Math.abs(x) < 2 ** -126;
      expect(slice(bench.f32, means, 32).some(isDenormal)).toBe(false);
    }
    expect(slice(bench.f32, means, 32).every(x => x === 0)).toBe(true);
  });

  it('normalizeRows', () => {
    const bench = open();
    for (const M of [1, 2, 5, 33]) {
      for (const units of [1, 3, 5, 31, 32, 33, 64, 100]) {
        for (const share of [0, 0.1, 0.5, 1]) {
          about(JSON.stringify({ M, units, share }), () => normalize(bench, M, units, share));
        }
      }
    }
  });

  it('a row that is off throughout has no entries, and a row of one unit has length 1', () => {
    const bench = open();
    const [units, S] = [4, 3];
    const activity = bench.zeros(S * 32);
    const goodness = bench.zeros(S);
    bench.f32[(activity >> 2) + 32 + 2] = 3;
    bench.f32[(goodness >> 2) + 1] = 9;
    const rows = bench.take(2 * S);
    const entries = bench.take(S * 64);
    bench.kernels.normalizeRows(rows, entries, activity, goodness, 0, S, S, 1, units);
    expect(slice(bench.u32, rows, 6)).toEqual([0, 0, 0, 8, 8, 8]);
    expect(bench.u32[entries >> 2]).toBe(2 * 128);
    // 3 / √(9 / 4): the root of the mean of squares is 1.
    expect(bench.f32[(entries >> 2) + 1]).toBe(2);
  });

  it.each([
    ['as it is', 0],
    ['squared', 1],
  ])('compressRows keeps what is on %s', (_, isSquared) => {
    const bench = open();
    for (const M of [1, 2, 33]) {
      for (const units of [1, 31, 32, 33, 100]) {
        bench.reset();
        const [P, S] = [Math.ceil(units / 32), M + 2];
        const activity = bench.panels(units, S);
        for (let i = activity >> 2; i < (activity >> 2) + P * S * 32; i++) {
          bench.f32[i] = Math.max(0, bench.f32[i]);
        }
        const rows = bench.take(2 * M);
        const entries = bench.take(M * P * 64);
        bench.check({
          end: 1,
          call: k => k.compressRows(rows, entries, activity, 0, M, S, P, isSquared),
          writes: () => [...items(rows, 8)(0, M), ...items(entries, P * 256)(0, M)],
        });
        expect(slice(bench.u32, rows, 2 * M)).toEqual(slice(bench.plain.u32, rows, 2 * M));
        for (const row of range(M)) {
          const [first, last] = [0, 1].map(i => bench.u32[(rows >> 2) + 2 * row + i]);
          const value = (unit: number) =>
            bench.f32[(activity >> 2) + ((unit >> 5) * S + row) * 32 + (unit & 31)];
          const expected = range(units).filter(unit => value(unit) > 0);
          expect(range((last - first) / 8).map(i => bench.u32[(entries + first + 8 * i) >> 2] / 128)).toEqual(
            expected,
          );
          for (const [i, unit] of expected.entries()) {
            const at = ((entries + first) >> 2) + 2 * i + 1;
            const kept = isSquared ? Math.fround(value(unit) ** 2) : value(unit);
            expect([bench.f32[at], bench.plain.f32[at]]).toEqual([kept, kept]);
          }
        }
      }
    }
  });

  it('softmaxRows and softmaxGradient', () => {
    const bench = open();
    for (const rows of [1, 5, 33]) {
      for (const C of [1, 2, 10, 32, 33, 64, 100]) {
        for (const L of [1, 3]) {
          for (const size of [1, 1e4])
            about(JSON.stringify({ rows, C, L, size }), () => softmax(bench, rows, C, L, size));
        }
      }
    }
  });
});

function normalize(bench: Bench, M: number, units: number, share: number): void {
  bench.reset();
  const P = Math.ceil(units / 32);
  const S = M + 2;
  const activity = bench.panels(units, S);
  const goodness = bench.take(P * S);
  for (let panel = 0; panel < P; panel++) {
    for (let row = 0; row < S; row++) {
      let sum = 0;
      for (let i = (activity >> 2) + (panel * S + row) * 32, end = i + 32; i < end; i++) {
        bench.f32[i] = bench.noise.next() < share ? Math.abs(bench.f32[i]) : 0;
        sum += bench.f32[i] ** 2;
      }
      bench.f32[(goodness >> 2) + panel * S + row] = sum;
    }
  }
  const rows = bench.take(2 * M);
  const entries = bench.take(M * P * 64);
  const call = (k: Bench['kernels'], begin: number, end: number) =>
    k.normalizeRows(rows, entries, activity, goodness, begin, end, S, P, units);
  // A part packs its rows from a place of its own, so parts are checked one at a time.
  const cuts = [...new Set([0, M >> 1, M])];
  const read = (words: Uint32Array, row: number) => {
    const [first, last] = [0, 1].map(i => words[(rows >> 2) + 2 * row + i]);
    return slice(words, entries + first, (last - first) >> 2);
  };
  const parts: number[][] = [];
  for (const [part, end] of cuts.slice(1).entries()) {
    const begin = cuts[part];
    bench.check({
      end: 1,
      call: k => call(k, begin, end),
      writes: () => [...items(rows, 8)(begin, end), ...items(entries, P * 256)(begin, end)],
    });
    for (let row = begin; row < end; row++) parts.push(read(bench.u32, row));
  }
  bench.check({
    end: 1,
    call: k => call(k, 0, M),
    writes: () => [...items(rows, 8)(0, M), ...items(entries, P * 256)(0, M)],
  });
  expect(slice(bench.u32, rows, 2 * M)).toEqual(slice(bench.plain.u32, rows, 2 * M));
  for (let row = 0; row < M; row++) {
    expect(read(bench.u32, row)).toEqual(parts[row]);
    const [first, last] = [0, 1].map(i => (entries + bench.u32[(rows >> 2) + 2 * row + i]) >> 2);
    for (let i = first; i < last; i += 2) {
      expect(bench.u32[i]).toBe(bench.plain.u32[i]);
      // P terms that are all positive, halved by the root, and four more roundings.
      bench.within(`row ${row}`, i + 1, (sumError(P) / 2 + 2) * EPSILON * bench.plain.f32[i + 1]);
    }
  }
}

function softmax(bench: Bench, rows: number, C: number, L: number, size: number): void {
  bench.reset();
  const S = rows + 2;
  const P = Math.ceil(C / 32);
  const cell = (panel: number, row: number, c: number) => ((panel + (c >> 5)) * S + row) * 32 + (c & 31);
  const logits = bench.normals(L * P * S * 32);
  for (let i = logits >> 2; i < (logits >> 2) + L * P * S * 32; i++) bench.f32[i] *= size;
  const probabilities = bench.take(rows * C);
  bench.check({
    end: rows,
    call: (k, begin, end) => k.softmaxRows(probabilities, logits, begin, end, S, L, C),
    writes: items(probabilities, C * 4),
  });
  for (let row = 0; row < rows; row++) {
    // A logit that is off by e makes its power off by the share e, and so does the largest.
    const terms = range(C).map(c =>
      range(L).reduce((sum, l) => sum + Math.abs(bench.f32[(logits >> 2) + cell(l * P, row, c)]), 0),
    );
    const logitError = L > 1 ? sumError(L) * EPSILON * Math.max(...terms) : 0;
    let sum = 0;
    for (let i = (probabilities >> 2) + row * C, end = i + C; i < end; i++) {
      const p = bench.f32[i];
      expect(p >= 0 && p <= 1).toBe(true);
      sum += p;
      // Two roundings of half EPSILON in the kernel, one in the twin; below 2^-126 they are absolute.
      const relative = 2 * EPSILON + Math.expm1(2 * logitError);
      bench.within(`p[${row}]`, i, relative * Math.max(p, bench.plain.f32[i]) + 2 ** -148);
    }
    expect(Math.abs(sum - 1)).toBeLessThan(sumError(C) * EPSILON);
  }

  const labels = bench.words(range(rows).map(() => bench.noise.below(C)));
  const gradient = bench.take(P * S * 32);
  bench.check({
    end: rows,
    call: (k, begin, end) => k.softmaxGradient(gradient, probabilities, labels, begin, end, S, C),
    writes: (begin, end) =>
      range(P).flatMap(p => items(gradient + p * S * 128, 128, Math.min(32, C - 32 * p) * 4)(begin, end)),
  });
  // One subtraction, rounded once in both.
  bench.same();
  for (let row = 0; row < rows; row++) {
    const label = bench.u32[(labels >> 2) + row];
    const at = (gradient >> 2) + cell(0, row, label);
    expect(bench.f32[at]).toBe(Math.fround(1 - bench.f32[(probabilities >> 2) + row * C + label]));
  }
}
