// Labels behind the inputs do what labels in the first inputs do: a network of the one kind is one of the other whose first inputs,
// which no example uses, have moved to the end.

import { expect, it } from 'vitest';
import type { Dataset } from '../../src/data/dataset.ts';
import { InputError } from '../../src/errors.ts';
import { createNetwork } from '../../src/network/create.ts';
import { encodeNetwork } from '../../src/network/encode.ts';
import { decodeNetwork } from '../../src/network/model.ts';
import type { Network } from '../../src/network/network.ts';
import { readState, writeState } from '../../src/network/state.ts';
import { loadPredictor } from '../../src/predict.ts';
import { describeRecipe } from '../../src/recipes/describe.ts';
import { expectClose } from '../support/close.ts';
import { prototypes } from '../support/data.ts';
import { changed, hinton, quick } from '../support/recipes.ts';

const [width, classes, seed] = [48, 5, 3];

/** The same examples with `empty` inputs before them that say nothing. */
function behind({ inputs, ...others }: Dataset, empty: number): Dataset {
  const wide = new Uint8Array(others.count * (empty + others.width)).fill(99);
  for (let i = 0; i < others.count; i++) {
    wide.set(inputs.subarray(i * others.width, (i + 1) * others.width), i * (empty + others.width) + empty);
  }
  return { ...others, width: empty + others.width, inputs: wide };
}

const first = { kind: 'first', strength: 2 } as const;
const appended = { kind: 'appended', strength: 2 } as const;

/** Every tensor by its name, the first layer's rows in the order in which labels come last. */
function state(network: Network, isFirst: boolean): Map<string, Float32Array> {
  return new Map(
    readState(network.session, true).map(({ name, data, shape }) => {
      if (!isFirst || !/^layers\.0\.weight/.test(name)) return [name, data];
      const border = classes * shape[1];
      const moved = new Float32Array(data.length);
      moved.set(data.subarray(border));
      moved.set(data.subarray(0, border), data.length - border);
      return [name, moved];
    }),
  );
}

it.each([
  ['momentum and peer normalisation', hinton],
  ['pairs and adam', quick],
  ['uniform negatives', changed(hinton, { learning: { negatives: 'uniform' } })],
])('learns and answers the same: %s', async (_, recipe) => {
  const small = changed(recipe, { layers: [40, 36], batch: 16, epochs: 2, shift: 0 });
  const [train, test] = [prototypes(70, width, classes, 1), prototypes(30, width, classes, 2)];
  for (const threads of [1, 2]) {
    const options = { classes, seed, threads };
    const before = await createNetwork(changed(small, { learning: { label: first } }), {
      ...options,
      inputs: width + classes,
    });
    const after = await createNetwork(changed(small, { learning: { label: appended } }), {
      ...options,
      inputs: width,
    });
    const start = state(before, true);
    writeState(after.session, true, name => start.get(name)!);
    for await (const _event of before.fit(behind(train, classes)));
    for await (const _event of after.fit(train));
    const [expected, found] = [state(before, true), state(after, false)];
    expect([...found.keys()]).toEqual([...expected.keys()]);
    for (const [name, data] of found) {
      expectClose(data, expected.get(name)!, name);
      if (/^layers\.0\.weight$/.test(name)) expect(data).not.toEqual(start.get(name));
    }
    const [known, told] = [await before.evaluate(behind(test, classes)), await after.evaluate(test)];
    expect(told.answers.predictions).toEqual(known.answers.predictions);
    expectClose(told.goodness, known.goodness, 'goodness');
    expectClose(told.probabilities, known.probabilities, 'probabilities');
    await before.close();
    await after.close();
  }
});

it('sees every input of an example, the first ones, too', async () => {
  const recipe = changed(quick, {
    layers: [40, 36],
    batch: 16,
    epochs: 2,
    shift: 0,
    learning: { label: appended },
  });
  const network = await createNetwork(recipe, { inputs: width, classes, seed, threads: 1 });
  const example = new Uint8Array(width).fill(100);
  const plain = await network.predict(example);
  for (let k = 0; k < width; k++) {
    expect((await network.predict(example.with(k, 200))).goodness, `input ${k}`).not.toEqual(plain.goodness);
  }
  expect(network.session.plans[0].inputs).toBe(width + classes);
  await network.close();
});

it('moves images whole', async () => {
  const shape = [6, 8] as const;
  const train = { ...prototypes(70, width, classes, 1), shape };
  const recipe = changed(quick, {
    layers: [40, 36],
    batch: 16,
    epochs: 2,
    shift: 1,
    learning: { label: appended },
  });
  const network = await createNetwork(recipe, { inputs: width, classes, seed, threads: 1 });
  for await (const { positiveGoodness } of network.fit(train)) {
    expect(positiveGoodness.every(Number.isFinite)).toBe(true);
  }
  await network.close();
});

it('learns with fewer inputs than classes, goes through a file, and is told apart', async () => {
  const data: Dataset = {
    ...{ name: 'two inputs', count: 40, width: 2, classes },
    inputs: Float32Array.from({ length: 80 }, (_, k) => Math.sin(((k >> 1) % classes) * 1.3 + (k % 2) * 1.6)),
    labels: Uint8Array.from({ length: 40 }, (_, i) => i % classes),
  };
  const recipe = changed(quick, {
    layers: [40, 36],
    batch: 10,
    epochs: 60,
    shift: 0,
    learning: { label: appended },
  });
  const network = await createNetwork(recipe, { inputs: 2, classes, seed, threads: 1 });
  for await (const _event of network.fit(data));
  const { answers, goodness } = await network.evaluate(data);
  expect(answers.error).toBeLessThan(10);
  const bytes = await encodeNetwork(network);
  const loaded = await decodeNetwork(bytes, { threads: 1 });
  expect((await loaded.evaluate(data)).goodness).toEqual(goodness);
  await loaded.close();
  await network.close();
  expect(describeRecipe(recipe)).toContainEqual(['label', 'behind the inputs, strength 2']);
  await expect(loadPredictor(bytes)).rejects.toThrow(InputError);
  // In the first inputs there would be no room.
  const inFirst = createNetwork(changed(recipe, { learning: { label: first } }), {
    inputs: 2,
    classes,
    threads: 1,
  });
  await expect(inFirst).rejects.toThrow(
    'inputs must be a whole number above 5 (the first 5 hold the label) and up to 134217728, found 2',
  );
});
