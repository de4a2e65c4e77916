// Weights as bytes: near the floats, and as good on MNIST.

import { describe, expect, it } from 'vitest';
import { quantize, readFloats } from '../../src/files/int8.ts';
import { encodeSafetensors, parseSafetensors } from '../../src/files/safetensors.ts';
import { createNetwork, loadDataset, recipes, slice } from '../../src/index.ts';
import { encodeNetwork } from '../../src/network/encode.ts';
import { loadPredictor } from '../../src/predict.ts';

describe('as bytes', () => {
  it('is off by half a step of its column at most, and keeps columns of zeros', () => {
    const data = Float32Array.of(1, 0, -0.001, -2, 0, 0.0004);
    const [bytes, scales] = quantize([{ name: 'w', dtype: 'F32', shape: [2, 3], data }]);
    expect(bytes).toMatchObject({ name: 'w', dtype: 'I8', shape: [2, 3] });
    expect(scales).toMatchObject({ name: 'w.scale', dtype: 'F32', shape: [3] });
    const tensors = new Map([bytes, scales].map(tensor => [tensor.name, tensor]));
    const back = readFloats(tensors, 'w', [2, 3], 'm');
    data.forEach((value, i) => {
      expect(Math.abs(back[i] - value)).toBeLessThanOrEqual(0.5001 * scales.data[i % 3]);
    });
    const infinite = { name: 'w', dtype: 'F32' as const, shape: [1, 1], data: Float32Array.of(Infinity) };
    expect(() => quantize([infinite])).toThrow(/tensor "w": expected finite weights/);
  });

  it('errs as often on MNIST as floats do, to 0.1 points, in a quarter of the bytes', async () => {
    const { train } = await loadDataset('mnist');
    const network = await createNetwork(recipes.quick, { inputs: 784, classes: 10 });
    for await (const _event of network.fit(slice(train, 0, 20_000), { epochs: 2 }));
    const floats = await encodeNetwork(network);
    await network.close();
    const { tensors, metadata } = parseSafetensors(floats, 'm');
    const bytes = Buffer.concat(encodeSafetensors(quantize(tensors.values()), metadata));
    expect(bytes.length / floats.length).toBeLessThan(0.26);
    const [first, second] = [await loadPredictor(floats), await loadPredictor(bytes)];
    const wrong = [0, 0];
    for (let i = 50_000; i < 60_000; i++) {
      const image = train.inputs.subarray(i * 784, (i + 1) * 784);
      if (first.predict(image).label !== train.labels[i]) wrong[0]++;
      if (second.predict(image).label !== train.labels[i]) wrong[1]++;
    }
    expect(wrong[0]).toBeLessThan(500);
    expect(Math.abs(wrong[1] - wrong[0])).toBeLessThanOrEqual(10);
  });
});
