// A folder with all that lies in it, however deep, as a disk has it: links are followed. What systems leave in folders by
// themselves counts as not there.

import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { readBytes } from './read.ts';
import { fileError } from './write.ts';

/** A folder of a disk or of an archive. */
export interface Folder {
  readonly name: string;
  /** What to call it in messages. */
  readonly path: string;
  /** By name. */
  readonly folders: readonly Folder[];
  /** By name. */
  readonly files: readonly FileInFolder[];
}

/** A file of a disk or of an archive. */
export interface FileInFolder {
  readonly name: string;
  /** What to call it in messages. */
  readonly path: string;
  /** A link that leads nowhere or in a circle: what it stood for is not known. */
  readonly isLost?: boolean;
  /** The bytes of the file; throws an InputError where they cannot be had. */
  readonly read: () => Promise<Uint8Array>;
}

/** Folders within folders, and names in all of them: more are a mistake, such as the root of a disk. */
export const MOST_LEVELS = 32;
export const MOST_NAMES = 2_000_000;
const JUNK = new Set(['thumbs.db', 'ehthumbs.db', 'desktop.ini', '__macosx', '@eadir']);

/** Whether a name is one that systems and editors leave behind, or is hidden. */
export function isJunk(name: string): boolean {
  return name.startsWith('.') || JUNK.has(name.toLowerCase());
}

/** Opens the folder at `path`; throws an InputError where one in it cannot be read, or there is too much of them. */
export async function openFolder(path: string): Promise<Folder> {
  const count = { names: 0 };
  const real = await realpath(path).catch(error => {
    throw fileError('read', path, error);
  });
  return openWithin(path, path, [real], count);
}

/** `around` are the places of the folder and of all around it, without links. */
async function openWithin(
  path: string,
  name: string,
  around: readonly string[],
  count: { names: number },
): Promise<Folder> {
  const entries = await readdir(path, { withFileTypes: true }).catch(error => {
    throw fileError('read', path, error);
  });
  count.names += entries.length;
  if (around.length > MOST_LEVELS || count.names > MOST_NAMES) {
    throw new InputError(
      `${path}: expected at most ${MOST_LEVELS} folders within folders and ${MOST_NAMES} files in all, found more; give the folder that holds the images`,
    );
  }
  const folders: Folder[] = [];
  const files: FileInFolder[] = [];
  for (const entry of entries.sort(byName)) {
    if (isJunk(entry.name)) continue;
    const at = join(path, entry.name);
    const isPlain = entry.isDirectory() || entry.isFile();
    const found = isPlain ? entry : await stat(at).catch(() => undefined);
    if (found?.isDirectory()) {
      const real = isPlain ? join(around.at(-1)!, entry.name) : await realpath(at).catch(() => undefined);
      if (!real || around.includes(real)) {
        files.push(lost(entry.name, at, 'a link to a folder that it lies in; remove it'));
      } else {
        folders.push(await openWithin(at, entry.name, [...around, real], count));
      }
    } else if (!found) {
      files.push(lost(entry.name, at, 'a link that leads nowhere; mend it or remove it'));
    } else if (found.isFile()) {
      files.push({ name: entry.name, path: at, read: () => readBytes(at) });
    } else {
      // A pipe may wait for ever.
      files.push(lost(entry.name, at, 'a pipe or a device, expected a file; remove it'));
    }
  }
  return { name, path, folders, files };
}

function lost(name: string, path: string, what: string): FileInFolder {
  return {
    name,
    path,
    isLost: true,
    read: () => Promise.reject(new InputError(`${path} is ${what}`)),
  };
}

/** Sorts by name, everywhere alike. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
