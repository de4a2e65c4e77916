// CSV as other programs write it: delimiters, quotes, headers, encodings, lines around the table, and what is wrong with the rest.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Table } from '../../../src/data/formats/columns.ts';
import { parseCsv, readCsv } from '../../../src/data/formats/csv.ts';
import { readIn } from '../../../src/data/formats/passes.ts';
import { type ReadProgress, readText, type TextOptions } from '../../../src/data/formats/text-table.ts';
import { InputError } from '../../../src/errors.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
/** A text as Node reads it, which is how pages do. */
const csv = (text: string, options: TextOptions = {}) => {
  const bytes = bytesOf(text);
  const inPage = () => plain(readIn(bytes, readText({ path: 'x.csv', size: bytes.length }, {}, options)));
  try {
    const table = parseCsv(bytes, 'x.csv', options);
    expect(inPage()).toEqual(plain(table));
    return table;
  } catch (error) {
    if (error instanceof InputError) expect(inPage).toThrow(error);
    throw error;
  }
};
const plain = ({ columns, ...rest }: Table) => ({
  ...rest,
  columns: columns.map(({ name, values }) => ({ name, values: [...values] })),
});
const names = (text: string, options?: TextOptions) => csv(text, options).columns.map(({ name }) => name);
const cells = (text: string, options?: TextOptions) =>
  csv(text, options).columns.map(({ values }) => [...values]);
const inFile = async (bytes: Uint8Array, use: (path: string) => Promise<void>) => {
  const folder = await mkdtemp(join(tmpdir(), 'ff-csv-'));
  try {
    await writeFile(join(folder, 'a.csv'), bytes);
    await use(join(folder, 'a.csv'));
  } finally {
    await rm(folder, { recursive: true });
  }
};
const notesOf = (text: string, options?: TextOptions) =>
  csv(text, options)
    .notes.map(note => note.text)
    .join('\n');

it.each([
  ['a comma, quotes, a byte order mark and CRLF', '\ufeffa,b\r\n"x, ""y""",1\r\nz,2\r\n', ['x, "y"', 'z']],
  ['semicolons and decimal commas', 'a;b\n1,5;x\n2;y\n', ['1,5', '2']],
  ['semicolons between decimal commas alone', 'a;b\n1,5;2,5\n2,0;3,5\n', ['1,5', '2,0']],
  ['tabs', 'a\tb\n1,5\tx\n', ['1,5']],
  ['mixed ends of lines and an empty line', 'a,b\r\n1,2\n\n3,4\r5,6', ['1', '3', '5']],
  ['columns that are aligned by blanks', '  a    b\n  1.5  x\n 20.5  y\n', ['1.5', '20.5']],
  ['one blank', 'a b\n1.5 x\n2 "y z"\n', ['1.5', '2']],
  ['what Excel says of itself', 'sep=;\na;b\n1,5;x\n2;y\n', ['1,5', '2']],
  ['comments', '# made by hand\n#\na,b\n1,x\n2,y\n', ['1', '2']],
  ['a comment that names the columns', '# made by hand\n# a,b\n1,x\n2,y\n', ['1', '2']],
  ['a title', 'Our table\nof today\n\na,b\n1,x\n2,y\n3,z\n', ['1', '2', '3']],
  ['a line behind it', 'a,b\n1,x\n2,y\n3,z\nAll rows: 3\n', ['1', '2', '3']],
  ['a delimiter at the end of the header', 'a,b,\n1,x\n2,y\n', ['1', '2']],
  ['a delimiter at the end of every row', 'a,b\n1,x,\n2,y,\n', ['1', '2']],
])('reads %s', (_, text, first) => {
  const table = csv(text);
  expect(table.columns.map(({ name }) => name)).toEqual(['a', 'b']);
  expect([...table.columns[0].values]).toEqual(first);
});

