import { expect, it } from 'vitest';
import { hardWrongLabel, uniformWrongLabel } from '../../src/negatives/labels.ts';

const COUNT = 10_000;
const evenly = Array.from({ length: COUNT }, (_, i) => (i + 0.5) / COUNT);

function shares(choose: (random: number) => number, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const random of evenly) counts[choose(random)]++;
  return counts.map(count => count / COUNT);
}

it.each([0, 2, 4])('uniform: every wrong label alike, never the right one, %i', label => {
  const found = shares(random => uniformWrongLabel(label, 5, random), 5);
  found.forEach((share, c) => {
    expect(share).toBeCloseTo(c === label ? 0 : 0.25, 3);
  });
});

it('hard: wrong labels in proportion to what the readout believes of them', () => {
  const probabilities = new Float32Array([9, 9, 9, 9, 0.6, 0.1, 0.3, 0]);
  const found = shares(random => hardWrongLabel(0, 4, random, probabilities, 1), 4);
  [0, 0.25, 0.75, 0].forEach((share, c) => {
    expect(found[c]).toBeCloseTo(share, 3);
  });
});

it('hard: uniform where the readout believes nothing else than the right label', () => {
  const found = shares(random => hardWrongLabel(3, 4, random, new Float32Array([0, 0, 0, 1]), 0), 4);
  expect(found[3]).toBe(0);
  for (const share of found.slice(0, 3)) expect(share).toBeCloseTo(1 / 3, 3);
});
