// What `ff export` writes of models of own data, given rows and images as they are, against `Model.predict` and `ff predict` on the
// same ones.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { inspect } from '../../src/cli/inspect.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import type { Encoding } from '../../src/data/encode-examples.ts';
import { datePart } from '../../src/data/formats/dates.ts';
import { PLAIN, parseNumber } from '../../src/data/formats/numbers.ts';
import type { Images } from '../../src/data/images/images.ts';
import { tableFrom, tableFromArray } from '../../src/data/tables/table.ts';
import { InputError, loadPredictor } from '../../src/predict.ts';
import type { Recipe } from '../../src/recipes/recipe.ts';
import { recipes } from '../../src/recipes/recipes.ts';
import { modelOf, type OwnExamples, type Row } from '../../src/rows.ts';
import { generator } from '../support/data.ts';
import { descriptionOf, machines, oddMachines, ownModel } from '../support/own-models.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const hosts = `${root}test/hosts/node_modules/`;
const hasOnnx = existsSync(`${hosts}onnxruntime-node`);
if (!hasOnnx) console.log('left out: onnxruntime-node is not installed (npm ci --prefix test/hosts)');

let folder: string;
let model: Uint8Array;
beforeAll(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  folder = await mkdtemp(join(tmpdir(), 'ff-export-own-'));
  model = await ownModel(await tableFrom(machines(500, 1)), { label: 'state' });
  await writeFile(join(folder, 'm.safetensors'), model);
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
});
afterAll(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

function ff(...words: string[]) {
  return spawnSync(process.execPath, [`${root}dist/cli/main.js`, ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
}

function exported(...words: string[]): string {
  const { status, stdout, stderr } = ff('export', ...words);
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

/** What `ff predict` answers about rows in a file. */
async function predicted(
  name: string,
  rows: readonly Row[],
): Promise<{ label: string; probabilities: number[] }[]> {
  await writeFile(join(folder, 'rows.jsonl'), rows.map(row => JSON.stringify(row)).join('\n'));
  const { stdout } = ff('predict', name, 'rows.jsonl', '--json');
  return stdout
    .split('\n')
    .filter(line => line.includes('"predicted"'))
    .map(line => JSON.parse(line));
}

describe('as JavaScript', () => {
  const script = `
    import { classNames, columns, notes, predict } from './FILE';
    const rows = ROWS;
    const arrays = rows.map(row => columns.map(column => row[column]));
    console.log(JSON.stringify([classNames, columns, predict(rows), predict(arrays), notes(rows).map(note => note.text)]));
  `;

  it.each([
    ['m.js', '--js'],
    ['m.int8.js', '--js', '--int8'],
  ])('%s answers rows as ff predict does, from nothing but itself', async (name, ...words) => {
    expect(exported('m.safetensors', ...words)).toMatch(
      /\npredict takes rows of a table as they are \(heat, load %, .*counter\), not encoded; answers broken, busy, calm\n$/,
    );
    // JSON has no word for infinity.
    const rows = oddMachines.slice(0, -1);
    await writeFile(
      join(folder, 'run.mjs'),
      script.replace('FILE', name).replace('ROWS', JSON.stringify(rows)),
    );
    const output = execFileSync(process.execPath, ['run.mjs'], { cwd: folder, encoding: 'utf8' });
    const [classNames, columns, byName, byOrder, notes] = JSON.parse(output);
    expect(classNames).toEqual(['broken', 'busy', 'calm']);
    expect(columns).toEqual(['heat', 'load %', 'colour', 'seen at', 'guarded', 'counter']);
    expect(byOrder).toEqual(byName);
    expect(notes.join('\n')).toMatch(/column heat: 1 of 24 cells .* such as "hot"/);
    if (words.includes('--int8')) exported('m.safetensors', '--int8');
    const expected = await predicted(name.replace('.js', '.safetensors'), rows);
    expect(byName).toHaveLength(rows.length);
    expected.forEach(({ label, probabilities }, i) => {
      expect(byName[i].label).toBe(label);
      // Node 20 switches relaxed SIMD on for the command alone.
      probabilities.forEach((p, c) => void expect(byName[i].probabilities[c]).toBeCloseTo(p, 4));
    });
    const text = await readFile(join(folder, name), 'utf8');
    expect(text.length).toBeLessThan(1.4 * model.length + 54_000);
  });

  it('carries no preprocessing where there is none', async () => {
    const bundle = await readFile(`${root}dist/export/standalone.bundle.js`, 'utf8');
    expect(bundle.length).toBeLessThan(34_000);
  });
});

describe('ff inspect', () => {
  it.each([
    [
      'm.safetensors',
      [],
      /takes +rows of a table as they are \(heat, load %, .*\), by ff predict and modelOf\n/,
    ],
    ['m.int8.safetensors', ['--int8'], /takes +rows of a table as they are .*\n.*53 once encoded/],
    ['m.js', ['--js'], /form +JavaScript module.*\n.*rows of a table as they are .*, by predict\n/],
    [
      'm.onnx',
      ['--onnx'],
      /ONNX graph.*\n.*takes +heat, load %, .*seen at\.month.*\n(.*\n)*heat +number as the table has it/,
    ],
  ])('says what %s takes and answers', async (name, words, message) => {
    if (words.length) exported('m.safetensors', ...words);
    const { status, stdout } = ff('inspect', name);
    expect(status).toBe(0);
    expect(stdout).toMatch(message);
    expect(stdout).toMatch(/classes +broken, busy, calm/);
    expect(stdout).toMatch(/layers\.1\.weight +(F32|I8) +40 × 24/);
    const found = JSON.parse(ff('inspect', name, '--json').stdout);
    expect(found.encoding).toEqual(descriptionOf(model).encoding);
    if (name.endsWith('onnx')) {
      expect(found.takes[3]).toMatchObject({ input: 'seen at.month', column: 'seen at' });
    }
  });

  it.each(['m.js', 'm.onnx'])('meets a damaged %s with an error of ours or an answer', async name => {
    exported('m.safetensors', name.endsWith('js') ? '--js' : '--onnx');
    const sound = await readFile(join(folder, name));
    const random = generator(9);
    let refused = 0;
    for (let round = 0; round < 300; round++) {
      const length = random() < 0.3 ? Math.floor(random() * sound.length) : sound.length;
      const bytes = Uint8Array.from(sound.subarray(0, length));
      for (let change = 0; change < 3 && length > 0; change++) {
        bytes[Math.floor(random() * Math.min(length, random() < 0.5 ? 4000 : length))] = 256 * random();
      }
      await writeFile(join(folder, 'damaged'), bytes);
      const failure = await inspect(join(folder, 'damaged'), {}).catch(error => error);
      if (failure === undefined) continue;
      expect(failure).toBeInstanceOf(InputError);
      refused++;
    }
    expect(refused).toBeGreaterThan(50);
  });
});

/** A row as the inputs of a graph. */
function feedsOf(
  ort: { Tensor: new (...words: unknown[]) => unknown },
  encoding: Encoding,
  rows: readonly Row[],
) {
  if (encoding.kind !== 'table') throw new Error('a table is expected');
  const feeds: Record<string, unknown> = {};
  const cellsOf = (name: string) =>
    rows.map(row =>
      Array.isArray(row) ? row[Number(name.slice(7)) - 1] : (row as Readonly<Record<string, unknown>>)[name],
    );
  for (const column of encoding.columns) {
    const cells = cellsOf(column.name);
    if (column.kind === 'category') {
      const words = cells.map(cell => (cell === null ? '' : String(cell).trim()));
      feeds[column.name] = new ort.Tensor('string', words, [rows.length, 1]);
      continue;
    }
    const { date, format = PLAIN } = column;
    const values = cells.map(cell => {
      if (date) return datePart(String(cell), date.order, date.part);
      return typeof cell === 'number' ? cell : parseNumber(String(cell), format);
    });
    const name = date ? `${column.name}.${date.part}` : column.name;
    feeds[name] = new ort.Tensor('float64', Float64Array.from(values), [rows.length, 1]);
  }
  return feeds;
}

describe.skipIf(!hasOnnx)('as ONNX (skipped where onnxruntime-node is not installed)', () => {
  const load = () => createRequire(`${hosts}_`)('onnxruntime-node');

  async function sessionOf(file: Uint8Array, name: string) {
    await writeFile(join(folder, `${name}.safetensors`), file);
    const said = exported(`${name}.safetensors`, '--onnx');
    const session = await load().InferenceSession.create(await readFile(join(folder, `${name}.onnx`)));
    return { said, session };
  }

  async function expectSame(
    file: Uint8Array,
    session: { run(feeds: object): Promise<Record<string, { data: never }>> },
    feeds: object,
    examples: OwnExamples,
  ): Promise<void> {
    const expected = modelOf(await loadPredictor(file)).predict(examples);
    const output = await session.run(feeds);
    const { classNames } = modelOf(await loadPredictor(file));
    expect([...output.class.data]).toEqual(expected.map(({ label }) => label));
    expected.forEach(({ label, probabilities }, i) => {
      expect(Number(output.label.data[i])).toBe(classNames.indexOf(label));
      probabilities.forEach((p, c) => {
        expect(output.probabilities.data[i * classNames.length + c]).toBeCloseTo(p, 4);
      });
    });
  }

  it('takes the columns of a table, and answers as Model.predict does', async () => {
    const { said, session } = await sessionOf(model, 'table');
    expect(said).toMatch(
      /takes the columns of a table as they are, not encoded.*NaN where missing.*a date is given as its parts/,
    );
    expect(session.inputNames).toEqual([
      'heat',
      'load %',
      'colour',
      'seen at.month',
      'seen at.day',
      'seen at.weekday',
      'seen at.hour',
      'guarded',
      'counter',
    ]);
    expect(session.outputNames).toEqual(['class', 'label', 'goodness', 'probabilities']);
    const encoding = descriptionOf(model).encoding!;
    await expectSame(model, session, feedsOf(load(), encoding, oddMachines), oddMachines);
    for (const row of oddMachines.slice(-5)) {
      // In a column of its own, a cell that is written otherwise is read otherwise: a graph takes what was read.
      if (row.heat === 'hot' || row['load %'] === '1e3') continue;
      await expectSame(model, session, feedsOf(load(), encoding, [row]), [row]);
    }
    // What wants the encoded inputs of a network does not run at all.
    await expect(
      session.run({ input: new (load().Tensor)('float32', new Float32Array(9), [1, 9]) }),
    ).rejects.toThrow();
  });

  it('takes columns of any names, of numbers alone', async () => {
    const random = generator(3);
    const rows = Array.from({ length: 300 }, () => {
      const kind = random() < 0.5 ? 'low' : 'high';
      const shift = kind === 'low' ? 0 : 0.8;
      return {
        label: random() + shift,
        probabilities: random(),
        '/Mul.3': random() - shift,
        'layers.0.bias': random(),
        kind,
      };
    });
    const file = await ownModel(await tableFrom(rows), { label: 'kind' });
    const { session } = await sessionOf(file, 'names');
    expect(session.inputNames).toEqual([
      'column label',
      'column probabilities',
      'column /Mul.3',
      'column layers.0.bias',
    ]);
    const some = rows.slice(0, 9);
    const feeds = feedsOf(load(), descriptionOf(file).encoding!, some);
    const named = Object.fromEntries(
      Object.entries(feeds).map(([name, tensor]) => [`column ${name}`, tensor]),
    );
    await expectSame(file, session, named, some);
  });

  it.each([
    ['missing by custom', undefined],
    ['missing as was said', ['keine']],
  ])('takes categories alone, yes and no, numbers, and what is %s', async (_, missing) => {
    const random = generator(5);
    const rows = Array.from({ length: 400 }, () => {
      const kind = random() < 0.5 ? 'a' : 'b';
      const often = (one: string, other: string) => (random() < 0.8 === (kind === 'a') ? one : other);
      return {
        flag: often('True', 'False'),
        size: often('s', random() < 0.5 ? (missing ? 'keine' : '') : 'XL'),
        code: often('1', '2'),
        kind,
      };
    });
    const table = { ...(await tableFrom(rows)), ...(missing && { cells: { missing } }) };
    const file = await ownModel(table, { label: 'kind', types: { code: 'category' } });
    const { session } = await sessionOf(file, 'words');
    const asked = [
      ['true', 's', '1'],
      ['FALSE', 'S', '2.0'],
      ['yes', 'xl', '1.0'],
      ['n', 'Xl', '3'],
      ['0', '', ''],
      ['perhaps', 'nan', 'NaN'],
      ['', 'NA', '?'],
      ['true', 'keine', '2'],
    ].map(([flag, size, code]) => ({ flag, size, code }));
    await expectSame(file, session, feedsOf(load(), descriptionOf(file).encoding!, asked), asked);
  });

  it('takes a table without names, and more classes than labels are tried of', async () => {
    const random = generator(6);
    const labels = Array.from({ length: 400 }, (_, i) => `k${i % 40}`);
    const values = labels.flatMap((_, i) => [(i % 40) + 0.1 * random(), random()]);
    const file = await ownModel(tableFromArray(values, 2, labels));
    const { session } = await sessionOf(file, 'unnamed');
    expect(session.inputNames).toEqual(['column 1', 'column 2']);
    const rows = Array.from({ length: 50 }, (_, i) => [
      values[2 * i],
      i % 9 ? values[2 * i + 1] : Number.NaN,
    ]);
    await expectSame(file, session, feedsOf(load(), descriptionOf(file).encoding!, rows), rows);
  });

  const convolutions = (train: Dataset): Recipe => ({
    ...recipes.conv,
    layers: [{ kind: 'conv', channels: 12, size: 3, cells: 3 }],
    image: train.shape!,
    batch: 50,
  });

  it.each([
    ['black', 0.2, 1, undefined],
    ['bright', 0.9, 3, undefined],
    ['black, convolutions', 0.2, 1, convolutions],
    ['bright, convolutions', 0.9, 3, convolutions],
  ] as const)('takes images as their bytes: %s', async (name, share, channels, recipeOf) => {
    const random = generator(8);
    const [count, height, width] = [300, 6, 5];
    const size = height * width * channels;
    const labels = Array.from({ length: count }, (_, i) => `picture ${i % 3}`);
    const pixels = Uint8Array.from({ length: count * size }, (_, k) => {
      const isOn = (Math.floor(k / size) % 3) % size === k % size || random() < share;
      return isOn ? 100 + 100 * random() : 0;
    });
    const images: Images = { name: 'images', count, height, width, channels, pixels, labels };
    const file = await ownModel(images, {}, recipeOf);
    const { said, session } = await sessionOf(file, name);
    expect(said).toMatch(
      /takes images of 6 × 5, (grey|colour) as bytes from 0 to 255 \(examples, 6, 5, [13]\), not encoded/,
    );
    const some = 20;
    const bytes = pixels.slice(0, some * size);
    const list = Array.from({ length: some }, (_, i) => bytes.slice(i * size, (i + 1) * size));
    const feeds = { pixels: new (load().Tensor)('uint8', bytes, [some, height, width, channels]) };
    await expectSame(file, session, feeds, list);
  });
});
