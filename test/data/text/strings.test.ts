// Text in thirty symbols, and its strings.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { alphabet, readStrings, simplifyText, textStrings } from '../../../src/data/text/strings.ts';

test('the alphabet has thirty symbols', () => {
  expect(new Set(alphabet).size).toBe(30);
});

test.each([
  ['The Fox, and the Grapes.', 'the fox, and the grapes.'],
  ['“Don’t!” cried   he;\r\n\tnow:  why?', 'dont. cried he; now; why.'],
  ['Café, naïve, Ærø 1912 (ed.)', 'cafe, naive, r ed.'],
  ['ﬁve — six_seven', 'five six seven'],
  [' \n ', ''],
  ['狐と葡萄', ''],
])('%j is simplified to %j', (text, expected) => {
  expect(simplifyText(text)).toBe(expected);
  expect(simplifyText(expected)).toBe(expected);
});

const letters = 'abcdefghij'.repeat(25);

test('strings are cut from the beginning, whole ones only', () => {
  expect(textStrings(letters, 't')).toHaveLength(200);
  expect(textStrings(letters, 't', 1)).toHaveLength(100);
  expect([...textStrings(letters, 't').subarray(100, 103)]).toEqual([0, 1, 2]);
  const short = 't: expected at least 100 letters, spaces and commas, found 99; give a longer text';
  expect(() => textStrings(letters.slice(0, 99), 't')).toThrow(short);
  expect(() => textStrings('1'.repeat(1000), 't')).toThrow('found 0');
  expect(() => textStrings(letters, 't', 0)).toThrow('expected at least 100');
});

test('a file is read as UTF-8, and anything else is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ff-text-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'fables.txt');
  await writeFile(path, `\ufeff${letters}`);
  expect(await readStrings(path, 2)).toEqual(textStrings(letters, 't'));
  await writeFile(path, Buffer.concat([Buffer.from(letters), Buffer.of(0xe9)]));
  await expect(readStrings(path)).rejects.toThrow(
    `${path}: expected UTF-8 text, found other bytes; save it as UTF-8`,
  );
  await writeFile(path, 'short');
  await expect(readStrings(path)).rejects.toThrow('fables.txt: expected at least 100');
  await expect(readStrings(`${path}.not`)).rejects.toThrow('no such file or folder');
});