it('gives the first column of R a name', () => {
  expect(names('a,b\nr1,1,2\nr2,3,4\n')).toEqual(['column 1', 'a', 'b']);
});

describe('tells a header from an example', () => {
  it.each<[string, string, string[]]>([
    ['words above numbers', 'a,b\n1,x\n2,y', ['a', 'b']],
    ['no header', '1,x\n2,y', ['column 1', 'column 2']],
    ['numbers that count', '0,1,2,label\n5,6,7,x', ['0', '1', '2', 'label']],
    ['a word that comes again', 'y,n,y\ny,y,n\nn,n,y', ['column 1', 'column 2', 'column 3']],
    ['names twice and none', 'a,a,\n1,2,3', ['a', 'a (2)', 'column 3']],
    [
      'wavelengths',
      'kind,500,510,520\na,.31,.2,.25\nb,.41,.3,.35\na,.5,.6,.1',
      ['kind', '500', '510', '520'],
    ],
    ['years', '2001,2002,kind\n1.25,2.5,a\n1.5,2.25,b\n3.5,4.5,a', ['2001', '2002', 'kind']],
    ['an index without a name', ',size,kind\n4,1.5,a\n7,2.5,b\n1,3.5,a', ['column 1', 'size', 'kind']],
    [
      'small whole numbers that are values',
      '1,2,3,a\n2,2,4,b\n0,4,1,a\n1,1,3,b\n3,0,2,a',
      ['column 1', 'column 2', 'column 3', 'column 4'],
    ],
  ])('%s', (_, text, expected) => expect(names(text)).toEqual(expected));

  it('or is told', () => {
    expect(names('a,b\nc,d\ne,f', { header: false })).toEqual(['column 1', 'column 2']);
    expect(names('1,2\n3,4', { header: true })).toEqual(['1', '2']);
  });
});

it('is told what stands between cells', () => {
  expect(cells('a:b\n1:2\n3:4', { delimiter: ':' })).toEqual([
    ['1', '3'],
    ['2', '4'],
  ]);
});

it('says how it has read', () => {
  const text = notesOf('# x\na;b\n1,5;x\n2;y\nsum: 2\n');
  expect(text).toMatch(
    /read as utf-8 text: semicolons between cells, names in the first row \(.*\), 2 rows of 2 columns/,
  );
  expect(text).toMatch(/1 comment lines left out/);
  expect(text).toMatch(/1 lines behind the table left out/);
});

describe('encodings', () => {
  it.each<[string, number[], string]>([
    ['utf-16le', [0xff, 0xfe, ...[...'a,b\n1,é\n'].flatMap(c => [c.charCodeAt(0), 0])], 'é'],
    ['utf-16be', [...'a,b\n1,é\n2,b\n3,c\n'].flatMap(c => [0, c.charCodeAt(0)]), 'é'],
    [
      'gb18030',
      [...bytesOf('a,b\n1,'), 0xb9, 0xfa, 0xbc, 0xd2, ...bytesOf('\n2,'), 0xd6, 0xd0, 0xce, 0xc4, 10],
      '国家',
    ],
    [
      'shift_jis',
      [...bytesOf('a,b\n1,'), 0x83, 0x65, 0x83, 0x58, 0x83, 0x67, 0x82, 0xc5, 0x82, 0xb7, 10],
      'テストです',
    ],
    [
      'windows-1251',
      [
        ...bytesOf('a,b\n1,'),
        ...[0xef, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2, 0x20, 0xec, 0xe8, 0xf0],
        10,
        ...bytesOf('2,'),
        ...[
          0xee, 0xed, 0xe0, 0x20, 0xe8, 0x20, 0xee, 0xed, 0x20, 0xed, 0xe5, 0x20, 0xe7, 0xed, 0xe0, 0xeb,
          0xe8,
        ],
        10,
      ],
      'привет мир',
    ],
    ['windows-1252', [...bytesOf('a,b\n1,caf'), 0xe9, ...bytesOf(' cr\xe8me').map(byte => byte), 10], 'café'],
  ])('%s', (encoding, bytes, word) => {
    const table = parseCsv(Uint8Array.from(bytes), 'x.csv');
    expect(String(table.columns[1].values.at(0))).toContain(word);
    expect(table.notes[0].text).toContain(`read as ${encoding}`);
  });

  it('is said, and refused where it is not so', () => {
    const latin = Uint8Array.from([...bytesOf('a,b\n1,caf'), 0xe9, 10]);
    expect(parseCsv(latin, 'x.csv', { encoding: 'latin1' }).columns[1].values.at(0)).toBe('café');
    expect(() => parseCsv(latin, 'x.csv', { encoding: 'utf-8' })).toThrow(/x.csv is not utf-8/);
    expect(() => csv('a,b\n1,2', { encoding: 'utf9' })).toThrow(/no encoding is called utf9: did you mean/);
  });
});

