// Somebody's own data from end to end, as the command takes them: trained, answered and evaluated, stopped and gone on with, from
// every kind of file.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { zipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseLines, runCommand } from '../support/command.ts';
import { generator } from '../support/data.ts';
import { npy } from '../support/npy.ts';

let folder: string;
const ff = (words: string[], until?: RegExp) => runCommand(folder, words, until);

const count = 90;
const each = <T>(value: (i: number) => T) => Array.from({ length: count }, (_, i) => value(i));
const random = generator(4);
const noise = each(() => random());
const kind = (i: number) => ['red', 'green', 'blue'][i % 3];
/** 6 × 5 pixels of the colour that the kind is called by. */
const pixels = (i: number) =>
  Uint8Array.from({ length: 90 }, (_, k) => (k % 3 === i % 3 ? 190 + ((i * 13 + k) % 60) : (i * 7 + k) % 50));
/** 30 × 120 pixels with stripes of a width by the kind; more than are kept of the longer side. */
const stripes = (i: number) => {
  const data = Uint8Array.from({ length: 30 * 120 * 3 }, (_, k) => {
    const x = Math.floor(k / 3) % 120;
    return Math.floor((x + i) / (4 + 6 * (i % 3))) % 2 ? 200 + ((i * 7 + k) % 50) : (i * 13 + k) % 60;
  });
  return encode({ width: 120, height: 30, channels: 3, data });
};
const png = (i: number) => encode({ width: 6, height: 5, channels: 3, data: pixels(i) });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-own-command-'));
  const columnData = [
    { name: 'size', data: each(i => (i % 3) + noise[i] / 3), type: 'DOUBLE' as const },
    { name: 'isNew', data: each(i => i % 2 === 0), type: 'BOOLEAN' as const },
    { name: 'kind', data: each(kind), type: 'STRING' as const },
  ];
  await writeFile(join(folder, 'table.parquet'), new Uint8Array(parquetWriteBuffer({ columnData })));
  const images = parquetWriteBuffer({
    columnData: [
      { name: 'image', data: each(i => ({ bytes: new Uint8Array(png(i)), path: `${i}.png` })) },
      { name: 'shade', data: each(kind) },
    ],
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      { name: 'shade', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    ],
  });
  await writeFile(join(folder, 'images.parquet'), new Uint8Array(images));
  const values = Float64Array.from({ length: 2 * count }, (_, k) =>
    k % 2 ? noise[k >> 1] : ((k >> 1) % 3) + noise[k >> 1] / 3,
  );
  const rows = npy('<f8', [count, 2], new Uint8Array(values.buffer));
  const labels = npy('|u1', [count], Uint8Array.from(each(i => i % 3)));
  await writeFile(join(folder, 'rows.npz'), zipSync({ 'x.npy': rows, 'y.npy': labels }));
  const labelled = Float64Array.from({ length: 2 * count }, (_, k) =>
    k % 2 ? (k >> 1) % 3 : values[k - (k % 2)],
  );
  await writeFile(join(folder, 'rows.npy'), npy('<f8', [count, 2], new Uint8Array(labelled.buffer)));
  for (let i = 0; i < count; i++) {
    await mkdir(join(folder, 'colours', kind(i)), { recursive: true });
    await writeFile(join(folder, 'colours', kind(i), `${i}.png`), png(i));
    await mkdir(join(folder, 'stripes', kind(i)), { recursive: true });
    await writeFile(join(folder, 'stripes', kind(i), `${i}.png`), stripes(i));
  }
});
afterAll(() => rm(folder, { recursive: true }));

