// A table that is known, written in ways drawn at random: it is read to the same numbers, or refused, or doubted; never otherwise.

import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import type { Table } from '../../../src/data/formats/columns.ts';
import { parseCsv } from '../../../src/data/formats/csv.ts';
import { readIn } from '../../../src/data/formats/passes.ts';
import { readText } from '../../../src/data/formats/text-table.ts';
import type { Note } from '../../../src/data/notes.ts';
import { fitEncoding } from '../../../src/data/tables/fit-table.ts';
import { columnValues } from '../../../src/data/tables/table-encoding.ts';
import { InputError } from '../../../src/errors.ts';
import { generator } from '../../support/data.ts';

const DRAWS = 10_000;
const ROWS = 24;

type Random = () => number;
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)];

interface Writing {
  readonly delimiter: string;
  readonly decimal: string;
  readonly thousands: string;
  readonly missing: string;
  readonly encoding: 'utf-8' | 'utf-8 with mark' | 'utf-16le' | 'latin1';
  readonly hasHeader: boolean;
  readonly isQuoted: boolean;
  readonly newline: string;
  readonly before: string;
  readonly behind: string;
  readonly sign: string;
}

/** A column as numbers (null for none), and how many decimals are written. */
interface Numbers {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly decimals: number;
}

function drawWriting(random: Random): Writing {
  const delimiter = pick(random, [',', ';', '\t', '|']);
  const decimal = pick(random, ['.', '.', ',']);
  return {
    delimiter,
    decimal,
    thousands: pick(random, ['', '', '', decimal === '.' ? ',' : '.', ' ', "'"]),
    missing: pick(random, ['', 'NA', 'None', '-', '?', 'null', '.', 'n/a']),
    encoding: pick(random, ['utf-8', 'utf-8', 'utf-8 with mark', 'utf-16le', 'latin1']),
    hasHeader: random() < 0.8,
    isQuoted: random() < 0.2,
    newline: pick(random, ['\n', '\r\n', '\r']),
    before: pick(random, ['', '', '', '# made by hand\n', 'A title\n\n', 'sep']),
    behind: pick(random, ['', '', '', '\n', '\n\n', 'end of table']),
    sign: pick(random, ['', '', '', '$', ' %']),
  };
}

function drawNumbers(random: Random, name: string): Numbers {
  const size = pick(random, [1, 10, 500, 5000, 1e6]);
  const decimals = pick(random, [0, 0, 1, 2, 3]);
  const isGapped = random() < 0.3;
  const values = Array.from({ length: ROWS }, () => {
    if (isGapped && random() < 0.2) return null;
    return Number(((random() - (size > 100 ? 0 : 0.5)) * size).toFixed(decimals));
  });
  return { name, values, decimals };
}

function written(value: number | null, decimals: number, writing: Writing): string {
  if (value === null) return writing.missing;
  const [whole, fraction] = Math.abs(value).toFixed(decimals).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, writing.thousands);
  const digits =
    (Object.is(Math.sign(value), -1) ? '-' : '') + grouped + (fraction ? writing.decimal + fraction : '');
  if (writing.sign === '$') return digits.replace(/^(-?)/, '$1$$');
  return digits + writing.sign;
}

function textOf(
  columns: readonly Numbers[],
  words: readonly string[],
  labels: readonly string[],
  writing: Writing,
): string {
  const { delimiter, newline } = writing;
  const cellText = (text: string) =>
    writing.isQuoted || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  const lines = Array.from({ length: ROWS }, (_, i) =>
    [...columns.map(({ values, decimals }) => written(values[i], decimals, writing)), words[i], labels[i]]
      .map(cellText)
      .join(delimiter),
  );
  if (writing.hasHeader)
    lines.unshift([...columns.map(({ name }) => name), 'word', 'kind'].map(cellText).join(delimiter));
  const before = writing.before === 'sep' ? `sep=${delimiter}\n` : writing.before;
  return (before + lines.join('\n') + (writing.behind === '' ? '' : `\n${writing.behind}`)).replaceAll(
    '\n',
    newline,
  );
}

