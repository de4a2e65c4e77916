// Where the units of a grid are among the inputs of the layer above.

import { expect, test } from 'vitest';
import { inputOrder, unitGrid } from '../../src/layers/grid.ts';

test('3 units at each of 32 × 32 positions are 27 in a panel', () => {
  const units = unitGrid(32, 32, 3);
  expect(units).toMatchObject({ units: 3072, panels: 121, inputs: 121 * 32 });
  expect(units.blocks.filter(({ height, width }) => height * width === 9)).toHaveLength(100);
  const numbers = new Set<number>();
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 32; x++) for (let c = 0; c < 3; c++) numbers.add(units.index(y, x, c));
  }
  expect(numbers.size).toBe(3072);
  expect(Math.max(...numbers)).toBeLessThan(units.inputs);
});

test.each([
  [1, 1, 500],
  // One position on its own is its own last panel.
  [1, 1, 9],
  [4, 4, 128],
])('the inputs of %i × %i × %i have no gaps', (height, width, channels) => {
  expect(inputOrder({ height, width, channels })).toBeUndefined();
});

test.each([
  // Blocks of 3 × 3 positions of 3 units fill 27 of 32.
  [6, 6, 3, '0–27 32–59 64–91 96–123'],
  // Those at the right and lower edges are smaller.
  [4, 5, 3, '0–27 32–50 64–73 96–102'],
  // Every position has a panel.
  [2, 2, 9, '0–9 32–41 64–73 96–105'],
  // Or several.
  [1, 3, 40, '0–40 64–104 128–168'],
])('the inputs of %i × %i × %i are those of %s, ascending', (height, width, channels, spans) => {
  const expected = spans.split(' ').flatMap(span => {
    const [begin, end] = span.split('–').map(Number);
    return Array.from({ length: end - begin }, (_, i) => begin + i);
  });
  expect(Array.from(inputOrder({ height, width, channels })!)).toEqual(expected);
});
