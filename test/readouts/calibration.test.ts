// How sure a network may be: the temperature, and how far confidence and right answers are apart.

import { expect, it } from 'vitest';
import { calibrated, fitCalibration, logLoss, reliability } from '../../src/readouts/calibration.ts';
import { generator } from '../support/data.ts';

it('fits the temperature of the least log loss', () => {
  const random = generator(5);
  const count = 4000;
  const scores = Float32Array.from({ length: count * 3 }, () => 40 * random());
  const labels = new Uint8Array(count);
  // Labels drawn from a softmax at temperature 8.
  const truth = calibrated(scores, 3, { temperature: 8 });
  for (let i = 0; i < count; i++) {
    const at = random();
    labels[i] = at < truth[3 * i] ? 0 : at < truth[3 * i] + truth[3 * i + 1] ? 1 : 2;
  }
  const { temperature } = fitCalibration(scores, labels, 3);
  expect(temperature).toBeGreaterThan(7);
  expect(temperature).toBeLessThan(9);
  const loss = (t: number) => logLoss(scores, labels, 3, { temperature: t });
  expect(loss(temperature)).toBeLessThan(loss(4));
  expect(loss(temperature)).toBeLessThan(loss(16));
  expect(reliability(truth, labels, 3).calibrationError).toBeLessThan(0.03);
  expect(reliability(calibrated(scores, 3, { temperature: 1 }), labels, 3).calibrationError).toBeGreaterThan(
    0.1,
  );
});
