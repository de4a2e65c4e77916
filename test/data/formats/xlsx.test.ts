// Workbooks of Excel.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readXlsx } from '../../../src/data/formats/xlsx.ts';
import { type Cell, workbook } from '../../support/workbook.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-xlsx-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(
  name: string,
  sheets: Readonly<Record<string, readonly (readonly Cell[])[]>>,
): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, workbook(sheets));
  return path;
}

it('reads the first sheet that holds something, and says which', async () => {
  const path = await write('a.xlsx', {
    empty: [],
    flowers: [['Our flowers'], [], ['size', 'kind'], [1.5, 'a'], [null, 'b'], [2.5, 'a']],
    others: [[1, 2]],
  });
  const { columns, hasNames, notes } = await readXlsx(path);
  expect(hasNames).toBe(true);
  expect(columns.map(({ name, values }) => [name, [...values]])).toEqual([
    ['size', [1.5, Number.NaN, 2.5]],
    ['kind', ['a', 'b', 'a']],
  ]);
  expect(notes[0].text).toMatch(
    /read sheet flowers: names in the first row .*, 3 rows of 2 columns; not read: others/,
  );
});

it('refuses what is none, and what has nothing in it', async () => {
  const path = join(folder, 'bad.xlsx');
  await writeFile(path, 'nothing');
  await expect(readXlsx(path)).rejects.toThrow(/bad\.xlsx: no workbook that can be read/);
  await expect(readXlsx(await write('empty.xlsx', { empty: [] }))).rejects.toThrow(/no sheet with rows/);
  await expect(readXlsx(await write('head.xlsx', { head: [['a', 'b']] }))).rejects.toThrow(
    /a header and nothing else/,
  );
});

it('leaves out titles, units and totals around the examples', async () => {
  const path = await write('around.xlsx', {
    Report: [
      ['Flowers', 'of 2024', null, null],
      ['length', 'width', 'height', 'kind'],
      ['mm', 'mm', 'mm', null],
      ...Array.from({ length: 9 }, (_, i) => [i, 2 * i, i / 2, i % 2 ? 'rose' : 'tulip']),
      ['Total', null, 18, null],
    ],
  });
  const { count, columns, notes } = await readXlsx(path);
  expect(count).toBe(9);
  expect(columns.map(({ name }) => name)).toEqual(['length', 'width', 'height', 'kind']);
  expect(columns[2].values).toEqual(Float64Array.from({ length: 9 }, (_, i) => i / 2));
  expect(notes.slice(1).map(({ code, count }) => [code, count])).toEqual([
    ['skipped', 1],
    ['skipped', 1],
    ['skipped', 1],
  ]);
});

it('refuses at once what its reader would wait for for ever', async () => {
  // A ZIP whose directory has no entry, in the format for large ones.
  const directory = Buffer.alloc(56);
  directory.writeUInt32LE(0x06064b50);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50);
  const end = Buffer.alloc(22, 0xff);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(0, 20);
  const path = join(folder, 'empty.xlsx');
  await writeFile(path, Buffer.concat([directory, locator, end]));
  await expect(readXlsx(path)).rejects.toThrow(/empty\.xlsx: (no workbook that can be read|damaged ZIP)/);
});

it('refuses what unpacks to far more than it is, whatever it is called', async () => {
  const sheet = unzipSync(
    workbook({
      s: [
        ['a', 'b'],
        [1, 2],
      ],
    }),
  );
  const path = join(folder, 'bomb.xlsx');
  await writeFile(path, zipSync({ ...sheet, 'xl/media/x.bin': new Uint8Array(2 ** 28) }));
  await expect(readXlsx(path)).rejects.toThrow(/bomb\.xlsx: \d+ bytes unpack to \d+ or more/);
});
