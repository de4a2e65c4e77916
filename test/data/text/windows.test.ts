// Strings as windows of ten characters and the one that comes next.

import { expect, test } from 'vitest';
import { alphabet, textStrings } from '../../../src/data/text/strings.ts';
import { TEXT_WIDTH, textDataset, writeWindow } from '../../../src/data/text/windows.ts';

test('every example is a window of ten with the next symbol as its label, and leaves the label inputs free', () => {
  const text = Array.from({ length: 230 }, (_, i) => alphabet[(i * 7) % 26]).join('');
  expect(TEXT_WIDTH).toBe(330);
  const strings = textStrings(text, 'prime');
  const data = textDataset(strings, 'prime');
  expect(data).toMatchObject({ name: 'prime', count: 180, width: 330, classes: 30 });
  expect(data.inputs).toHaveLength(180 * 330);
  for (const [example, string, at] of [
    [0, 0, 0],
    [89, 0, 89],
    [90, 1, 0],
    [179, 1, 89],
  ]) {
    const row = data.inputs.subarray(example * 330, (example + 1) * 330);
    const expected = new Array(330).fill(0);
    for (let i = 0; i < 10; i++) expected[30 * (1 + i) + strings[string * 100 + at + i]] = 255;
    expect([...row]).toEqual(expected);
    expect(data.labels[example]).toBe(strings[string * 100 + at + 10]);
  }
});

test('a window written over another leaves nothing of it', () => {
  const letters = 'abcdefghij'.repeat(25);
  const data = textDataset(textStrings(letters, 't'), 't');
  const inputs = Uint8Array.from(data.inputs as Uint8Array);
  writeWindow(inputs, 1, Uint8Array.of(29, 28, 27, 26, 0, 0, 0, 0, 0, 0));
  writeWindow(inputs, 1, textStrings(letters, 't').subarray(1, 11));
  expect(inputs).toEqual(Uint8Array.from(data.inputs as Uint8Array));
});
