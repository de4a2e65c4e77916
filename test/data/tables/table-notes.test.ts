// What a table is doubted for, when it is learned from and when it is asked about.

import { describe, expect, it } from 'vitest';
import { encodeExamples, encodeLabelled, notesOn } from '../../../src/data/encode-examples.ts';
import { parseCsv } from '../../../src/data/formats/csv.ts';
import type { Note } from '../../../src/data/notes.ts';
import { type PreprocessOptions, preprocess } from '../../../src/data/preprocess.ts';
import { featuresOf } from '../../../src/data/tables/table-encoding.ts';
import { generator } from '../../support/data.ts';

const csv = (rows: readonly (readonly (string | number)[])[]) =>
  parseCsv(new TextEncoder().encode(rows.map(row => row.join(',')).join('\n')), 'x.csv');

/** 60 rows with a size, a member that may be told, and a kind that goes with the size. */
function table(
  change: (row: (string | number)[], i: number) => (string | number)[] = row => row,
  head = ['size', 'member', 'kind'],
) {
  const random = generator(5);
  const rows = Array.from({ length: 60 }, (_, i) => {
    const size = 10 * random() + (i % 2) * 3;
    return change([size.toFixed(2), i % 3 === 0 ? 'True' : 'False', i % 2 ? 'large' : 'small'], i);
  });
  return csv([head, ...rows]);
}

const learned = (examples: ReturnType<typeof csv>, options: PreprocessOptions = {}) =>
  preprocess({ examples }, { label: 'kind', ...options });
const about = (notes: readonly Note[], code: string) =>
  notes.filter(note => note.code === code).map(({ text }) => text);

describe('training says', () => {
  it('which cells hold no number, how many, and one of them', () => {
    const { notes } = learned(table((row, i) => (i === 7 ? ['big', ...row.slice(1)] : row)));
    expect(about(notes, 'cells')[0]).toMatch(/column size: 1 of 60 cells \(1\.7 %\) are no number .* "big"/);
  });

  it('which column tells the label', () => {
    const { notes } = learned(
      table(([size, member, kind], i) => [size, member, i % 2, kind], ['size', 'member', 'answer', 'kind']),
    );
    expect(about(notes, 'leak')).toEqual([
      expect.stringMatching(/column answer alone tells kind in at least 99 % of the rows/),
    ]);
    expect(about(learned(table()).notes, 'leak')).toEqual([]);
  });

  it('that it leaves out numbers of rows, unless they are kept', () => {
    const examples = table(
      ([size, member, kind], i) => [(i * 7) % 60, size, member, kind],
      ['nr', 'size', 'member', 'kind'],
    );
    const names = (options?: PreprocessOptions) => {
      const { encoding } = learned(examples, options);
      return encoding.kind === 'table' ? encoding.columns.map(({ name }) => name) : [];
    };
    expect(names()).toEqual(['size', 'member']);
    expect(about(learned(examples).notes, 'left-out')).toEqual([
      expect.stringMatching(/column nr left out: .*--keep nr/),
    ]);
    expect(names({ keep: ['nr'] })).toEqual(['nr', 'size', 'member']);
    expect(names({ ignore: ['size'] })).toEqual(['member']);
    expect(names({ columns: ['size'] })).toEqual(['size']);
    expect(() => names({ ignore: ['sise'] })).toThrow(/no column sise: did you mean size\?/);
  });

  it('that a word for nothing is a class', () => {
    const { notes, encoding } = learned(table(([size, member], i) => [size, member, i % 2 ? 'NA' : 'ZA']));
    expect(encoding.classNames).toEqual(['NA', 'ZA']);
    expect(about(notes, 'labels')).toEqual([
      expect.stringMatching(/30 rows have the label NA, which counts as a class; --missing NA/),
    ]);
  });

  it('that labels that are equal numbers are one', () => {
    const { encoding, notes } = learned(
      table(([size, member], i) => [size, member, i % 2 ? (i % 4 === 1 ? '1' : '1.0') : '2']),
    );
    expect(encoding.classNames).toEqual(['1', '2']);
    expect(about(notes, 'labels')).toEqual([
      expect.stringMatching(/written in several ways: 1\.0 counts as 1/),
    ]);
  });

  it('which column is the label by default, where it cannot be learned', () => {
    const examples = csv(
      Array.from({ length: 30 }, (_, i) => [i % 2, (i * 0.37).toFixed(3), (i * 0.11).toFixed(3)]),
    );
    expect(() => preprocess({ examples })).toThrow(
      /column 3 \(the last column, .*\) has 30 values in 30 rows.*--label/,
    );
  });
});

