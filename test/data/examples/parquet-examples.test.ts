// Parquet files, written by a second program: as a table, as images, and what is wrong with the others. Damaged ones are met with
// an error of ours, in bounded time, by a process that ends.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { strToU8, zipSync } from 'fflate';
import type { CompressionCodec } from 'hyparquet';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeLabelled } from '../../../src/data/encode-examples.ts';
import { holdsExamples, readExamples } from '../../../src/data/examples/open-examples.ts';
import { readParquet } from '../../../src/data/examples/parquet-examples.ts';
import { readColumns } from '../../../src/data/formats/parquet.ts';
import { preprocess } from '../../../src/data/preprocess.ts';
import { InputError } from '../../../src/errors.ts';
import { generator } from '../../support/data.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-parquet-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Options = Omit<Parameters<typeof parquetWriteBuffer>[0], 'columnData'>;

async function write(name: string, columnData: ColumnSource[], options: Options = {}): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, ...options })));
  return path;
}

const count = 60;
const each = <T>(value: (i: number) => T) => Array.from({ length: count }, (_, i) => value(i));
const table = (): ColumnSource[] => [
  { name: 'size', data: each(i => (i % 9 === 4 ? null : (i % 3) + i / 100)), type: 'DOUBLE' },
  { name: 'id', data: each(i => BigInt((i * 7) % 60)), type: 'INT64' },
  {
    name: 'colour',
    data: each(i => (i % 11 === 3 ? null : ['red', 'green', 'blue'][i % 3])),
    type: 'STRING',
  },
  { name: 'isBig', data: each(i => i % 3 === 2), type: 'BOOLEAN' },
  { name: 'kind', data: each(i => (i === 50 ? -1 : i % 3)), type: 'INT32' },
];
/** What Hugging Face writes beside the data. */
const features = (described: object): Options => ({
  kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features: described } }) }],
});
const kinds = features({ kind: { names: ['small', 'middle', 'large'], _type: 'ClassLabel' } });

it.each<[string, Options]>([
  ['snappy', {}],
  ['nothing', { codec: 'UNCOMPRESSED' }],
  ['gzip', { codec: 'GZIP', compressors: { GZIP: bytes => gzipSync(bytes) } }],
  ['brotli', { codec: 'BROTLI', compressors: { BROTLI: bytes => brotliCompressSync(bytes) } }],
  ['groups of rows', { rowGroupSize: 17 }],
])('reads numbers, text, booleans, missing cells and names of classes: %s', async (_, options) => {
  const path = await write('table.parquet', table(), { ...options, ...kinds });
  const { examples } = await readExamples(path);
  expect(examples).toMatchObject({ name: path, count, hasNames: true });
  expect(examples.columns?.map(({ name }) => name)).toEqual(['size', 'id', 'colour', 'isBig', 'kind']);
  const [size, id, colour, isBig, kind] = examples.columns!.map(({ values }) => values);
  expect(size).toEqual(Float64Array.from(each(i => (i % 9 === 4 ? Number.NaN : (i % 3) + i / 100))));
  expect(id).toEqual(Float64Array.from(each(i => (i * 7) % 60)));
  expect(colour.slice(0, 5)).toEqual(['red', 'green', 'blue', '', 'green']);
  expect(isBig.slice(0, 3)).toEqual(['false', 'false', 'true']);
  expect(kind).toEqual(each(i => (i === 50 ? '' : ['small', 'middle', 'large'][i % 3])));
  const data = preprocess({ examples }, { label: 'kind' });
  expect(data.encoding.classNames).toEqual(['large', 'middle', 'small']);
});

const picture = (i: number) =>
  encode({
    width: 6,
    height: 5,
    channels: 3,
    data: Uint8Array.from({ length: 90 }, (_, k) => (k % 3 === i % 2 ? 200 : 20) + (i % 7)),
  });
