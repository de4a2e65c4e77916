// Answers to more examples than are scored at once, and files that say more than they hold.

import { expect, it, vi } from 'vitest';
import type { Dataset } from '../../src/data/dataset.ts';
import { tableFrom } from '../../src/data/tables/table.ts';
import type { TableEncoding } from '../../src/data/tables/table-encoding.ts';
import { encodeSafetensors, joinChunks } from '../../src/files/safetensors.ts';
import { decodeNetwork, Model } from '../../src/network/model.ts';
import type { Network } from '../../src/network/network.ts';
import { recipes } from '../../src/recipes/recipes.ts';

const [classes, count] = [1000, 9030];
const encoding: TableEncoding = {
  kind: 'table',
  label: 'kind',
  classNames: Array.from({ length: classes }, (_, c) => `kind ${c}`),
  columns: [{ kind: 'number', name: 'size', mean: 0, deviation: classes, mayMiss: false, edges: [] }],
  constant: 1,
  hasNoLabel: true,
};

it('scores some examples at a time, and answers all in their order', async () => {
  const sizes: number[] = [];
  // Says of an example that it is of the class that its size is the number of.
  const network = {
    session: { recipe: { batch: 50 } },
    evaluate: async (data: Dataset) => {
      sizes.push(data.count);
      const goodnessSums = new Float32Array(data.count * classes);
      for (let i = 0; i < data.count; i++) {
        goodnessSums[i * classes + Math.round(classes * data.inputs[i * data.width])] = 9;
      }
      return { goodnessSums };
    },
  } as unknown as Network;
  const model = new Model(network, encoding, { temperature: 1 });
  const of = Array.from({ length: count }, (_, i) => (i * 7) % classes);
  const answers = await model.predict(await tableFrom(of.map(size => ({ size }))));
  expect(answers.map(({ label }) => label)).toEqual(of.map(c => `kind ${c}`));
  expect(sizes).toEqual([4150, 4150, 730]);
});

it('takes no memory for a network whose weights a file does not hold', async () => {
  const recipe = { ...recipes.quick, layers: [10_000, 10_000] };
  const description = { recipe, inputs: 10_000, classes: 10, seed: 1, build: 'simd' };
  const metadata = { format: 'forward-forward 2', description: JSON.stringify(description) };
  const memories = vi.spyOn(WebAssembly, 'Memory');
  try {
    await expect(decodeNetwork(joinChunks(encodeSafetensors([], metadata)))).rejects.toThrow(
      /^the model: expected the tensor layers\.0\.weight of F32 \[10000,10000\], found none$/,
    );
    expect(memories).not.toHaveBeenCalled();
  } finally {
    memories.mockRestore();
  }
});
