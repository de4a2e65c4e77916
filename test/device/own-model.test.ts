// Models of own data on a device, against Node's Model on the same rows: the same bits, the same notes, the same refusals.

import { beforeAll, describe, expect, it } from 'vitest';
import type { Examples } from '../../src/data/examples/examples.ts';
import type { Images } from '../../src/data/images/images.ts';
import { tableFrom, tableFromArray } from '../../src/data/tables/table.ts';
import { quantize } from '../../src/files/int8.ts';
import { encodeSafetensors, parseSafetensors } from '../../src/files/safetensors.ts';
import { openLearner } from '../../src/learn.ts';
import { decodeModel } from '../../src/network/model.ts';
import { InputError, loadPredictor } from '../../src/predict.ts';
import { modelOf, type OwnExamples } from '../../src/rows.ts';
import { generator } from '../support/data.ts';
import { randomModel } from '../support/model.ts';
import { deviceKernels, machines, oddMachines, ownModel } from '../support/own-models.ts';

/** The same model with weights of signed bytes. */
function small(bytes: Uint8Array): Uint8Array {
  const { tensors, metadata } = parseSafetensors(bytes, 'm');
  return Buffer.concat(encodeSafetensors(quantize([...tensors.values()]), metadata));
}

/** Asks a device and Node about the same examples. */
async function expectSame(file: Uint8Array, given: OwnExamples, examples: Examples): Promise<void> {
  for (const bytes of [file, small(file)]) {
    const node = await decodeModel(bytes, { threads: 1 });
    const { build } = node.network.session;
    const expected = await node.predict(examples);
    const device = modelOf(await loadPredictor(bytes, { wasmModule: deviceKernels('predict', build) }));
    expect(device.predict(given)).toEqual(expected);
    expect(device.classNames).toEqual(node.encoding.classNames);
    const learner = modelOf(await openLearner(bytes, { wasmModule: deviceKernels('learn', build) }));
    expect(learner.predict(given)).toEqual(expected);
    expect(device.notes(given)).toEqual(node.notes({ ...examples, name: 'rows' }));
    await node.close();
  }
}

