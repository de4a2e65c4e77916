// Workbooks, of as little XML as Excel takes.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readXlsx } from '../../../src/data/formats/xlsx.ts';

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-xlsx-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Cell = string | number | null;

function sheetXml(rows: readonly (readonly Cell[])[]): string {
  const cellXml = (cell: Cell, row: number, column: number) => {
    const place = `r="${'ABCDEF'[column]}${row}"`;
    if (cell === null) return '';
    return typeof cell === 'number'
      ? `<c ${place}><v>${cell}</v></c>`
      : `<c ${place} t="inlineStr"><is><t>${cell}</t></is></c>`;
  };
  const lines = rows.map(
    (row, i) => `<row r="${i + 1}">${row.map((cell, k) => cellXml(cell, i + 1, k)).join('')}</row>`,
  );
  return `<worksheet xmlns="${MAIN}"><sheetData>${lines.join('')}</sheetData></worksheet>`;
}

async function write(
  name: string,
  sheets: Readonly<Record<string, readonly (readonly Cell[])[]>>,
): Promise<string> {
  const names = Object.keys(sheets);
  const relation = (id: string, type: string, target: string) =>
    `<Relationship Id="${id}" Type="${RELATIONS}/${type}" Target="${target}"/>`;
  const relations = (list: string) =>
    `<Relationships xmlns="${PACKAGE}/relationships">${list}</Relationships>`;
  const files: Record<string, string> = {
    '[Content_Types].xml': `<Types xmlns="${PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`,
    '_rels/.rels': relations(relation('w', 'officeDocument', 'xl/workbook.xml')),
    'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets>${names.map((sheet, i) => `<sheet name="${sheet}" sheetId="${i + 1}" r:id="s${i}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations(
      names.map((_, i) => relation(`s${i}`, 'worksheet', `worksheets/sheet${i}.xml`)).join(''),
    ),
    ...Object.fromEntries(names.map((sheet, i) => [`xl/worksheets/sheet${i}.xml`, sheetXml(sheets[sheet])])),
  };
  const path = join(folder, name);
  const bytes = Object.fromEntries(Object.entries(files).map(([file, text]) => [file, strToU8(text)]));
  await writeFile(path, zipSync(bytes));
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