const record = (name: string, ...fields: string[]) => [
  { name: 'root', num_children: 2 },
  { name, num_children: fields.length, repetition_type: 'OPTIONAL' as const },
  ...fields.map(field => ({
    name: field,
    type: 'BYTE_ARRAY' as const,
    repetition_type: 'OPTIONAL' as const,
    ...(field === 'path' && { converted_type: 'UTF8' as const }),
  })),
  { name: 'label', type: 'INT64' as const, repetition_type: 'OPTIONAL' as const },
];
const pictures = (bytes = picture): [ColumnSource[], Options] => [
  [
    { name: 'image', data: each(i => ({ bytes: bytes(i), path: i === 1 ? null : `${i}.png` })) },
    { name: 'label', data: each(i => BigInt(i % 2)) },
  ],
  {
    schema: record('image', 'bytes', 'path'),
    ...features({ image: { _type: 'Image' }, label: { names: ['red', 'green'], _type: 'ClassLabel' } }),
  },
];

it('reads images with their classes, and makes them the size that a model needs', async () => {
  const path = await write('images.parquet', ...pictures());
  const { examples } = await readExamples(path);
  expect(examples).toMatchObject({ count, height: 5, width: 6, channels: 3 });
  if (!('pixels' in examples)) throw new Error('expected images');
  expect([...examples.pixels.subarray(90, 93)]).toEqual([21, 201, 21]);
  expect(examples.sources?.slice(0, 3)).toEqual(['0.png', 'row 2', '2.png']);
  const { encoding, train } = preprocess({ examples });
  expect(encoding).toMatchObject({ kind: 'image', label: 'label', classNames: ['green', 'red'] });
  expect(train.shape).toEqual([6, 6, 3]);
  const small = await readExamples(path, { size: { height: 3, width: 3, channels: 1 } });
  expect(small.examples).toMatchObject({ height: 3, width: 3, channels: 1 });
  expect(encodeLabelled(encoding, examples).labels.slice(0, 4)).toEqual(Uint8Array.of(1, 0, 1, 0));
});

it('takes the parts in a folder as one, and those that are called test to test on', async () => {
  await mkdir(join(folder, 'set'));
  const part = (begin: number, end: number) =>
    table().map(column => ({ ...column, data: Array.from(column.data).slice(begin, end) }));
  await write('set/train-00000-of-00002.parquet', part(0, 25), kinds);
  await write('set/train-00001-of-00002.parquet', part(25, 45), kinds);
  await write('set/test-00000-of-00001.parquet', part(45, 60), kinds);
  const path = join(folder, 'set');
  expect(await holdsExamples(path)).toBe(true);
  const { examples, test } = await readExamples(path);
  const whole = (await readExamples(await write('table.parquet', table(), kinds))).examples.columns!;
  expect([examples.count, test?.count]).toEqual([45, 15]);
  whole.forEach(({ name, values }, k) => {
    expect(examples.columns![k]).toEqual({ name, values: values.slice(0, 45) });
    expect(test!.columns![k]).toEqual({ name, values: values.slice(45) });
  });
  await write('set/other.parquet', part(0, 9).slice(1));
  await expect(readExamples(path)).rejects.toThrow(
    /has the columns size.*, expected id, .* as in .*other\.parquet/,
  );
});

it('leaves out rows whose image cannot be read, where that is said', async () => {
  const bad = (i: number) => (i === 3 ? Uint8Array.of(1, 2) : i === 8 ? new Uint8Array() : picture(i));
  const path = await write('bad.parquet', ...pictures(bad));
  await expect(readExamples(path)).rejects.toThrow(
    /bad\.parquet: 2 of 60 images cannot be read: .*row 4, .*row 9 .*; --skip-bad goes on/,
  );
  const { examples } = await readExamples(path, { skipBad: true });
  if (!('pixels' in examples)) throw new Error('expected images');
  const rest = each(i => i).filter(i => i !== 3 && i !== 8);
  expect(examples.count).toBe(58);
  expect(examples.columns).toEqual([{ name: 'label', values: rest.map(i => ['red', 'green'][i % 2]) }]);
  expect(examples.sources).toEqual(rest.map(i => (i === 1 ? 'row 2' : `${i}.png`)));
  expect(rest.map((_, k) => examples.pixels[90 * k])).toEqual(rest.map(i => (i % 2 ? 20 : 200) + (i % 7)));
  expect(examples.notes).toEqual([expect.objectContaining({ code: 'skipped', count: 2, isWarning: true })]);
});