describe('of a table with names', () => {
  let file: Uint8Array;
  beforeAll(async () => {
    file = await ownModel(await tableFrom(machines(500, 1)), { label: 'state' });
  });

  it('answers rows as Node does, to the bit', async () => {
    await expectSame(file, oddMachines, await tableFrom(oddMachines));
    // One by one a column has but one cell to show how it is written.
    for (const row of oddMachines) await expectSame(file, [row], await tableFrom([row]));
  });

  it('takes arrays in the order of its columns', async () => {
    const model = modelOf(await loadPredictor(file));
    expect(model.columns).toEqual(['heat', 'load %', 'colour', 'seen at', 'guarded', 'counter']);
    const arrays = oddMachines.map(row => model.columns.map(column => row[column]));
    expect(model.predict(arrays)).toEqual(model.predict(oddMachines));
    expect(model.predict([])).toEqual([]);
    const [{ label, confidence, probabilities }] = model.predict(arrays);
    expect(model.classNames).toContain(label);
    expect(confidence).toBe(Math.max(...probabilities));
  });

  it('tells what is odd', async () => {
    const model = modelOf(await loadPredictor(file));
    const texts = model.notes([{ ...oddMachines[0], colour: 'violet', heat: 1e9 }]).map(({ text }) => text);
    expect(texts.join('\n')).toMatch(/column colour.*never seen in training.*violet/);
    expect(texts.join('\n')).toMatch(/column heat.*far from all/);
    expect(model.notes([oddMachines[0]]).filter(({ isWarning }) => isWarning)).toEqual([]);
    expect(model.notes([])).toEqual([]);
  });

  it('goes on learning from rows with the names of their classes, and keeps what it means', async () => {
    const model = modelOf(await openLearner(file, { rate: 1 }));
    // What was calm is said to be broken now.
    const shown = machines(300, 5);
    const calm = shown.filter(({ state }) => state === 'calm');
    const share = (label: string) =>
      model.predict(calm).filter(answer => answer.label === label).length / calm.length;
    expect(share('calm')).toBeGreaterThan(0.8);
    const labels = shown.map(({ state }) => (state === 'calm' ? 'broken' : state));
    for (let time = 0; time < 3; time++) model.learn(shown, labels);
    expect(share('broken')).toBeGreaterThan(0.8);
    const saved = model.network.save();
    const { build } = model.network;
    const node = await decodeModel(saved, { threads: 1 });
    const device = modelOf(await loadPredictor(saved, { wasmModule: deviceKernels('predict', build) }));
    expect(device.predict(calm)).toEqual(model.predict(calm));
    expect(node.encoding.classNames).toEqual(model.classNames);
    await node.close();
  });

  it('learns the same from rows as from what they are encoded to', async () => {
    const rows = machines(30, 3);
    const [byName, byNumber] = [modelOf(await openLearner(file)), modelOf(await openLearner(file))];
    const labels = rows.map(({ state }) => state);
    byName.learn(rows, labels);
    byNumber.learn(
      rows.map(row => byNumber.columns.map(column => row[column as keyof typeof row])),
      labels.map(label => label.toUpperCase()),
    );
    expect(byNumber.network.save()).toEqual(byName.network.save());
  });

  it('refuses what it cannot read, with words', async () => {
    const model = modelOf(await openLearner(file));
    const before = model.network.save();
    const [row] = oddMachines;
    const refusals: [() => unknown, RegExp][] = [
      [() => model.predict(row as never), /expected a list of rows, found object/],
      [() => model.predict([row, 3] as never), /expected row 1 to be an object of cells, found number/],
      [() => model.predict([[1, 2]]), /expected row 0 to have the 6 cells heat, load %, .*found 2/],
      [() => model.predict([{ heat: 3 }]), /has no column load %/],
      [
        () => model.predict([{ ...row, heat: [3] }]),
        /column heat: expected a number, text or nothing, found a list/,
      ],
      [
        () => model.learn([row], ['violet']),
        /row 1 has the label "violet", which was not among those learned/,
      ],
      [() => model.learn([row], ['']), /expected a label for each of 1 examples, found 0/],
      [() => model.learn([row], ['calm', 'busy']), /expected a label for each of 1 examples, found 2/],
      [() => model.network.predict([1, 2, 3] as never), /modelOf takes as they are/],
      [() => model.network.predict(Float32Array.of(1, 2, 3)), /modelOf takes as they are/],
      [() => model.network.predict(new Uint8Array(model.network.inputs)), /found bytes.*modelOf/],
    ];
    for (const [ask, message] of refusals) {
      expect(ask).toThrow(InputError);
      expect(ask).toThrow(message);
    }
    expect(model.network.save()).toEqual(before);
    const predicting = modelOf(await loadPredictor(file));
    expect(() => predicting.learn.call(predicting as never, [row], ['calm'])).toThrow(/only predicts/);
  });

  it('opens damaged preprocessing or refuses it, nothing else', async () => {
    const { tensors, metadata } = parseSafetensors(file, 'm');
    const { encoding, ...rest } = JSON.parse(metadata.description);
    const odd = [null, 1, 'x', [], {}, undefined];
    const others = [
      ...odd,
      ...odd.flatMap(value => [
        { ...encoding, columns: value },
        { ...encoding, classNames: value },
        { ...encoding, columns: [value] },
        ...Object.keys(encoding.columns[0]).map(key => ({
          ...encoding,
          columns: encoding.columns.map((column: object, i: number) =>
            i ? column : { ...column, [key]: value },
          ),
        })),
      ]),
    ];
    let refused = 0;
    for (const one of others) {
      const description = JSON.stringify({ ...rest, encoding: one });
      const bytes = Buffer.concat(encodeSafetensors([...tensors.values()], { ...metadata, description }));
      const failure = await loadPredictor(bytes)
        .then(modelOf)
        .catch(error => error);
      if (!(failure instanceof Error)) continue;
      expect(failure).toBeInstanceOf(InputError);
      refused++;
    }
    expect(refused).toBeGreaterThan(15);
  });
});

