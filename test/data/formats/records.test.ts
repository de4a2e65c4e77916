// Text cut into records as another parser cuts it.

import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { RecordCutter } from '../../../src/data/formats/record-cutter.ts';
import { cutRecords } from '../../../src/data/formats/records.ts';

it.each([
  ['cells', 'a,b\n1,2\n', [['a', 'b'], ['1', '2'], ['']]],
  [
    'quotes',
    '"a, ""b""",c\n"1\n2",3',
    [
      ['a, "b"', 'c'],
      ['1\n2', '3'],
    ],
  ],
  ['quotes in the midst of a cell', 'a"b,c\n"",""\n', [['a"b', 'c'], ['', ''], ['']]],
  ['blanks behind a quote', '"a" ,b\n"c"\t\n"d" ', [['a', 'b'], ['c'], ['d']]],
  [
    'a delimiter at the end',
    '"a",\nb,',
    [
      ['a', ''],
      ['b', ''],
    ],
  ],
])('cuts %s', (_, text, records) => {
  expect(cutRecords(text, ',')).toEqual({ records });
});

it.each([
  ['"a', 0, /not closed/],
  ['a,b\n"c,d\n1,2\n', 1, /not closed/],
  ['a\nb\n"c"d,"e"\n', 2, /follows on a closed quote/],
])('tells what is wrong with the quotes of %j', (text, record, what) => {
  expect(cutRecords(text, ',').fault).toEqual({ record, what: expect.stringMatching(what) });
});

it('cuts a text in pieces, wherever these end, as in one', () => {
  const text = 'a,"b\n""c"""\n\n"1","2\n3"\nx,y\n"\n\n",z';
  const whole = cutRecords(text, ',').records.filter(row => row.length > 1 || row[0].trim() !== '');
  const trimmed = whole.map(row => row.map(cell => cell.trim()));
  for (let first = 0; first <= text.length; first++) {
    for (let second = first; second <= text.length; second++) {
      const cutter = new RecordCutter(',', 'x.csv');
      const pieces = [text.slice(0, first), text.slice(first, second), text.slice(second)];
      expect([...pieces.flatMap(piece => cutter.cut(piece)), ...cutter.cut()]).toEqual(trimmed);
    }
  }
  const open = new RecordCutter(',', 'x.csv');
  expect(open.cut('a\n"b\nc\n')).toEqual([['a']]);
  expect(() => open.cut()).toThrow(/record 2: a quote is not closed/);
});

describe('as Papa Parse does', () => {
  // A small generator: the same texts in every run.
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const signs = ['a', 'é', '1', '"', '"', '""', ' ', '\n', '\n', ';', '\t', '||', ',"', '",', '"\n'];

  it.each([';', ',', '\t', '|', '||'])('with %j between cells', delimiter => {
    let faults = 0;
    for (let trial = 0; trial < 4000; trial++) {
      const text = Array.from({ length: 1 + random(24) }, () => signs[random(signs.length)])
        .join('')
        // Blanks behind the last quote are none of its business, as they are not before a delimiter.
        .trimEnd();
      if (text === '') continue;
      const most = random(2) === 0 ? undefined : 1 + random(3);
      const { data, errors } = Papa.parse(text, { delimiter, newline: '\n', ...(most && { preview: most }) });
      const { records, fault } = cutRecords(text, delimiter, most);
      const sizes = (rows: readonly unknown[]) => rows.map(row => (row as unknown[]).length);
      // What it makes of the quotes in a cell that is not closed is another matter: such a table is refused.
      if (fault) {
        faults++;
        expect([text, sizes(records), fault.record]).toEqual([text, sizes(data), errors[0]?.row]);
      } else expect([text, records, undefined]).toEqual([text, data, errors[0]?.row]);
    }
    expect(faults).toBeGreaterThan(100);
  });

  it('a large text of one column, in no more time than its length asks for', () => {
    const text = `"x"\n${'abc\n'.repeat(300_000)}`;
    expect(cutRecords(text, ';').records).toHaveLength(300_002);
  });
});
