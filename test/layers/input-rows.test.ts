// The input of the first layer: shifts and mirrors move pixels whole, with all their channels, and lose what leaves the image; a part of it
// grows between its pixels, and colours change about the mean.

import { expect, it } from 'vitest';
import type { Dataset } from '../../src/data/dataset.ts';
import { AlteredImage } from '../../src/data/images/altered-image.ts';
import { LocalContrast } from '../../src/data/images/local-contrast.ts';
import { bindKernels } from '../../src/kernels/kernels.ts';
import { ConvLayer } from '../../src/layers/conv/conv-layer.ts';
import { planConv } from '../../src/layers/conv/plan.ts';
import { DenseLayer } from '../../src/layers/dense/dense-layer.ts';
import { planDense } from '../../src/layers/dense/plan.ts';
import { InputRows, STILL } from '../../src/layers/input-rows.ts';
import type { Layer } from '../../src/layers/layer.ts';
import { detected, readBuild } from '../support/memory.ts';
import { siteOf } from '../support/site.ts';

const [height, width] = [4, 5];

function layerOf(channels: number, labels: number): DenseLayer {
  const below = { height, width, channels, isImage: true };
  const plan = planDense({ units: 32 }, siteOf({ below, batch: 1, rows: 3, labels }));
  const memory = new WebAssembly.Memory({ initial: plan.pages });
  const kernels = bindKernels(new WebAssembly.Module(readBuild(detected!)), memory);
  return new DenseLayer(plan, kernels, memory);
}

function numbersOf(channels: number, inputs: Dataset['inputs']): Dataset {
  const size = height * width * channels;
  const shape = [height, width, channels] as const;
  const count = inputs.length / size;
  return { name: 'numbers', count, width: size, classes: 2, shape, inputs, labels: new Uint8Array(count) };
}

/** What is not zero of the first input row. */
function entriesOf({ plan, u32, f32 }: Layer): Map<number, number> {
  const [begin, end] = [0, 1].map(i => u32[(plan.at.inputRows >>> 2) + i]);
  const found = new Map<number, number>();
  for (let at = (plan.at.inputEntries + begin) >>> 2; at < (plan.at.inputEntries + end) >>> 2; at += 2) {
    found.set(u32[at] / 128, f32[at + 1]);
  }
  return found;
}

it.skipIf(!detected).each([1, 3])('a shifted and mirrored image of %i channels', channels => {
  const inputs = height * width * channels;
  const layer = layerOf(channels, 2);
  const input = new InputRows(layer, { kind: 'first', strength: 1, classes: 2 });
  const dataset = numbersOf(
    channels,
    Float32Array.from({ length: 2 * inputs }, (_, i) => 1 + i),
  );
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
      const found = entriesOf(layer);
      expect([...found.keys()]).toEqual([...expected.keys()]);
      const length = Math.sqrt(squares / inputs);
      for (const [k, value] of expected) expect(found.get(k)! / (value / length)).toBeCloseTo(1, 6);
    }
  }
});

