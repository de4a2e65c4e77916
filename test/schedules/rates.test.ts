import { expect, it } from 'vitest';
import { gain, phaseAt } from '../../src/schedules/rates.ts';

it("is the schedule of Hinton's code where rates are held for half of the epochs", () => {
  for (const epochs of [1, 2, 7, 100, 125]) {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const theirs = epoch <= epochs / 2 ? 1 : (1 + 2 * (epochs - epoch)) / epochs;
      expect(gain(epoch, epochs, 0.5)).toBeCloseTo(theirs, 12);
    }
  }
});

it('falls all the way, or not at all, at the ends of its range', () => {
  expect(gain(50, 100, 1)).toBe(1);
  expect(gain(100, 100, 1)).toBe(1);
  expect(gain(1, 100, 0)).toBeCloseTo(0.995, 12);
  expect(gain(100, 100, 0)).toBeCloseTo(0.005, 12);
});

it('falls along a cosine to where it is to end, whatever was held before', () => {
  // As PyTorch's CosineAnnealingLR has it, epoch by epoch.
  const theirs = [1, 0.9397, 0.775, 0.55, 0.325, 0.1603];
  theirs.forEach((value, i) => {
    expect(gain(i + 1, 6, 0, 0.1)).toBeCloseTo(value, 4);
  });
  expect(gain(1, 4, 0.4, 0)).toBe(1);
  expect(gain(2, 4, 0.4, 0)).toBe(1);
  expect(gain(3, 4, 0.5, 0)).toBe(1);
  expect(gain(4, 4, 0.5, 0)).toBeCloseTo(0.5, 12);
  expect(gain(7, 7, 1, 0.3)).toBe(1);
});

it('begins awake, and sleeps for as long', () => {
  const turns = (phases: number) =>
    Array.from({ length: 7 }, (_, i) => {
      const { positive, negative } = phaseAt(phases, i + 1);
      expect(positive).toBe(!negative);
      return positive ? '+' : '-';
    }).join('');
  expect([1, 2, 3].map(turns)).toEqual(['+-+-+-+', '++--++-', '+++---+']);
  expect(phaseAt(undefined, 5)).toEqual({ positive: true, negative: true });
});