function bytesOf(text: string, encoding: Writing['encoding']): Uint8Array {
  if (encoding === 'utf-16le')
    return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
  if (encoding === 'latin1') return Buffer.from(text, 'latin1');
  return Buffer.from(encoding === 'utf-8' ? text : `\ufeff${text}`);
}

/** Whether a page reads the same, or refuses what is no UTF-8. */
function isReadInPages(bytes: Uint8Array, table: Table & { readonly notes: readonly Note[] }): boolean {
  try {
    const { columns, ...found } = readIn(bytes, readText({ path: 'x.csv', size: bytes.length }, {}, {}));
    const { columns: expected, ...rest } = table;
    const told = (list: Table['columns']) => list.map(({ name, values }) => [name, ...values]);
    return isDeepStrictEqual([found, told(columns)], [rest, told(expected)]);
  } catch (error) {
    return error instanceof InputError && table.notes[0].isWarning === true;
  }
}

/** What went wrong, if anything. */
function complaint(seed: number): string | undefined {
  const random = generator(seed);
  const writing = drawWriting(random);
  const columns = Array.from({ length: 2 + Math.floor(random() * 3) }, (_, k) =>
    drawNumbers(random, `größe ${k}`),
  );
  const words = Array.from({ length: ROWS }, () => pick(random, ['rot', 'blau', 'grün']));
  const labels = Array.from({ length: ROWS }, () => pick(random, ['ja', 'nein']));
  const text = textOf(columns, words, labels, writing);
  let notes: readonly { readonly isWarning?: boolean; readonly text: string }[] = [];
  try {
    const bytes = bytesOf(text, writing.encoding);
    const table = parseCsv(bytes, 'x.csv');
    if (!isReadInPages(bytes, table))
      return `otherwise in a page: ${JSON.stringify(writing)}\n${text.slice(0, 300)}`;
    notes = table.notes;
    const rows = Uint32Array.from({ length: table.count }, (_, i) => i);
    const label = table.columns.length - 1;
    const fitted = fitEncoding(table, label, ['ja', 'nein'], rows);
    notes = [...notes, ...fitted.notes];
    if (notes.some(({ isWarning }) => isWarning)) return undefined;
    const told = JSON.stringify(writing);
    if (table.count !== ROWS || table.columns.length !== columns.length + 2) {
      return `${table.count} rows of ${table.columns.length} columns: ${told}\n${text.slice(0, 300)}`;
    }
    for (const [k, { name, values, decimals }] of columns.entries()) {
      const column = table.columns[k];
      if (table.hasNames && column.name !== name) return `the name ${column.name}: ${told}`;
      const encoded = fitted.encoding.columns.find(each => each.name === column.name);
      if (!encoded) {
        if (fitted.dropped.some(each => each.name === column.name)) continue;
        return `no column ${column.name}: ${told}`;
      }
      if (encoded.kind !== 'number') return `a category ${column.name}: ${told}\n${text.slice(0, 400)}`;
      const found = columnValues(encoded, column);
      const isSame = values.every((value, i) =>
        value === null ? Number.isNaN(found[i]) : Number(value.toFixed(decimals)) === found[i],
      );
      if (!isSame)
        return `other numbers in ${column.name}: ${told}\n${text.slice(0, 600)}\n${[...found].join(' ')}`;
    }
    if ([...table.columns.at(-2)!.values].some((word, i) => word !== words[i])) return `other words: ${told}`;
    return undefined;
  } catch (error) {
    return error instanceof InputError ? undefined : `seed ${seed}: ${String(error)}`;
  }
}

it(`${DRAWS} tables are read to the same numbers, or refused, or doubted`, () => {
  const complaints = Array.from({ length: DRAWS }, (_, seed) => [seed, complaint(seed + 1)] as const).filter(
    ([, text]) => text !== undefined,
  );
  expect(complaints.slice(0, 3)).toEqual([]);
});
