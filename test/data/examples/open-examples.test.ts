// Which reader a file takes, where its name alone does not say so.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { readExamples } from '../../../src/data/examples/open-examples.ts';

it('reads the only table in an archive, and says what else is in it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ff-archive-'));
  const path = join(folder, 'flowers.zip');
  const files = {
    'flowers/flowers.csv': strToU8('size,kind\n1,a\n2,b\n3,a\n'),
    'flowers/README.md': strToU8('Flowers.'),
    '__MACOSX/flowers/._flowers.csv': Uint8Array.of(0, 5, 22, 7),
  };
  await writeFile(path, zipSync(files));
  const { examples } = await readExamples(path);
  expect(examples.columns?.map(({ name }) => name)).toEqual(['size', 'kind']);
  expect(examples.notes?.[0].text).toBe(
    `read flowers/flowers.csv, the only table in ${path}; not read: flowers/README.md`,
  );
  await writeFile(path, zipSync({ ...files, 'flowers/more.csv': strToU8('a,b\n1,2\n') }));
  await expect(readExamples(path)).rejects.toThrow(/expected images/);
  await rm(folder, { recursive: true });
});