it.each([
  ['table.parquet', async () => void (await write('table.parquet', table()))],
  ['table.csv', async () => writeFile(join(folder, 'table.csv'), 'a,b\n1,2\n3,4\n')],
  ['table.json', async () => writeFile(join(folder, 'table.json'), '[{"a":1,"b":2}]')],
  [
    'table.zip',
    async () => writeFile(join(folder, 'table.zip'), zipSync({ 'a.csv': strToU8('a,b\n1,2\n3,4\n') })),
  ],
])('refuses to leave out images of %s, which has none', async (name, make) => {
  await make();
  await expect(readExamples(join(folder, name), { skipBad: true })).rejects.toThrow(
    /--skip-bad leaves out files of images .* there are none in it: leave it out$/,
  );
});

it.each<[string, () => [ColumnSource[], Options], RegExp]>([
  [
    'records',
    () => [
      pictures()[0].map(c =>
        c.name === 'image'
          ? { ...c, data: each(() => ({ bytes: Uint8Array.of(1), note: Uint8Array.of(2) })) }
          : c,
      ),
      { schema: record('image', 'bytes', 'note') },
    ],
    /column image holds lists or records/,
  ],
  ['lists', () => [[{ name: 'pixels', data: each(i => [i, 2]) }, ...table()], {}], /column pixels holds/],
  ['images that are none', () => pictures(() => Uint8Array.of(1, 2, 3)), /row 1.*(PNG|decode)/],
  ['images without bytes', () => pictures(() => new Uint8Array()), /row 1 has no bytes of an image/],
  ['no rows', () => [table().map(column => ({ ...column, data: [] })), {}], /has no rows/],
])('refuses %s', async (_, make, message) => {
  const path = await write('odd.parquet', ...make());
  const failure = await readParquet(path).catch(error => error);
  expect(failure).toBeInstanceOf(InputError);
  expect(failure.message).toMatch(message);
  expect(failure.message.startsWith(path)).toBe(true);
});

it('refuses what is no Parquet file, or half of one', async () => {
  const path = await write('table.parquet', table());
  const { length } = new Uint8Array(parquetWriteBuffer({ columnData: table() }));
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData: table() })).subarray(0, length / 2));
  await expect(readExamples(path)).rejects.toThrow(/not a whole Parquet file/);
  await writeFile(path, '');
  await expect(readExamples(path)).rejects.toThrow(/not a whole Parquet file/);
  await expect(readExamples(join(folder, 'none.parquet'))).rejects.toThrow(/no such file/);
});

it('meets mutated files with an error of ours or none, and ends the process that reads them', async () => {
  const codecs: CompressionCodec[] = ['UNCOMPRESSED', 'SNAPPY'];
  const sound = codecs.map(
    codec => new Uint8Array(parquetWriteBuffer({ columnData: table(), codec, ...kinds })),
  );
  const random = generator(11);
  const below = (limit: number) => Math.floor(random() * limit);
  const attempt = async (trial: number) => {
    const bytes = Uint8Array.from(sound[trial % 2]);
    // Half of them in the footer, which says what is where.
    const from =
      trial % 4 < 2 ? 4 : bytes.length - 8 - new DataView(bytes.buffer).getUint32(bytes.length - 8, true);
    for (let n = below(3); n >= 0; n--) {
      bytes[from + below(bytes.length - 4 - from)] = [0, 0xff, 0x7f, 0x80, below(256)][below(5)];
    }
    const path = join(folder, `mutated-${trial}.parquet`);
    await writeFile(path, bytes);
    await readColumns(path, 2).then(
      ({ columns }) =>
        columns.forEach(({ values }) => {
          expect(values).toHaveLength(count);
        }),
      error => {
        if (!(error instanceof InputError)) throw error;
      },
    );
  };
  const before = process.memoryUsage().rss;
  for (let trial = 0; trial < 28; trial += 4) {
    await Promise.all([0, 1, 2, 3].map(k => attempt(trial + k)));
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
});
