// What units make of images seen two at once, over awkward shapes; and the gradient against finite differences of the objective.

import { expect, it } from 'vitest';
import {
  about,
  type Bench,
  EPSILON,
  eachBuild,
  items,
  Noise,
  panelItems,
  sumError,
} from '../support/memory.ts';

interface Sizes {
  /** Images of a batch that has room for two more, positions and channels. */
  readonly M: number;
  readonly Q: number;
  readonly C: number;
}

const chance = new Noise();
const SIZES: readonly Sizes[] = [
  { M: 1, Q: 1, C: 1 },
  { M: 2, Q: 1, C: 33 },
  { M: 3, Q: 7, C: 9 },
  { M: 6, Q: 20, C: 64 },
  ...Array.from({ length: 8 }, () => ({
    M: 1 + chance.below(6),
    Q: 1 + chance.below(30),
    C: 1 + chance.below(90),
  })),
];
const [positive, negative, penalty] = [0.5, 1.5, 0.3];

function prepare(bench: Bench, { M, Q, C }: Sizes) {
  bench.reset();
  const [P, S] = [Math.ceil(C / 32), M + 2];
  return {
    ...{ P, S },
    activity: bench.panels(C, S * Q),
    slopes: bench.take(2 * S * Q),
    totals: bench.take(S),
    mixtures: bench.take(S),
    gradient: bench.take(P * S * Q * 32),
  };
}

function likeTwin(bench: Bench, sizes: Sizes): void {
  const { M, Q, C } = sizes;
  const { P, S, activity, slopes, totals, mixtures, gradient } = prepare(bench, sizes);
  bench.check({
    end: M,
    call: (k, begin, end) =>
      k.mixtureSlopes(
        ...([
          slopes,
          totals,
          mixtures,
          activity,
          begin,
          end,
          M,
          P,
          Q,
          S,
          C,
          positive,
          negative,
          penalty,
        ] as const),
      ),
    writes: (begin, end) =>
      [slopes, totals, mixtures].flatMap(at => items(at, at === slopes ? 8 * Q : 4)(begin, end)),
  });
  // A slope is at most 1 + penalty, and the goodness that it follows from moves it by less than itself.
  for (let i = 0; i < 2 * M * Q; i++) bench.within(`slopes[${i}]`, (slopes >> 2) + i, sumError(C) * EPSILON);
  bench.close('totals', totals, M, sumError(C * Q));
  bench.close('mixtures', mixtures, M, sumError(C * Q));
  bench.check({
    end: M,
    call: (k, begin, end) => k.mixtureGradient(gradient, slopes, activity, begin, end, M, P, Q, S, C),
    writes: panelItems(gradient, P, S * Q * 128, Q * 128),
  });
  // Three products of a slope and a sum of two activities, which are below 6.
  const largest = (2 / C) * (1 + penalty) * 48;
  bench.panelsWithin('gradient', gradient, P, S * Q, M * Q, largest * sumError(4) * EPSILON);
  bench.padding('gradient', gradient, C, S * Q, M * Q);
}

/** The objective as it was published, of activities (M, Q, C). */
function objective(u: number[][][]): number {
  const softplus = (x: number) => Math.log1p(Math.exp(x));
  let sum = 0;
  u.forEach((image, i) => {
    const other = u[(i + 1) % u.length];
    const goodness = (second: number[][]) =>
      image.map(
        (units, q) => units.reduce((all, x, c) => all + Math.max(0, x + second[q][c]) ** 2, 0) / units.length,
      );
    const [twice, mixed] = [goodness(image), goodness(other)];
    const mean = (values: number[]) => values.reduce((all, x) => all + x, 0) / values.length;
    sum -= mean(twice.map(g => softplus(positive - g))) + mean(mixed.map(g => softplus(g - negative)));
    sum -= penalty * Math.hypot(...twice);
  });
  return sum;
}

function likeDifferences(bench: Bench, sizes: Sizes): void {
  const { M, Q, C } = sizes;
  const { P, S, activity, slopes, totals, mixtures, gradient } = prepare(bench, sizes);
  const { kernels: k, f32 } = bench;
  const at = (units: number, i: number, q: number, c: number) =>
    (units >> 2) + (((c >> 5) * S + i) * Q + q) * 32 + (c & 31);
  k.mixtureSlopes(slopes, totals, mixtures, activity, 0, M, M, P, Q, S, C, positive, negative, penalty);
  k.mixtureGradient(gradient, slopes, activity, 0, M, M, P, Q, S, C);
  const range = (length: number) => Array.from({ length }, (_, i) => i);
  const u = range(M).map(i => range(Q).map(q => range(C).map(c => f32[at(activity, i, q, c)])));
  for (let turn = 0; turn < 40; turn++) {
    const [i, q, c] = [M, Q, C].map(count => bench.noise.below(count));
    const units = u[i][q];
    const [kept, step] = [units[c], 1e-5];
    const [more, less] = [step, -step].map(by => {
      units[c] = kept + by;
      return objective(u);
    });
    units[c] = kept;
    const expected = (more - less) / (2 * step);
    const found = f32[at(gradient, i, q, c)];
    // A kink of a square has no jump in its slope: a difference is off by at most the step.
    expect(Math.abs(found - expected), `${i}, ${q}, ${c}`).toBeLessThan(1e-5 + 1e-4 * Math.abs(expected));
  }
}

eachBuild((open, isFull) => {
  const all = isFull ? SIZES : [SIZES[3]];
  const each = (what: (bench: Bench, sizes: Sizes) => void) => () => {
    const bench = open();
    for (const sizes of all) about(JSON.stringify(sizes), () => what(bench, sizes));
  };
  it('mixtureSlopes and mixtureGradient', each(likeTwin));
  it('climb what was published', each(likeDifferences));
});