it.each<[string, string, string[], string[]]>([
  ['a table in Parquet', 'table.parquet', ['--label', 'kind'], ['blue', 'green', 'red']],
  ['images in Parquet', 'images.parquet', ['--label', 'shade'], ['blue', 'green', 'red']],
  ['rows in NPZ', 'rows.npz', [], ['0', '1', '2']],
  ['rows in NPY', 'rows.npy', ['--label', '-1'], ['0', '1', '2']],
  ['a folder of colour images', 'colours', [], ['blue', 'green', 'red']],
])('trains on, answers and evaluates %s', async (_, source, words, classNames) => {
  const trained = await ff(['train', source, ...words, '--out', 'm.safetensors', '--json']);
  expect(trained).toMatchObject({ code: 0, stderr: '' });
  expect(parseLines(trained.stdout).at(-1)).toMatchObject({ event: 'done', testError: 0 });
  const report = await readFile(join(folder, 'm.html'), 'utf8');
  // Letters of a picture's bytes may read like anything.
  expect(report.replaceAll(/base64,[^"]*/g, '')).not.toMatch(/NaN|undefined/);
  // Pictures are of the images alone, without the rows of the label above them.
  const isImages = source === 'colours' || source === 'images.parquet';
  expect(new Set(report.match(/width="\d+" height="\d+" alt/g))).toEqual(
    new Set(isImages ? ['width="6" height="5" alt'] : []),
  );
  for (const name of classNames) expect(report).toContain(name);
  const predicted = await ff(['predict', 'm.safetensors', source, '--out', 'answers.csv']);
  expect(predicted).toMatchObject({ code: 0, stdout: `${count} answers in answers.csv\n` });
  const [header, ...answers] = (await readFile(join(folder, 'answers.csv'), 'utf8')).trim().split('\n');
  expect(header).toMatch(/^(file,)?label,confidence$/);
  expect(answers).toHaveLength(count);
  const found = new Set(answers.map(line => line.split(',').at(-2)));
  expect([...found].sort()).toEqual(classNames);
  const evaluated = await ff(['evaluate', 'm.safetensors', source, '--json']);
  const [evaluation] = parseLines(evaluated.stdout);
  expect(evaluation).toMatchObject({ event: 'evaluated', count });
  expect(evaluation.goodnessError).toBeLessThan(5);
});

it('learns images of 24 pixels a side or more by convolutions, unless it is told otherwise', async () => {
  const words = ['train', 'stripes', '--out', 's.safetensors', '--threads', '1', '--json', '--epochs'];
  const trained = await ff([...words, '10']);
  expect(trained).toMatchObject({ code: 0, stderr: '' });
  const events = parseLines(trained.stdout);
  expect(events).toContainEqual(
    expect.objectContaining({ code: 'images', text: '90 of 90 images scaled to 24 × 96 pixels' }),
  );
  expect(events).toContainEqual({
    event: 'note',
    code: 'recipe',
    text: 'images of 24 × 96 pixels are learned by convolutions (conv-color) and not mirrored: --recipe conv-color mirrors every other one, --recipe one-pass takes dense layers',
  });
  expect(events.at(-1)?.testError).toBeLessThan(20);
  const about = async () => JSON.parse((await ff(['inspect', 's.safetensors', '--json'])).stdout);
  const { recipe, encoding, inputs } = await about();
  expect(recipe).toMatchObject({ name: 'own-images', image: [24, 96, 3], batch: 16, epochs: 10 });
  expect(recipe).not.toHaveProperty('flip');
  expect(encoding).toMatchObject({ height: 24, width: 96, hasNoLabel: true });
  expect(inputs).toBe(24 * 96 * 3);
  const inspected = await ff(['inspect', 's.safetensors']);
  expect(inspected.stdout).toContain(
    '64 channels (patches of 3 × 3, less 0.8 of their mean, the largest of 2 × 2, standardised over the batch before the ReLU, read in 4 × 4 cells, not normalised) - 96 channels',
  );
  expect(inspected.stdout).toContain('images of 24 × 96, colour as their bytes, by ff predict and loadModel');
  expect((await ff(['predict', 's.safetensors', 'stripes', '--out', 'answers.csv'])).code).toBe(0);
  const evaluated = parseLines((await ff(['evaluate', 's.safetensors', 'stripes', '--json'])).stdout);
  expect(evaluated[0].goodnessError).toBeLessThan(10);

  expect((await ff([...words, '1', '--recipe', 'conv-color'])).code).toBe(0);
  expect(await about()).toMatchObject({ recipe: { name: 'conv-color', flip: true, batch: 32 } });

  expect((await ff([...words, '1', '--recipe', 'one-pass'])).code).toBe(0);
  const dense = await about();
  expect(dense.recipe.name).toBe('one-pass');
  expect(dense.encoding).toMatchObject({ height: 8, width: 32, centre: expect.anything() });
});

it('stops at Ctrl-C with a checkpoint, and goes on to the same model', async () => {
  const lines = each(i => `${(i % 3) + noise[i]},${noise[(i * 7) % count]},${kind(i)}`);
  await writeFile(join(folder, 'table.csv'), `size,other,kind\n${lines.join('\n')}\n`);
  const options = ['train', 'table.csv', '--label', 'kind', '--seed', '3', '--json', '--out'];
  expect((await ff([...options, 'whole.safetensors'])).code).toBe(0);
  const stopped = await ff([...options, 'part.safetensors'], /"epoch":5,/);
  expect(stopped).toMatchObject({ code: 130, stderr: '' });
  const checkpoint = 'part.checkpoint.safetensors';
  expect(parseLines(stopped.stdout).at(-1)).toMatchObject({ event: 'stopped', checkpoint });
  const refused = await ff(['train', 'table.csv', '--resume', checkpoint, '--seed', '3']);
  expect(refused.stderr).toMatch(/^ff: --resume goes on with the recipe, label, seed and epochs/);
  const other = await ff(['train', 'table.parquet', '--resume', checkpoint]);
  expect(other).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/is of other data than table\.parquet/),
  });
  expect((await ff(['predict', checkpoint, 'table.csv'])).stderr).toMatch(/is a checkpoint of own data/);
  for (const kind of ['--int8', '--js', '--onnx']) {
    const { code, stdout, stderr } = await ff(['export', checkpoint, kind, '--out', 'exported']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^ff: \S+ is a checkpoint of own data, not a model: finish its training with [^\n]+\n$/,
    );
    expect(await readdir(folder)).not.toContain('exported');
  }
  const resumed = await ff(['train', 'table.csv', '--resume', checkpoint, '--out', 'part.safetensors']);
  expect(resumed).toMatchObject({ code: 0, stderr: '' });
  const [whole, part] = await Promise.all(
    ['whole', 'part'].map(name => readFile(join(folder, `${name}.safetensors`))),
  );
  expect(part.equals(whole)).toBe(true);
  expect(await readdir(folder)).not.toContain(checkpoint);
  const finished = await ff(['train', 'table.csv', '--resume', 'whole.safetensors']);
  expect(finished).toMatchObject({ code: 2, stderr: expect.stringMatching(/is a finished model/) });
});