it('takes quotes of windows-1252 for quotes', () => {
  const bytes = Uint8Array.from([...bytesOf('a,b\n1,don'), 0x92, ...bytesOf('t\n2,caf'), 0xe9, 10]);
  expect([...parseCsv(bytes, 'x.csv').columns[1].values]).toEqual(['don’t', 'café']);
});

describe('a file of several pieces', () => {
  const rows = 60_000;
  const word = (i: number) => (i % 7 === 0 ? `größe ${i},\n"${i}"` : `w${i % 10}`);
  const quoted = (cell: string) => (/[,"\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const number = (i: number) => ((i * 7919) % 100_003) / 100;
  const line = (i: number) => `${number(i).toFixed(2)},${quoted(word(i))},${i % 3}`;
  const whole = (newline: string) =>
    ['a,b,c', ...Array.from({ length: rows }, (_, i) => line(i))].join('\n').replaceAll('\n', newline);

  it.each([
    ['as it is', (text: string) => Buffer.from(text)],
    ['packed', (text: string) => gzipSync(text)],
    ['of UTF-16', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
  ])('is read to its last cell, %s', async (_, pack) => {
    await inFile(pack(whole('\r\n')), async path => {
      const { count, columns } = await readCsv(path);
      expect(count).toBe(rows);
      const [a, b, c] = columns.map(({ values }) => [...values]);
      const isRight = a.every(
        (cell, i) => cell === number(i).toFixed(2) && b[i] === word(i) && c[i] === String(i % 3),
      );
      expect(isRight).toBe(true);
    });
  });

  it('has rows around its examples, and zero bytes that fill up its end', async () => {
    const text = `Words,,\n${whole('\n').replace('\n', '\nmm,,m\n')}\nTotal,,9\n`;
    await inFile(Buffer.concat([Buffer.from(text), Buffer.alloc(1 << 19)]), async path => {
      const { count, columns, notes } = await readCsv(path);
      expect(columns.map(({ name, values }) => [name, values.at(0), values.at(-1)])).toEqual([
        ['a', number(0).toFixed(2), number(rows - 1).toFixed(2)],
        ['b', word(0), word(rows - 1)],
        ['c', '0', String((rows - 1) % 3)],
      ]);
      expect([count, ...notes.slice(1).map(note => note.count)]).toEqual([rows, 1, 1, 1]);
    });
  });

  it('tells how far it has come, and what it will take', async () => {
    const told: ReadProgress[] = [];
    await inFile(Buffer.from(whole('\n')), async path => {
      await readCsv(path, {}, progress => {
        told.push(progress);
      });
    });
    const { bytes, of, table } = told.at(-1)!;
    expect(told[0].table).toBeUndefined();
    expect(bytes).toBe(of);
    expect(table!.columns).toBe(3);
    expect(Math.abs(table!.expectedRows - rows)).toBeLessThan(0.1 * rows);
    // A double, a word and a byte.
    expect(table!.memory).toBeGreaterThan(10 * rows);
  });

  it('is cut by what most of its records are, and not by the first ones', async () => {
    const other = Array.from({ length: 250 }, (_, i) => `${i},x`);
    const text = ['a,b,c', ...Array.from({ length: 300 }, (_, i) => `${i},x,y`)].join('\n');
    await inFile(Buffer.from([...other, text].join('\n')), async path => {
      await expect(readCsv(path)).rejects.toThrow(/record 1 has 2 cells, expected 3 as in most/);
    });
  });

  it('is refused where a quote is not closed, by its record', async () => {
    const text = `${whole('\n')}\n1,"open,2\n${Array.from({ length: rows }, (_, i) => `${i},x,y`).join('\n')}`;
    await inFile(Buffer.from(text), async path => {
      await expect(readCsv(path)).rejects.toThrow(/record 60002: a quote is not closed; close the quote/);
    });
  });
});

it('finds what stands between the cells of long lines', () => {
  const cells = (write: (k: number) => string) =>
    Array.from({ length: 40_000 }, (_, k) => write(k)).join('\t');
  const text = [cells(k => `column ${k}`), ...[1, 2, 3].map(i => cells(k => `${i}.${k % 10}`))].join('\n');
  const { columns, count } = csv(text);
  expect([columns.length, count]).toEqual([40_000, 3]);
  expect([...columns[39_999].values]).toEqual(['1.9', '2.9', '3.9']);
});

it('reads what gzip has packed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ff-csv-'));
  try {
    const packed = gzipSync('a,b\n1,x\n2,y\n');
    await writeFile(join(folder, 'a.csv.gz'), packed);
    await writeFile(join(folder, 'bad.csv.gz'), packed.subarray(0, 20));
    expect([...(await readCsv(join(folder, 'a.csv.gz'))).columns[0].values]).toEqual(['1', '2']);
    await expect(readCsv(join(folder, 'bad.csv.gz'))).rejects.toThrow(/bad.csv.gz: damaged gzip/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it.each([
  ['', /empty/],
  ['a,b\n', /nothing else/],
  ['a,b\n1,2,3\n4,5\n6,7', /record 2 has 3 cells, expected 2/],
  ['a,b\n1,2\n3\n4,5\n6,7', /record 3 has 1 cell, expected 2/],
  ['a,b\n1,"2\n', /record 2: .*close the quote/],
  ['a\0b', /zero byte at offset 1/],
])('refuses %j', (text, message) => {
  expect(() => csv(text)).toThrow(message);
});

it('does not cut at blanks within cells where commas cut all lines, names included', () => {
  const rows = Array.from(
    { length: 20 },
    (_, i) => `${i}.5 ${i % 2 ? 'EUR' : 'JPY'},${2 * i} kg,${'ab'[i % 2]}`,
  );
  const { columns, count } = parseCsv(
    new TextEncoder().encode(['price,mass,kind', ...rows].join('\n')),
    'x.csv',
  );
  expect(columns.map(({ name }) => name)).toEqual(['price', 'mass', 'kind']);
  expect(count).toBe(20);
});

it('says which name several columns have', () => {
  const { columns, notes } = parseCsv(
    new TextEncoder().encode('score,score,label\n1,2,a\n3,4,b\n5,6,a\n'),
    'x.csv',
  );
  expect(columns.map(({ name }) => name)).toEqual(['score', 'score (2)', 'label']);
  expect(notes[0].text).toMatch(/several columns are called score: the second is score \(2\) here/);
});

it('reads ends of lines of all kinds, up to zero bytes that fill up the end', () => {
  const { count, columns } = csv('a,b\r\n1,x\n2,y\r\n3,x\r\n\0\0');
  expect(count).toBe(3);
  expect([...columns[1].values]).toEqual(['x', 'y', 'x']);
  expect(() => csv('a,b\n1,x\n\x002,y\n')).toThrow(/found a zero byte at offset 8/);
});