it.skipIf(!detected).each([
  [1, new Float32Array(20)],
  [3, new Uint8Array(60)],
])('a part of an image of %i channels, in other colours', (channels, values) => {
  const inputs = height * width * channels;
  const layer = layerOf(channels, 0);
  const means = [0.3, 0.2, 0.1].slice(0, channels);
  const input = new InputRows(layer, undefined, means);
  const dataset = numbersOf(
    channels,
    (values instanceof Uint8Array ? new Uint8Array(2 * inputs) : new Float32Array(2 * inputs)).map(
      (_, i) => (i * 37) % 101,
    ),
  );
  const unit = values instanceof Uint8Array ? 1 / 255 : 1;
  const pixel = (y: number, x: number, c: number) =>
    unit * dataset.inputs[inputs + (y * width + x) * channels + c];
  const within = (place: number, length: number) => Math.min(Math.max(place, 0), length - 1);
  const between = (y: number, x: number, c: number) => {
    const [atY, atX] = [within(y, height), within(x, width)];
    let sum = 0;
    for (let py = 0; py < height; py++) {
      for (let px = 0; px < width; px++) {
        sum += Math.max(0, 1 - Math.abs(atY - py)) * Math.max(0, 1 - Math.abs(atX - px)) * pixel(py, px, c);
      }
    }
    return sum;
  };
  const image = new AlteredImage([height, width, channels]);
  for (const { right, down, isMirrored, ...alteration } of [
    { right: 0, down: 0, isMirrored: false, side: 0.5, top: 0, left: 1, brightness: 0, contrast: 1, gain: 1 },
    {
      right: 1,
      down: -1,
      isMirrored: true,
      side: 0.7,
      top: 0.4,
      left: 0.3,
      brightness: 0,
      contrast: 1,
      gain: 1,
    },
    {
      right: 0,
      down: 2,
      isMirrored: true,
      side: 1,
      top: 0,
      left: 0,
      brightness: 0.2,
      contrast: 0.6,
      gain: 1.2,
    },
    {
      right: 0,
      down: 0,
      isMirrored: false,
      side: 0.9,
      top: 1,
      left: 1,
      brightness: -0.1,
      contrast: 1.3,
      gain: 0.8,
    },
  ]) {
    const { side, top, left, brightness, contrast, gain } = alteration;
    const gains = [gain, 1, 1 / gain].slice(0, channels);
    image.write(dataset.inputs, inputs, unit, { ...alteration, gains });
    input.writeRow(0, dataset, 1, { right, down, isMirrored, altered: image.values }, undefined);
    const seen = Array.from({ length: inputs }, (_, k) => {
      const [y, x, c] = [Math.floor(k / channels / width), Math.floor(k / channels) % width, k % channels];
      return between(
        top * height * (1 - side) + (y + 0.5) * side - 0.5,
        left * width * (1 - side) + (x + 0.5) * side - 0.5,
        c,
      );
    });
    const mean = seen.reduce((sum, value) => sum + value, 0) / inputs;
    const expected = new Float64Array(inputs);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [fromY, movedX] = [y - down, x - right];
        const fromX = isMirrored ? width - 1 - movedX : movedX;
        if (fromY < 0 || fromX < 0 || fromY >= height || fromX >= width) continue;
        for (let c = 0; c < channels; c++) {
          const value = seen[(fromY * width + fromX) * channels + c];
          expected[(y * width + x) * channels + c] =
            gains[c] * (mean + contrast * (value - mean)) + brightness - means[c];
        }
      }
    }
    const length = Math.sqrt(expected.reduce((sum, value) => sum + value ** 2, 0) / inputs);
    const found = entriesOf(layer);
    for (const [k, value] of expected.entries()) {
      expect(found.get(k) ?? 0, `input ${k}`).toBeCloseTo(value / length, 4);
    }
  }
  // Nothing of it stays for the next image.
  input.writeRow(0, dataset, 1, STILL, undefined);
  const still = entriesOf(layer);
  const [k, other] = [7, 11];
  const of = (at: number) => unit * dataset.inputs[inputs + at] - means[at % channels];
  expect(still.get(k)! / still.get(other)!).toBeCloseTo(of(k) / of(other), 5);
});

it.skipIf(!detected)('an image less the mean around its values, moved after that', () => {
  const channels = 3;
  const inputs = height * width * channels;
  const below = { height, width, channels, isImage: true };
  const plan = planConv(
    { kind: 'conv', channels: 9, size: 3, localMean: 0.8 },
    siteOf({ below, batch: 1, rows: 3 }),
  );
  const memory = new WebAssembly.Memory({ initial: plan.pages });
  const layer = new ConvLayer(
    plan,
    bindKernels(new WebAssembly.Module(readBuild(detected!)), memory),
    memory,
    0,
  );
  const means = [0.3, 0.2, 0.1];
  const input = new InputRows(layer, undefined, means);
  const values = Uint8Array.from({ length: inputs }, (_, i) => (i * 37) % 256);
  const dataset = numbersOf(channels, values);
  const altered = Float32Array.from(values, value => 0.5 * value + 3);
  for (const [seen, move] of [
    [values, STILL],
    [values, { right: 1, down: -1, isMirrored: false }],
    [altered, { right: 0, down: 1, isMirrored: false, altered }],
  ] as const) {
    input.writeRow(0, dataset, 0, move, undefined);
    const contrast = new LocalContrast(below, 3, 0.8);
    const left = contrast.of(seen, 0);
    const expected = new Float64Array(inputs);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [fromY, fromX] = [y - move.down, x - move.right];
        if (fromY < 0 || fromX < 0 || fromY >= height || fromX >= width) continue;
        for (let c = 0; c < channels; c++) {
          const value = left[(fromY * width + fromX) * channels + c];
          expected[(y * width + x) * channels + c] = value / 255 - 0.2 * means[c];
        }
      }
    }
    const length = Math.sqrt(expected.reduce((sum, value) => sum + value ** 2, 0) / inputs);
    const found = entriesOf(layer);
    for (const [k, value] of expected.entries()) {
      expect(found.get(k) ?? 0, `input ${k}`).toBeCloseTo(value / length, 4);
    }
  }
});
