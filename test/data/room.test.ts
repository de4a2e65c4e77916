// What does not fit into memory is refused before it is made, with what it would take and what there is.

import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { refusal } from '../../src/data/room.ts';

const GIB = 2 ** 30;
const none = { arrays: 0, heap: 0 };
const room = { total: 8 * GIB, heap: 2 * GIB, used: { arrays: GIB, heap: 0.5 * GIB } };

it.each([
  ['fits', { arrays: 5 * GIB, heap: 0 }, none, undefined],
  [
    'is more than there is',
    { arrays: 6 * GIB, heap: 0 },
    none,
    /6\.0 GiB of memory, 7\.5 GiB with all else, where 7\.2 GiB of 8\.0/,
  ],
  ['is there for the most part', { arrays: 6 * GIB, heap: 0 }, { arrays: GIB, heap: 0 }, undefined],
  [
    'is text beyond what JavaScript may have',
    { arrays: 0, heap: 1.5 * GIB },
    none,
    /1\.5 GiB for text, 2\.0 GiB with all else, where 1\.8 GiB of JavaScript's 2\.0/,
  ],
])('refuses nothing else: what %s', (_, needed, made, expected) => {
  const found = refusal(needed, made, room);
  if (expected) expect(found?.text).toMatch(expected);
  else expect(found).toBeUndefined();
});

it('a table of more text than the heap holds is an input error and not the end of the process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ff-room-'));
  try {
    const rows = Array.from({ length: 500_000 }, (_, i) => `some words ${i},other words ${i * 7},${i % 2}`);
    await writeFile(join(folder, 'big.csv'), `a,b,kind\n${rows.join('\n')}`);
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const words = ['--max-old-space-size=100', main, 'train', 'big.csv', '--label', 'kind'];
    const { status, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' });
    expect(stderr).toMatch(
      /^ff: big\.csv: some \d+ rows of 3 columns would take .* GiB for text, .* of JavaScript's .* may be taken: take a part .*--max-old-space-size=\d+\n$/,
    );
    expect(status).toBe(2);
  } finally {
    await rm(folder, { recursive: true });
  }
});
