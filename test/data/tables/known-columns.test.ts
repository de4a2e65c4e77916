// A model that is asked about a table with other columns than it learned from.

import { expect, it } from 'vitest';
import {
  encodeExamples,
  encodeLabelled,
  notesOn,
  withKnownColumns,
} from '../../../src/data/encode-examples.ts';
import { preprocess } from '../../../src/data/preprocess.ts';
import { tableFrom } from '../../../src/data/tables/table.ts';
import { generator } from '../../support/data.ts';

const random = generator(3);
const rows = Array.from({ length: 60 }, (_, i) => ({
  'petal length': 10 * random() + (i % 2) * 3,
  width: random(),
  colour: i % 3 ? 'red' : 'blue',
  born: `2024-${1 + (i % 12)}-${1 + (i % 28)}`,
  kind: i % 2 ? 'large' : 'small',
}));
const { encoding } = preprocess({ examples: await tableFrom(rows) }, { label: 'kind' });
const inputs = async (asked: readonly Readonly<Record<string, unknown>>[]) => [
  ...encodeExamples(encoding, withKnownColumns(encoding, await tableFrom(asked))).inputs,
];
const notes = async (asked: readonly Readonly<Record<string, unknown>>[]) =>
  notesOn(encoding, await tableFrom(asked));

it.each(['width', 'colour', 'born'] as const)(
  'counts the column %s, which is not there, as missing in each row, and says so',
  async name => {
    const lacking = rows.map(({ [name]: _, ...row }) => row);
    expect(await inputs(lacking)).toEqual(await inputs(rows.map(row => ({ ...row, [name]: null }))));
    expect(await notes(lacking)).toEqual([
      {
        code: 'no-column',
        column: name,
        count: 60,
        isWarning: true,
        text: `column ${name}, which was learned from, is not there: it counts as missing in all 60 rows`,
      },
    ]);
    expect(encodeLabelled(encoding, await tableFrom(lacking)).count).toBe(60);
  },
);

it('names a column that may have been meant', async () => {
  const [note] = await notes(rows.map(({ colour, ...row }) => ({ ...row, color: colour })));
  expect(note.text).toMatch(/; was column color, which is not learned from, meant\?$/);
});

it('takes names that programs write otherwise for the same, and says so', async () => {
  const renamed = rows.map(({ 'petal length': length, ...row }) => ({ 'Petal.Length': length, ...row }));
  expect(await inputs(renamed)).toEqual(await inputs(rows));
  expect(await notes(renamed)).toEqual([
    {
      code: 'renamed',
      column: 'petal length',
      isWarning: true,
      text: 'column petal length is called Petal.Length here',
    },
  ]);
  // Of two that would do, neither is taken.
  const [note] = await notes(renamed.map(row => ({ ...row, petal_length: 1 })));
  expect(note).toMatchObject({ code: 'no-column', column: 'petal length' });
});

it('refuses a table without most of them, and says what it has', async () => {
  const few = rows.map(({ width }) => ({ width, height: 1 }));
  await expect(inputs(few)).rejects.toThrow(
    /^rows has only 1 of the 4 columns that the model learned from \(it lacks petal length, colour, born\): .* found width, height$/,
  );
  await expect(notes([{ height: 1 }])).rejects.toThrow(/^rows has none of the 4 columns/);
  const nameless = { ...(await tableFrom([{ 'column 1': 1 }])), hasNames: false };
  expect(() => notesOn(encoding, nameless)).toThrow(/found no names in the first row$/);
});
