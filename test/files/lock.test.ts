// One writer of a file at a time, and what is left of those that were killed.

import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { withLock } from '../../src/files/lock.ts';
import { isRunning, markOf } from '../../src/files/running.ts';
import { writeFileSafely } from '../../src/files/write.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-lock-'));
  path = join(folder, 'model');
});
afterEach(() => rm(folder, { recursive: true }));

const lockFile = () => join(folder, '.model.lock');
/** The number of a process that has ended. */
const deadProcess = () => spawnSync(process.execPath, ['-e', '']).pid;

it('nobody else comes in, and nothing is left behind', async () => {
  const done = await withLock(path, async () => {
    const second = withLock(path, async () => 'in');
    await expect(second).rejects.toThrow(InputError);
    await expect(second).rejects.toThrow(`${path} is being written by this process already`);
    // By another name, too.
    await symlink('model', join(folder, 'link'));
    await expect(withLock(join(folder, 'link'), async () => 'in')).rejects.toThrow(/by this process already/);
    await rm(join(folder, 'link'));
    return 'done';
  });
  expect(done).toBe('done');
  expect(await readdir(folder)).toEqual([]);
  expect(await withLock(path, async () => 'again')).toBe('again');
});

it('what throws gives the lock back, and folders made for it go', async () => {
  const deep = join(folder, 'a/b/model');
  const failing = withLock(deep, async () => {
    expect(await readdir(join(folder, 'a/b'))).toEqual(['.model.lock']);
    throw new Error('it failed');
  });
  await expect(failing).rejects.toThrow('it failed');
  expect(await readdir(folder)).toEqual([]);
});

it('another process that runs keeps its lock until it is killed', async () => {
  const code = `
    import { withLock } from '${new URL('../../modules/files/lock.js', import.meta.url)}';
    await withLock(process.argv[1], async () => {
      console.log('in');
      await new Promise(resolve => setTimeout(resolve, 60_000));
    });`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', code, path]);
  await new Promise(resolve => other.stdout.once('data', resolve));
  const second = withLock(path, async () => 'in');
  await expect(second).rejects.toThrow(InputError);
  await expect(second).rejects.toThrow(
    `${path} is being written by another process (${other.pid} on ${hostname()}): wait for its end, or give another name; if it does not run any more, remove ${lockFile()}`,
  );
  const ended = new Promise(resolve => other.once('exit', resolve));
  other.kill('SIGKILL');
  await ended;
  expect(await readdir(folder)).toEqual(['.model.lock']);
  expect(await withLock(path, async () => 'in')).toBe('in');
  expect(await readdir(folder)).toEqual([]);
});

const stale: [string, () => string | Promise<string>][] = [
  ['of a process that has ended', () => JSON.stringify({ host: hostname(), pid: deadProcess() })],
  [
    'of one whose number another process has now',
    () => JSON.stringify({ host: hostname(), pid: 1, began: '-1' }),
  ],
  ['of an earlier process of this number', () => JSON.stringify({ host: hostname(), pid: process.pid })],
  ['that is empty', () => ''],
  ['that is half written', () => '{"host": "a'],
  ['that names no process', () => JSON.stringify({ host: hostname(), pid: -1 })],
  ['that is something else', () => 'null'],
];
it.runIf(process.platform === 'linux').each(stale)('a lock %s counts for nothing', async (_, text) => {
  await writeFile(lockFile(), await text());
  expect(await withLock(path, async () => 'in')).toBe('in');
  expect(await readdir(folder)).toEqual([]);
});

it('a lock of another machine counts while that has spoken of late', async () => {
  await writeFile(lockFile(), JSON.stringify({ host: 'elsewhere', pid: deadProcess() }));
  await expect(withLock(path, async () => 'in')).rejects.toThrow(/another process \(\d+ on elsewhere\)/);
  const old = new Date(Date.now() - 700_000);
  await utimes(lockFile(), old, old);
  expect(await withLock(path, async () => 'in')).toBe('in');
});

it('of many that come at once where a stale lock lies, one comes in', async () => {
  await writeFile(lockFile(), JSON.stringify({ host: hostname(), pid: deadProcess() }));
  let inside = 0;
  const all = await Promise.allSettled(
    Array.from({ length: 20 }, () =>
      withLock(path, async () => {
        inside++;
        await new Promise(resolve => setTimeout(resolve, 100));
      }),
    ),
  );
  expect(all.filter(({ status }) => status === 'fulfilled').length).toBe(inside);
  expect(inside).toBe(1);
});

it('a lock that cannot be read, or taken away, is told and not waited for', async () => {
  await mkdir(lockFile());
  const refused = withLock(path, async () => 'in');
  await expect(refused).rejects.toThrow(InputError);
  await expect(refused).rejects.toThrow(
    `cannot write ${path}: its lock ${lockFile()} cannot be read (EISDIR); remove it if nothing writes there`,
  );
  expect(await readdir(folder)).toEqual(['.model.lock']);
  await rm(lockFile(), { recursive: true });
  expect(await withLock(path, async () => 'in')).toBe('in');
});

it('a lock that has become somebody else’s is left to them', async () => {
  const other = JSON.stringify({ host: 'elsewhere', pid: 5 });
  await withLock(path, () => writeFile(lockFile(), other));
  expect(await readFile(lockFile(), 'utf8')).toBe(other);
});

it('a process is known by its number and its beginning', () => {
  expect(isRunning(markOf(process.pid))).toBe(true);
  expect(isRunning({ pid: deadProcess() })).toBe(false);
  expect(isRunning({ pid: 1 })).toBe(true);
});

it('what a killed process has left beside a file goes when the file is written next, that of others stays', async () => {
  const left = join(folder, `.model.${deadProcess()}.tmp`);
  const others = [`.model.1.tmp`, `.other.${deadProcess()}.tmp`, '.model.x.tmp', 'model.tmp'];
  for (const name of [left, ...others.map(name => join(folder, name))]) await writeFile(name, 'half');
  await withLock(path, () => writeFileSafely(path, 'whole'));
  expect((await readdir(folder)).sort()).toEqual([...others, 'model'].sort());
  expect(await readFile(path, 'utf8')).toBe('whole');
});
