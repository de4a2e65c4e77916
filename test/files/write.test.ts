// Files are replaced whole or not at all, and refusals of the file system are told in one sentence.

import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { checkWritable, fileError, writeFileSafely } from '../../src/files/write.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-write-'));
});

test('text, bytes, chunks and shared memory arrive in a new folder, and nothing else', async () => {
  const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(7);
  const place = join(folder, 'a', 'b');
  await writeFileSafely(join(place, 'text'), 'grüß');
  await writeFileSafely(join(place, 'bytes'), Uint8Array.of(0, 255));
  await writeFileSafely(join(place, 'chunks'), [Uint8Array.of(1, 2), new Uint8Array(), shared]);
  await writeFileSafely(join(place, 'none'), []);
  expect(await readFile(join(place, 'text'), 'utf8')).toBe('grüß');
  expect([...(await readFile(join(place, 'bytes')))]).toEqual([0, 255]);
  expect([...(await readFile(join(place, 'chunks')))]).toEqual([1, 2, 7, 7, 7]);
  expect((await stat(join(place, 'none'))).size).toBe(0);
  expect((await readdir(place)).sort()).toEqual(['bytes', 'chunks', 'none', 'text']);
});

test('a relative path means one from the working folder', async () => {
  await writeFileSafely(relative(process.cwd(), join(folder, 'x')), 'x');
  expect(await readFile(join(folder, 'x'), 'utf8')).toBe('x');
});

test('a longer old file is replaced, even beside a temporary file left by a crash', async () => {
  const path = join(folder, 'log');
  await writeFile(path, 'a long old text');
  await writeFile(join(folder, `.log.${process.pid}.tmp`), 'left over and longer than the new text');
  await writeFileSafely(path, 'new');
  expect(await readFile(path, 'utf8')).toBe('new');
  expect(await readdir(folder)).toEqual(['log']);
});

test('when a chunk cannot be written the old file stays and the temporary one goes', async () => {
  const path = join(folder, 'model');
  await writeFile(path, 'old');
  const broken = [Uint8Array.of(1), 5 as unknown as Uint8Array];
  await expect(writeFileSafely(path, broken)).rejects.toThrow(TypeError);
  expect(await readFile(path, 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['model']);
});

test('a folder in the way is told, and the temporary file removed', async () => {
  const path = join(folder, 'busy');
  await mkdir(path);
  await expect(writeFileSafely(path, 'x')).rejects.toThrow(
    new InputError(`cannot write ${path}: expected a file, found a folder; give a file name`),
  );
  expect(await readdir(folder)).toEqual(['busy']);
});

test('a file in place of a folder is told', async () => {
  await writeFile(join(folder, 'file'), '');
  for (const path of [join(folder, 'file', 'x'), join(folder, 'file', 'y', 'x')]) {
    await expect(writeFileSafely(path, 'x')).rejects.toThrow(
      new InputError(`cannot write ${path}: a part of the path is a file, not a folder; check the path`),
    );
  }
});

test('a name too long and one with a null byte are told', async () => {
  const long = join(folder, 'n'.repeat(300));
  await expect(writeFileSafely(long, 'x')).rejects.toThrow(
    new InputError(`cannot write ${long}: the name is too long; choose a shorter one`),
  );
  const odd = join(folder, 'a\0b');
  await expect(writeFileSafely(odd, 'x')).rejects.toThrow(
    new InputError(`cannot write ${odd}: a null byte in the path; check the path`),
  );
});

test.skipIf(process.getuid?.() === 0)('a folder that is not ours is told', async () => {
  await chmod(folder, 0o500);
  await expect(writeFileSafely(join(folder, 'x'), 'x')).rejects.toThrow(/permission denied; check the owner/);
});

test('a full disk is told, and a bug stays itself', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  expect(fileError('write', 'm.bin', full)).toEqual(
    new InputError('cannot write m.bin: no space left on the disk; free some or choose another place'),
  );
  const odd = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', syscall: 'read' });
  expect(fileError('read', 'm.bin', odd)).toEqual(
    new InputError('cannot read m.bin: EIO: i/o error, read; check the path'),
  );
  const bug = new RangeError('x');
  expect(fileError('write', 'm.bin', bug)).toBe(bug);
});

test.runIf(process.platform === 'linux')(
  'the disk that is always full gives the sentence for it',
  async () => {
    const error = await writeFile('/dev/full', 'x').catch((cause: unknown) =>
      fileError('write', '/dev/full', cause),
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain('no space left on the disk');
  },
);

describe('whether a file can be written is known before', () => {
  it.each([
    ['a new file', 'x'],
    ['a file in folders that are to come', 'one/two/three/x'],
    ['a file that is there', 'old'],
  ])('%s, and nothing is left behind', async (_, name) => {
    await writeFile(join(folder, 'old'), 'old');
    await checkWritable(join(folder, name));
    expect(await readdir(folder)).toEqual(['old']);
    expect(await readFile(join(folder, 'old'), 'utf8')).toBe('old');
  });

  it.each([
    ['a folder', 'folder', /folder: expected a file, found a folder; give a file name/],
    ['a name that ends like a folder', 'new/', /new\/: expected a file, found a folder/],
    ['a folder that would be made', 'new/..', /new\/\.\.: expected a file, found a folder/],
    ['a file in place of a folder', 'file/x', /a part of the path is a file, not a folder/],
    ['a file in place of a folder further up', 'file/y/x', /a part of the path is a file, not a folder/],
    ['a name that is too long', `folder/${'n'.repeat(300)}`, /the name is too long/],
    ['a null byte', 'a\0b', /a null byte in the path/],
    ['what is there and is no file', 'pipe', /expected a file, found a device or a pipe/],
  ])('not %s', async (_, name, message) => {
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'folder'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const refused = checkWritable(`${folder}/${name}`);
    await expect(refused).rejects.toThrow(InputError);
    await expect(refused).rejects.toThrow(message);
    expect((await readdir(folder)).sort()).toEqual(['file', 'folder', 'pipe']);
  });

  it('not no name', async () => {
    await expect(checkWritable('')).rejects.toThrow("cannot write '': expected a file, found a folder");
  });
});
