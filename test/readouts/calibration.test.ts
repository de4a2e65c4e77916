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

it('fits a temperature of many examples of many classes on some of them, about the same', () => {
  const [count, classes] = [4096, 1024];
  const random = generator(21);
  const scores = Float32Array.from({ length: count * classes }, () => random());
  const labels = new Uint16Array(count);
  // Right nine times of ten, whatever the place.
  for (let i = 0; i < count; i++) {
    labels[i] = (i * 7) % classes;
    scores[i * classes + (random() < 0.9 ? labels[i] : (i * 11) % classes)] = 3;
  }
  const { temperature } = fitCalibration(scores, labels, classes);
  const at = (factor: number) => logLoss(scores, labels, classes, { temperature: temperature * factor });
  expect(at(1)).toBeLessThan(Math.min(at(0.9), at(1.1)));
});
