// The input of the first layer: shifts and mirrors move pixels whole, with all their channels, and lose what leaves the image.

import { expect, it } from 'vitest';
import type { Dataset } from '../../src/data/dataset.ts';
import { bindKernels } from '../../src/kernels/kernels.ts';
import { DenseLayer } from '../../src/layers/dense/dense-layer.ts';
import { planDense } from '../../src/layers/dense/plan.ts';
import { InputRows } from '../../src/layers/input-rows.ts';
import { detected, readBuild } from '../support/memory.ts';
import { siteOf } from '../support/site.ts';

it.skipIf(!detected).each([1, 3])('a shifted and mirrored image of %i channels', channels => {
  const [height, width] = [4, 5];
  const inputs = height * width * channels;
  const below = { height, width, channels, isImage: true };
  const plan = planDense({ units: 32 }, siteOf({ below, batch: 1, rows: 3, labels: 2 }));
  const memory = new WebAssembly.Memory({ initial: plan.pages });
  const build = detected!;
  const kernels = bindKernels(new WebAssembly.Module(readBuild(build)), memory);
  const layer = new DenseLayer(plan, kernels, memory, build);
  const input = new InputRows(layer, { kind: 'first', strength: 1, classes: 2 });
  const dataset: Dataset = {
    name: 'numbers',
    count: 2,
    width: inputs,
    classes: 2,
    shape: [height, width, channels],
    inputs: Float32Array.from({ length: 2 * inputs }, (_, i) => 1 + i),
    labels: new Uint8Array(2),
  };
  for (const right of [-6, -2, 0, 1, 5]) {
    for (const [down, isMirrored] of [-4, -1, 0, 2].flatMap(rows => [
      [rows, false] as const,
      [rows, true] as const,
    ])) {
      input.writeImage(0, dataset, 1, { right, down, isMirrored });
      const expected = new Map<number, number>();
      let squares = 1;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const [fromY, movedX] = [y - down, x - right];
          const fromX = isMirrored ? width - 1 - movedX : movedX;
          if (fromY < 0 || fromX < 0 || fromY >= height || fromX >= width) continue;
          for (let c = 0; c < channels; c++) {
            const k = (y * width + x) * channels + c;
            // The first two inputs are the label's.
            if (k < 2) continue;
            const value = dataset.inputs[inputs + (fromY * width + fromX) * channels + c];
            expected.set(k, value);
            squares += value ** 2;
          }
        }
      }
      const [begin, end] = [0, 1].map(i => layer.u32[(plan.at.inputRows >>> 2) + i]);
      const found = new Map<number, number>();
      for (let at = (plan.at.inputEntries + begin) >>> 2; at < (plan.at.inputEntries + end) >>> 2; at += 2) {
        found.set(layer.u32[at] / 128, layer.f32[at + 1]);
      }
      expect([...found.keys()]).toEqual([...expected.keys()]);
      const length = Math.sqrt(squares / inputs);
      for (const [k, value] of expected) expect(found.get(k)! / (value / length)).toBeCloseTo(1, 6);
    }
  }
});