it('dates become numbers of their parts', () => {
  const examples = table(
    (row, i) => [`${1 + (i % 28)}/${1 + (i % 12)}/2024`, ...row],
    ['day', 'size', 'member', 'kind'],
  );
  const { encoding, notes, train } = learned(examples);
  const parts =
    encoding.kind === 'table'
      ? encoding.columns.flatMap(column => (column.kind === 'number' ? (column.date?.part ?? []) : []))
      : [];
  expect(parts).toEqual(['month', 'day', 'weekday']);
  expect(about(notes, 'cells')[0]).toMatch(/column day: dates, day first/);
  expect(train.inputs.every(Number.isFinite)).toBe(true);
});

it('tells dates that it cannot read, of whatever part is learned from', () => {
  const dated = (day: (i: number) => string) =>
    table((row, i) => [day(i), ...row], ['day', 'size', 'member', 'kind']);
  const { encoding } = learned(dated(i => `${1 + (i % 28)}/${1 + (i % 12)}/2024`));
  const odd = dated(i => (i === 3 ? 'soon' : i === 4 ? '' : '5/6/2024'));
  expect(about(notesOn(encoding, odd), 'cells')).toEqual([
    expect.stringMatching(/column day: 1 of 60 cells .* no number and count as missing, such as "soon"/),
    expect.stringMatching(/column day: 1 of 60 cells .* missing, where none was in training/),
  ]);
});

it('types are as they are said', () => {
  const examples = table((row, i) => [i % 5, ...row], ['zone', 'size', 'member', 'kind']);
  const kindOf = (options?: PreprocessOptions) => {
    const { encoding } = learned(examples, options);
    return encoding.kind === 'table' && encoding.columns[0].kind;
  };
  expect(kindOf()).toBe('number');
  expect(kindOf({ types: { zone: 'category' } })).toBe('category');
});

it.each<[string, (i: number) => string, RegExp, boolean]>([
  [
    'time zones',
    i => `2024-03-01T0${i % 9}:00:00${i % 2 ? '+02:00' : 'Z'}`,
    /several time zones \((Z, \+02:00|\+02:00, Z)\)/,
    true,
  ],
  [
    'codes',
    i => `0${1234 + 77 * i}`,
    /\d+ of \d+ cells begin with 0, as codes do, such as 0\d+, .*--types more=category/,
    false,
  ],
  [
    'lists',
    i => ['a;b', 'b;c', 'a;c', 'a', 'a;b;c'][i % 5],
    /cells that list several words count as a whole/,
    false,
  ],
])('says what is odd about %s', (_, cell, message, isWarning) => {
  const { notes } = learned(table((row, i) => [cell(i), ...row], ['more', 'size', 'member', 'kind']));
  const found = notes.find(({ text }) => message.test(text));
  expect(found).toMatchObject({ code: 'cells', column: 'more' });
  expect(found?.isWarning ?? false).toBe(isWarning);
});

