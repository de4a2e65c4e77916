// Hybrids of a dataset: of two different images, the same for any threads and batches, and the mask is what mixes them.

import { describe, expect, it, test } from 'vitest';
import type { Dataset } from '../../src/data/dataset.ts';
import { bindKernels } from '../../src/kernels/kernels.ts';
import { HybridImages, otherExample, planHybrids } from '../../src/negatives/hybrids.ts';
import { detected, readBuild } from '../support/memory.ts';

test('the other example is any but the own', () => {
  const found = Array.from({ length: 400 }, (_, i) => otherExample(2, 5, (i + 0.5) / 400));
  expect([0, 1, 2, 3, 4].map(e => found.filter(other => other === e).length)).toEqual([
    100, 100, 0, 100, 100,
  ]);
  expect(otherExample(0, 2, 0.999)).toBe(1);
  expect(otherExample(1, 2, 0)).toBe(0);
});

/** `count` images whose every value tells the example and the place. */
function numbered(count: number, shape: readonly [number, number, number?]): Dataset {
  const width = shape[0] * shape[1] * (shape[2] ?? 1);
  return {
    name: 'numbered',
    count,
    width,
    classes: 2,
    shape,
    inputs: Float32Array.from({ length: count * width }, (_, i) => 1 + i),
    labels: new Uint8Array(count),
  };
}

describe.skipIf(!detected)('hybrids', () => {
  const module = new WebAssembly.Module(readBuild(detected ?? 'simd'));
  const make = (batch: number, shape: readonly [number, number, number?], seed = 1) => {
    const plan = planHybrids(batch, shape);
    const memory = new WebAssembly.Memory({ initial: plan.pages });
    return new HybridImages(plan, bindKernels(module, memory), memory, { seed, masks: 5, partners: 6 });
  };

  it.each([[[28, 28]], [[5, 7, 3]]] as [readonly [number, number, number?]][])(
    'are mixed from their own image and one other, by the mask, %j',
    shape => {
      const dataset = numbered(9, shape);
      const channels = shape[2] ?? 1;
      const batch = 6;
      const made = make(batch, shape);
      const examples = Uint32Array.of(0, 8, 4, 4, 2, 1);
      made.mix(dataset, examples, 1000, 4, 0, batch);
      const partners = new Set<number>();
      for (let i = 0; i < batch; i++) {
        const others = new Set<number>();
        for (let k = 0; k < dataset.width; k++) {
          const value = made.hybrids[i * dataset.width + k] - 1;
          expect(value % dataset.width).toBe(k);
          const from = Math.floor(value / dataset.width);
          const isOwn = made.masks[Math.floor((i * dataset.width + k) / channels)] >= 0.5;
          expect(from === examples[i]).toBe(isOwn);
          if (!isOwn) others.add(from);
        }
        expect(others.size).toBe(1);
        partners.add([...others][0]);
      }
      expect(partners.size).toBeGreaterThan(1);
    },
  );

  it('do not depend on parts and batches, but on the number of the image and on the seed', () => {
    const dataset = numbered(50, [9, 10]);
    const examples = Uint32Array.from({ length: 8 }, (_, i) => 5 * i);
    const [whole, parts, late, other] = [
      make(8, [9, 10]),
      make(8, [9, 10]),
      make(8, [9, 10]),
      make(8, [9, 10], 2),
    ];
    whole.mix(dataset, examples, 100, 3, 0, 8);
    parts.mix(dataset, examples, 100, 3, 5, 8);
    parts.mix(dataset, examples, 100, 3, 0, 5);
    expect(parts.hybrids).toEqual(whole.hybrids);
    // Images 102 … as the first of a batch of their own.
    late.mix(dataset, examples.subarray(2), 102, 3, 0, 6);
    expect(late.hybrids.subarray(0, 6 * 90)).toEqual(whole.hybrids.subarray(2 * 90));
    other.mix(dataset, examples, 100, 3, 0, 8);
    expect(other.hybrids).not.toEqual(whole.hybrids);
  });

  it('of bytes are floats of what the bytes stand for', () => {
    const bytes = { ...numbered(2, [2, 2]), inputs: new Uint8Array(8).fill(255) };
    const made = make(2, [2, 2]);
    made.mix(bytes, Uint32Array.of(0, 1), 0, 1, 0, 2);
    expect([...made.hybrids]).toEqual(Array(8).fill(1));
  });

  it('refuse data that they were not planned for', () => {
    const made = make(2, [2, 2]);
    expect(() => made.mix(numbered(3, [2, 3]), Uint32Array.of(0, 1), 0, 1, 0, 2)).toThrow(
      'numbered has 6 inputs an example, hybrids were planned for 4',
    );
    expect(() => made.mix(numbered(1, [2, 2]), Uint32Array.of(0, 0), 0, 1, 0, 1)).toThrow(
      'a hybrid needs two',
    );
  });
});