it('takes rows of a table without names as arrays, whatever their kind', async () => {
  const random = generator(4);
  const labels = Array.from({ length: 300 }, () => (random() < 0.5 ? 'low' : 'high'));
  const values = labels.flatMap(label => [random(), random() + (label === 'low' ? 0 : 0.8), random()]);
  const file = await ownModel(tableFromArray(values, 3, labels));
  const asked = values.slice(0, 60).map((value, i) => (i % 7 ? value : Number.NaN));
  const rows = Array.from({ length: 20 }, (_, i) => asked.slice(3 * i, 3 * i + 3));
  await expectSame(file, rows, tableFromArray(asked, 3));
  await expectSame(file, rows.map(row => Float64Array.from(row)) as never, tableFromArray(asked, 3));
  const model = modelOf(await loadPredictor(file));
  expect(model.columns).toEqual(['column 1', 'column 2', 'column 3']);
  expect(() => model.predict([{ 'column 1': 3 }])).toThrow(/row 0 to be an array of 3 cells/);
});

it('answers one of more classes than there is room for labels', async () => {
  const random = generator(6);
  const rows = Array.from({ length: 400 }, (_, i) => ({ x: (i % 40) + 0.1 * random(), kind: `k${i % 40}` }));
  const file = await ownModel(await tableFrom(rows), { label: 'kind' });
  await expectSame(file, rows.slice(0, 50), await tableFrom(rows.slice(0, 50)));
});

it.each([
  ['black', 0.2, 3],
  ['bright', 0.9, 3],
  ['bright, of many classes', 0.9, 40],
])('takes pictures as their bytes: %s', async (_, share, classes) => {
  const random = generator(8);
  const [count, height, width] = [400, 6, 5];
  const size = height * width;
  const names = Array.from({ length: count }, (_, i) => `picture ${i % classes}`);
  const pixels = Uint8Array.from({ length: count * size }, (_, k) => {
    const isOn = (Math.floor(k / size) % classes) % size === k % size || random() < share;
    return isOn ? 100 + 100 * random() : 0;
  });
  const images: Images = { name: 'images', count, height, width, channels: 1, pixels, labels: names };
  const file = await ownModel(images);
  const some = 12;
  const list = Array.from({ length: some }, (_, i) => pixels.slice(i * size, (i + 1) * size));
  await expectSame(file, list, {
    name: 'images',
    count: some,
    height,
    width,
    channels: 1,
    pixels: pixels.slice(0, some * size),
  });
  const model = modelOf(await openLearner(file));
  expect(model.columns).toEqual([]);
  expect(() => model.predict([new Uint8Array(7)])).toThrow(
    /expected image 0 as 30 bytes \(6 × 5, grey\), found 7/,
  );
  expect(() => model.predict([[1, 2]] as never)).toThrow(InputError);
  model.learn(list, names.slice(0, some));
  expect(model.predict(list)).toHaveLength(some);
  // Bytes that are not taken for what the network sees.
  if (share > 0.5) {
    expect(() => model.network.predict(new Uint8Array(model.network.inputs))).toThrow(/found bytes/);
  }
});

it('is refused where the file says nothing of own data', async () => {
  const { bytes } = randomModel({ layers: [12, 9] }, 30, 4);
  await expect(loadPredictor(bytes).then(modelOf)).rejects.toThrow(/does not say what its inputs mean/);
  expect(() => modelOf(undefined as never)).toThrow(InputError);
  const predictor = await loadPredictor(bytes);
  expect(predictor.own).toBeUndefined();
  expect(() => predictor.predict([1] as never)).toThrow(
    /^expected examples as a Uint8Array or a Float32Array, found object$/,
  );
});