describe('numbers with what they are numbers of', () => {
  const priced = (price: (i: number) => string) =>
    table((row, i) => [price(i), ...row], ['price', 'size', 'member', 'kind']);

  it.each<[string, (i: number) => string]>([
    ['EUR', i => `${i}.5 EUR`],
    ['USD', i => `USD ${i}.5`],
    ['m²', i => `${i}.5m²`],
  ])('are numbers: %s', (unit, write) => {
    const { encoding, notes, train } = learned(priced(write));
    const plain = learned(priced(i => `${i}.5`));
    expect(encoding.kind === 'table' && encoding.columns[0]).toMatchObject({ kind: 'number', unit });
    expect(train.inputs).toEqual(plain.train.inputs);
    expect(about(notes, 'cells')).toEqual([`column price: numbers with ${unit}`]);
    // The same of another thing is no number of this one.
    const other = priced(i => (i < 3 ? `${i}.5 JPY` : write(i)));
    expect(about(notesOn(encoding, other), 'cells')).toEqual([
      expect.stringMatching(
        /column price: 3 of 60 cells .* no number and count as missing, such as "0\.5 JPY"/,
      ),
    ]);
  });

  it('are none where they are of different things, and that is said', () => {
    const { encoding, notes } = learned(priced(i => `${i % 9} ${i % 2 ? 'kg' : 'g'}`));
    expect(encoding.kind === 'table' && encoding.columns[0].kind).toBe('category');
    expect(about(notes, 'cells')).toEqual([
      expect.stringMatching(/numbers of different things \((g, kg|kg, g)\)/),
    ]);
    const signs = learned(priced(i => `${i % 2 ? '$' : '€'}${i}.5`));
    expect(signs.notes.find(({ column }) => column === 'price')).toMatchObject({ isWarning: true });
  });
});

describe('asked about another table', () => {
  const { encoding } = learned(table());
  const inputs = (examples: ReturnType<typeof csv>) => [...encodeExamples(encoding, examples).inputs];

  it('reads words that are spelled otherwise alike', () => {
    const respelled = ['true', 'TRUE', '1', 'yes', 'T'].map(yes =>
      table(([size, member, kind]) => [size, member === 'True' ? yes : 'false', kind]),
    );
    for (const examples of respelled) {
      expect(inputs(examples)).toEqual(inputs(table()));
      expect(about(notesOn(encoding, examples), 'cells')[0]).toMatch(/written otherwise than in training/);
    }
    expect(about(notesOn(encoding, table()), 'cells')).toEqual([]);
  });

  it('doubts what it has never seen, what is missing, and what is far', () => {
    const odd = table(([size, member, kind], i) => [
      i === 0 ? 4000 : i === 1 ? '' : size,
      i === 2 ? 'Maybe' : member,
      kind,
    ]);
    const notes = notesOn(encoding, odd);
    expect(about(notes, 'far')).toEqual([
      expect.stringMatching(/column size: 1 of 60 numbers are far .*4000/),
    ]);
    expect(about(notes, 'cells').join('\n')).toMatch(/column size: 1 of 60 cells .* missing, where none was/);
    expect(about(notes, 'cells').join('\n')).toMatch(
      /column member: 1 of 60 cells .* never seen in training, such as "Maybe"/,
    );
    expect(notes.filter(({ code }) => code !== 'read').every(({ isWarning }) => isWarning)).toBe(true);
  });

  it('answers a table of one column, and labels that are equal numbers', () => {
    const one = learned(
      csv([
        ['size', 'kind'],
        ...Array.from({ length: 40 }, (_, i) => [(i * 0.7).toFixed(1), i % 2 ? '1.0' : '2.0']),
      ]),
    );
    const asked = csv([['size'], ['1.5'], ['2.5']]);
    expect(encodeExamples(one.encoding, asked).count).toBe(2);
    const again = csv([
      ['size', 'kind'],
      ['1.5', '1'],
      ['2.5', '2'],
    ]);
    expect([...encodeLabelled(one.encoding, again).labels]).toEqual([0, 1]);
  });
});

it('leaves no inputs to the label where there are many classes', () => {
  const examples = csv([
    ['a', 'b', 'kind'],
    ...Array.from({ length: 400 }, (_, i) => [(i % 40) + 0.5, ((i * 7) % 11) + 0.25, `class ${i % 40}`]),
  ]);
  const { encoding, train } = learned(examples);
  if (encoding.kind !== 'table') throw new Error('expected a table');
  expect(train.classes).toBe(40);
  expect(train.width).toBe(featuresOf(encoding));
});
