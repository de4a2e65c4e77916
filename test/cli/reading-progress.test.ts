// How reading is told of: in time, and only where and how it is wanted.

import { afterEach, expect, it, vi } from 'vitest';
import { ReadingProgress, type Speech } from '../../src/cli/reading-progress.ts';

const table = { rows: 1000, columns: 9, expectedRows: 4000, memory: 2 ** 20 };
const progress = { path: 'folder/big.csv', bytes: 2 ** 20, of: 4 * 2 ** 20, table };

afterEach(() => {
  vi.restoreAllMocks();
});

/** What is written by a reader that tells of a piece every 100 ms, for `seconds`. */
function written(speech: Speech, isTTY: boolean, seconds: number): string[] {
  const lines: string[] = [];
  const stream = { isTTY, columns: 200, write: (text: string) => lines.push(text) };
  let now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const told = new ReadingProgress(speech, stream as never);
  for (; now <= 1000 + 1000 * seconds; now += 100) told.tell(progress);
  told.prepare();
  told.end();
  return lines;
}

it('tells a pipe within the first second, and then now and then', () => {
  const lines = written({}, false, 7);
  expect(lines).toHaveLength(3);
  expect(lines[0]).toBe(
    'reads big.csv: 1.0 MiB of 4.0 MiB, 1,000 of some 4,000 rows of 9 columns, 1.0 MiB of memory in the end\n',
  );
  expect(lines[2]).toBe('read big.csv in 7.1 s, looks at its columns\n');
  expect(written({}, false, 0.9)).toHaveLength(2);
});

it('says nothing of what is read at once, and nothing where nothing is wanted', () => {
  expect(written({}, false, 0.3)).toEqual([]);
  expect(written({ quiet: true }, false, 7)).toEqual([]);
  expect(written({ quiet: true }, true, 7)).toEqual([]);
});

it('keeps one line on a terminal, from the first piece to the end', () => {
  const lines = written({}, true, 1);
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.every(line => line.startsWith('\r\x1b[K'))).toBe(true);
  expect(lines.at(-1)).toBe('\r\x1b[K');
});

it('gives a program events and nothing else', () => {
  const lines = written({ json: true }, true, 7).map(line => JSON.parse(line));
  expect(lines).toHaveLength(2);
  expect(lines[0]).toEqual({
    event: 'reading',
    data: 'folder/big.csv',
    bytes: 2 ** 20,
    of: 4 * 2 ** 20,
    table,
    seconds: 0.5,
  });
});
