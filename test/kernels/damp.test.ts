// The kernel of damped states: what it keeps, what it passes on to the weights.

import { expect, it } from 'vitest';
import { EPSILON, eachBuild, items, sumError } from '../support/memory.ts';

eachBuild((open, isFull) => {
  it('dampStates', () => {
    const bench = open();
    for (const M of isFull ? [1, 2, 7, 33] : [3]) {
      for (const units of [1, 32, 45, 96]) {
        for (const damping of [0, 0.3, 0.9]) {
          bench.reset();
          const [P, S] = [Math.ceil(units / 32), M + 2];
          const [states, activity] = [bench.panels(units, S), bench.panels(units, S)];
          const goodness = bench.take(P * S);
          const before = Float32Array.from(bench.f32.subarray(0, (goodness >> 2) + P * S));
          bench.check({
            end: P,
            call: (k, begin, end) => k.dampStates(states, goodness, activity, begin, end, M, S, damping),
            writes: (begin, end) =>
              Array.from({ length: end - begin }, (_, i) => begin + i).flatMap(panel => [
                ...items(states + panel * S * 128, 128)(0, M),
                ...items(activity + panel * S * 128, 128)(0, M),
                ...items(goodness + panel * S * 4, 4)(0, M),
              ]),
          });
          const kept = Math.fround(damping);
          for (let panel = 0; panel < P; panel++) {
            for (let row = 0; row < M; row++) {
              const sum = (goodness >> 2) + panel * S + row;
              let squares = 0;
              for (let lane = 0; lane < 32; lane++) {
                const i = ((panel * S + row) << 5) + lane;
                const [s, y] = [(states >> 2) + i, (activity >> 2) + i];
                const terms = kept * Math.abs(before[s]) + (1 - kept) * Math.abs(before[y]);
                bench.within(`state ${i}`, s, 2 * EPSILON * terms);
                bench.within(`gradient ${i}`, y, 3 * EPSILON * terms);
                if (before[y] <= 0) expect(bench.f32[y]).toBe(0);
                squares += terms * terms;
              }
              bench.within(`goodness ${panel} ${row}`, sum, 2 * sumError(32) * EPSILON * squares);
            }
          }
        }
      }
    }
  });

  it('the states do not change where damping finds what it has', () => {
    const bench = open();
    const [states, activity] = [
      bench.floats(new Array(32).fill(0.75)),
      bench.floats(new Array(32).fill(0.75)),
    ];
    const goodness = bench.take(1);
    bench.kernels.dampStates(states, goodness, activity, 0, 1, 1, 1, 0.25);
    expect([...bench.f32.subarray(states >> 2, (states >> 2) + 32)]).toEqual(new Array(32).fill(0.75));
    expect([...bench.f32.subarray(activity >> 2, (activity >> 2) + 32)]).toEqual(new Array(32).fill(0.5625));
    expect(bench.f32[goodness >> 2]).toBe(32 * 0.5625);
  });
});
