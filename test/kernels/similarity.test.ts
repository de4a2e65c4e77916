// How alike images of a batch are, over awkward shapes.

import { expect, it } from 'vitest';
import { about, type Bench, EPSILON, eachBuild, items, panelItems, sumError } from '../support/memory.ts';

interface Sizes {
  /** Images of a batch that has room for S, and inputs. */
  readonly M: number;
  readonly S: number;
  readonly K: number;
  readonly density: number;
}

const SIZES: readonly Sizes[] = [
  { M: 1, S: 1, K: 1, density: 1 },
  { M: 2, S: 5, K: 3, density: 0 },
  { M: 31, S: 33, K: 32, density: 0.3 },
  { M: 33, S: 40, K: 70, density: 0.6 },
  { M: 64, S: 64, K: 200, density: 0.1 },
  { M: 70, S: 100, K: 33, density: 1 },
];

function likeness(bench: Bench, { M, S, K, density }: Sizes): void {
  bench.reset();
  const P = Math.ceil(S / 32);
  const { rows, entries } = bench.rows(M, K, density);
  const columns = bench.zeros(P * (K + 1) * 32);
  const lengths = bench.take(M);
  bench.check({
    end: M,
    call: (k, begin, end) => k.writeColumns(columns, lengths, rows, entries, begin, end, K),
    writes: (begin, end) => [
      ...items(lengths, 4)(begin, end),
      ...Array.from({ length: end - begin }, (_, i) => begin + i).flatMap(image =>
        items(columns + ((image >> 5) * (K + 1) * 32 + (image & 31)) * 4, 128, 4)(0, K),
      ),
    ],
  });
  bench.close('lengths', lengths, M, sumError(K));
  // Columns are at most as long as 1, and come out of double precision.
  for (let i = 0; i < P * (K + 1) * 32; i++) bench.within(`columns[${i}]`, (columns >> 2) + i, EPSILON);

  const products = bench.take(P * S * 32);
  bench.kernels.sparseProduct(products, rows, entries, columns, 0, P, M, S, K, 1);
  // Of itself, an image is as long as it is.
  for (let image = 0; image < M; image++) {
    const own = bench.f32[(products >> 2) + ((image >> 5) * S + image) * 32 + (image & 31)];
    const length = bench.f32[(lengths >> 2) + image];
    expect(Math.abs(own - length)).toBeLessThanOrEqual(1e-5 * (1 + length));
  }
  const labels = bench.words(Array.from({ length: M }, () => bench.noise.below(3)));
  const gradient = bench.take(P * S * 32);
  bench.check({
    end: M,
    call: (k, begin, end) =>
      k.similarityGradient(gradient, products, lengths, labels, begin, end, M, P, S, 0.3, -0.5),
    writes: panelItems(gradient, P, S * 128, 128),
  });
  for (let image = 0; image < M; image++) {
    // A pull is at most twice the strength; that of an image on itself has the sum of all.
    const largest = (0.6 * sumError(M) * EPSILON) / (bench.f32[(lengths >> 2) + image] || 1);
    for (let other = 0; other < P * 32; other++) {
      const i = (gradient >> 2) + ((other >> 5) * S + image) * 32 + (other & 31);
      bench.within(`gradient of ${image} by ${other}`, i, (other === image ? M : 1) * largest);
    }
  }
}

eachBuild((open, isFull) => {
  it('likeness', { timeout: 60_000 }, () => {
    const bench = open();
    for (const sizes of isFull ? SIZES : [SIZES[3]])
      about(JSON.stringify(sizes), () => likeness(bench, sizes));
  });
});
