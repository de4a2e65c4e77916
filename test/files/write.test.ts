// Files are replaced whole or not at all, and refusals of the file system are told in one sentence.

import { execFileSync } from 'node:child_process';
import { promises } from 'node:fs';
import {
  chmod,
  type FileHandle,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { beforeEach, describe, expect, it, test, vi } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { checkWritable, fileError, WriteError, writeFileSafely } from '../../src/files/write.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-write-'));
  return () => rm(folder, { recursive: true, force: true });
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

test('a link stays, and what it leads to is written, even where that is not there yet', async () => {
  await mkdir(join(folder, 'far'));
  await writeFile(join(folder, 'far/file'), 'old');
  await symlink('far/file', join(folder, 'link'));
  await symlink('link', join(folder, 'twice'));
  await symlink('far/new', join(folder, 'open'));
  await symlink('far', join(folder, 'folder'));
  await symlink('../far/third', join(folder, 'far/up'));
  await writeFileSafely(join(folder, 'twice'), 'new');
  await writeFileSafely(join(folder, 'open'), 'made');
  await writeFileSafely(join(folder, 'folder/up'), 'around');
  expect(await readFile(join(folder, 'far/file'), 'utf8')).toBe('new');
  expect(await readFile(join(folder, 'far/new'), 'utf8')).toBe('made');
  expect(await readFile(join(folder, 'far/third'), 'utf8')).toBe('around');
  for (const name of ['link', 'twice', 'open', 'far/up']) {
    expect((await lstat(join(folder, name))).isSymbolicLink()).toBe(true);
  }
  expect((await readdir(join(folder, 'far'))).sort()).toEqual(['file', 'new', 'third', 'up']);
  await symlink('round', join(folder, 'round'));
  await expect(writeFileSafely(join(folder, 'round'), 'x')).rejects.toThrow(/links go round in a circle/);
});

test('what is no file is not replaced', async () => {
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  await symlink('/dev/null', join(folder, 'device'));
  for (const name of ['pipe', 'device']) {
    const refused = writeFileSafely(join(folder, name), 'x');
    await expect(refused).rejects.toThrow(/expected a file, found a device or a pipe/);
  }
  expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
});

test('a disk that gives back other bytes than it was given is told, and the old file stays', async () => {
  const path = join(folder, 'model');
  await writeFile(path, 'old');
  const bytes = new Uint8Array(3_000_000).fill(1);
  const handle = await open(path);
  const { read } = Object.getPrototypeOf(handle);
  await handle.close();
  for (const spoil of [
    (found: Buffer, at: number) => void (at > 2_000_000 && found.writeUInt8(2, 5)),
    (_: Buffer, at: number) => (at > 1_000_000 ? 7 : undefined),
  ]) {
    const spy = vi.spyOn(Object.getPrototypeOf(handle), 'read').mockImplementation(async function (
      this: FileHandle,
      ...given: unknown[]
    ) {
      const done = await read.apply(this, given);
      const short = spoil(given[0] as Buffer, given[3] as number);
      return short === undefined ? done : { ...done, bytesRead: short };
    });
    const failed = writeFileSafely(path, [bytes.subarray(0, 10), bytes]);
    await expect(failed).rejects.toThrow(WriteError);
    await expect(failed).rejects.toThrow(/model: the disk does not give back what was written/);
    spy.mockRestore();
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['model']);
  }
});

type Calls = Record<string, (...given: unknown[]) => unknown>;

/** Does `work`, with call number `failing` to the system failing with `code`; gives how many calls there were. */
async function withFault(failing: number, code: string, work: () => Promise<unknown>): Promise<number> {
  let calls = 0;
  const fault = (name: string) => {
    if (calls++ === failing) throw Object.assign(new Error(`${code}: it failed`), { code, syscall: name });
  };
  const handle = await open(folder);
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const places = ['stat', 'readlink', 'realpath', 'mkdir', 'open', 'writeFile', 'rename']
    .map((name): [Calls, string] => [promises as never, name])
    .concat(['sync', 'read'].map(name => [prototype, name]));
  const real = places.map(([holder, name]) => holder[name]);
  places.forEach(([holder, name], i) => {
    holder[name] = async function (this: unknown, ...given: unknown[]) {
      fault(name);
      const found = await real[i].apply(this, given);
      if (name !== 'open') return found;
      const opened = found as FileHandle;
      const close = opened.close;
      // What is closed stays closed, even where closing tells of something.
      opened.close = () => close().then(() => fault('close'));
      return opened;
    };
  });
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    places.forEach(([holder, name], i) => {
      holder[name] = real[i];
    });
    syncBuiltinESMExports();
  }
  return calls;
}

test.each(['ENOSPC', 'EIO', 'EROFS', 'EACCES', 'EMFILE'])(
  'whichever call to the system fails with %s, there is the old file or the new one',
  async code => {
    const path = join(folder, 'deep/model');
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => i);
    const count = await withFault(-1, code, () => writeFileSafely(path, bytes));
    expect(count).toBeGreaterThan(8);
    let failed = 0;
    for (let failing = 0; failing < count; failing++) {
      await writeFile(path, 'old');
      await withFault(failing, code, () =>
        writeFileSafely(path, bytes).catch(error => {
          expect(error).toBeInstanceOf(WriteError);
          expect(error.message).toMatch(/^cannot write .*model: /);
          failed++;
        }),
      );
      const found = await readFile(path);
      if (found.length !== 3) expect(found.equals(bytes)).toBe(true);
      else expect(found.toString()).toBe('old');
      expect(await readdir(join(folder, 'deep'))).toEqual(['model']);
    }
    // That a folder cannot be flushed for want of a right is no fault: the file in it has been.
    expect(failed).toBe(code === 'EACCES' ? count - 3 : count);
  },
);

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
