// Trainings whose disk has less room than they need, from none to enough: whether the training is lost, what is said, and whether any
// file under its own name is less than whole. A disk in memory stands in, which only root can make.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSafetensors } from '../../src/files/safetensors.ts';
import { writeBlocks } from '../../test/support/blocks.ts';
import { farTable } from '../../test/support/data.ts';
import { mountSmallDisk, unmountSmallDisk } from '../../test/support/small-disk.ts';
import { writeResult } from '../harness.ts';

const CLI = fileURLToPath(new URL('../../bin/ff.js', import.meta.url));
const OFTEN = fileURLToPath(new URL('often.mjs', import.meta.url));
/** Of what a training writes in all, so much room. */
const ROOMS = [0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.6, 3];

const sources = [
  { name: 'digits', words: ['digits', '--epochs', '6'] },
  { name: 'a table', words: ['table.csv', '--label', 'kind'] },
];

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ff-disk-'));
  const [place, spare] = [join(folder, 'place'), join(folder, 'spare')];
  mkdirSync(place);
  const results = [];
  try {
    await writeBlocks(join(folder, 'digits'), 2000, 200);
    writeFileSync(join(folder, 'table.csv'), farTable(1500));
    for (const { name, words } of sources) {
      const train = (out: string) => {
        rmSync(spare, { recursive: true, force: true });
        mkdirSync(spare);
        return spawnSync(
          process.execPath,
          ['--import', OFTEN, CLI, 'train', ...words, '--threads', '1', '--out', join(out, 'm.safetensors')],
          { cwd: folder, encoding: 'utf8', env: { ...process.env, PAUSE: '200', TMPDIR: spare } },
        );
      };
      const free = join(folder, `free-${name}`);
      train(free);
      const expected = readFileSync(join(free, 'm.safetensors'));
      const most = readdirSync(free).reduce(
        (sum, file) => sum + readFileSync(join(free, file)).length,
        3 * expected.length,
      );
      for (const room of ROOMS) {
        mountSmallDisk(place, room * most);
        try {
          const { status, stderr } = train(place);
          const kept = [place, spare].flatMap(each =>
            readdirSync(each, { recursive: true }).map(file => join(each, `${file}`)),
          );
          const models = kept.filter(file => file.endsWith('m.safetensors'));
          const isWhole = models.length === 1 && readFileSync(models[0]).equals(expected);
          const broken = kept.filter(file => file.endsWith('.safetensors') && !isReadable(file)).length;
          const warnings = stderr.split('\n').filter(Boolean);
          const isSaid = models[0]?.startsWith(spare)
            ? status === 1 && stderr.includes(models[0])
            : status !== null;
          const result = {
            name,
            room,
            status,
            isWhole,
            isSaid,
            broken,
            leftovers: leftoversIn(place),
            warnings: warnings.length,
            last: warnings.at(-1),
          };
          results.push(result);
          console.log(JSON.stringify(result));
        } finally {
          unmountSmallDisk(place);
        }
      }
    }
    const lost = results.filter(
      ({ isWhole, isSaid, broken, leftovers }) => !isWhole || !isSaid || broken > 0 || leftovers > 0,
    );
    await writeResult('trust/disk', { trainings: results.length, lost: lost.length, results });
    if (lost.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function isReadable(path: string): boolean {
  try {
    parseSafetensors(readFileSync(path), path);
    return true;
  } catch {
    return false;
  }
}

function leftoversIn(folder: string): number {
  return readdirSync(folder).filter(file => file.startsWith('.')).length;
}
