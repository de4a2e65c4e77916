// Columns that rise and fall together, told apart.

import { expect, it } from 'vitest';
import { fitDecorrelation } from '../../../src/data/tables/decorrelation.ts';
import { generator } from '../../support/data.ts';

it('decorrelates to unit variance where there are rows enough, and hardly where there are few', () => {
  const random = generator(7);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const make = (count: number) => {
    const values = new Float64Array(count * 3);
    for (let i = 0; i < count; i++) {
      const [a, b, c] = [normal(), normal(), normal()];
      values.set([a, 0.8 * a + 0.6 * b, 0.6 * a - 0.6 * b + Math.sqrt(0.28) * c], 3 * i);
    }
    return values;
  };
  const values = make(20_000);
  const weights = fitDecorrelation(values, 20_000, 3);
  const product = (i: number, j: number) => {
    let sum = 0;
    for (let row = 0; row < 20_000; row++) {
      const at = (k: number) =>
        weights[k].reduce((total, weight, l) => total + weight * values[3 * row + l], 0);
      sum += at(i) * at(j);
    }
    return sum / 20_000;
  };
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j <= i; j++) expect(Math.abs(product(i, j) - Number(i === j))).toBeLessThan(0.02);
  }
  const few = fitDecorrelation(make(5), 5, 3);
  expect(Math.abs(few[1][0])).toBeLessThan(Math.abs(weights[1][0]));
});
