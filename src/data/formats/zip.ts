// ZIP, as NumPy packs arrays in it and people pack folders. Nothing is allocated for a claim that the bytes of the file do not
// back.

import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { InputError } from '../../errors.ts';
import { byName, type FileInFolder, type Folder, isJunk, MOST_LEVELS } from '../../files/folder.ts';
import { checkUnpacked } from '../../files/packed.ts';

/** All that a ZIP may unpack to. */
const MAX_BYTES = 2 ** 31 - 1;
/** Deflate makes at most this of one byte. */
const MAX_RATIO = 1032;
/** Bytes that the format spends on an entry of its directory, at least. */
const ENTRY_BYTES = 46;

/** Whether a file begins like a ZIP. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/** The files in a ZIP that are wanted, by name; throws an InputError, naming `path`, where it is not sound or too large. */
export function unzip(
  bytes: Uint8Array,
  path: string,
  isWanted: (name: string) => boolean,
): Map<string, Uint8Array> {
  return unpack(bytes, path, isWanted, true);
}

/** The names of all files in a ZIP, of which none is unpacked; throws as `unzip` does where all are wanted. */
export function namesIn(bytes: Uint8Array, path: string): string[] {
  const names: string[] = [];
  unpack(bytes, path, name => names.push(name) > 0, false);
  return names;
}

function unpack(
  bytes: Uint8Array,
  path: string,
  isWanted: (name: string) => boolean,
  isUnpacked: boolean,
): Map<string, Uint8Array> {
  let [entries, total] = [0, 0];
  const check = ({ name, size, originalSize }: { name: string; size: number; originalSize: number }) => {
    const wanted = isWanted(name);
    if (wanted) total += originalSize;
    if (
      ++entries > bytes.length / ENTRY_BYTES ||
      size > bytes.length ||
      originalSize > MAX_RATIO * (size + 1)
    ) {
      throw new InputError(
        `${path}: ${JSON.stringify(name.slice(0, 40))} claims ${originalSize} bytes, more than ${size} can hold`,
      );
    }
    if (total > MAX_BYTES) {
      throw new InputError(`${path}: expected at most 2 GiB when unpacked, found more; unpack it first`);
    }
    checkUnpacked(path, bytes.length, total);
    return wanted && isUnpacked;
  };
  try {
    return new Map(Object.entries(unzipSync(bytes, { filter: check })));
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(
      `${path}: damaged ZIP, or one with a password (${(cause as Error).message}); write it again`,
      {
        cause,
      },
    );
  }
}

/** The folder that was packed as a ZIP; only files whose names are wanted can be read. Throws as `unzip` does. */
export function unzipFolder(bytes: Uint8Array, path: string, isWanted: (name: string) => boolean): Folder {
  const root = growing(path, path);
  const contents = unzip(bytes, path, name => {
    const parts = partsOf(name);
    if (parts.some(isJunk)) return false;
    if (parts.length > MOST_LEVELS) {
      throw new InputError(
        `${path}: expected at most ${MOST_LEVELS} folders within folders, found ${JSON.stringify(name.slice(0, 40))}`,
      );
    }
    const file = parts.pop()!;
    let folder = root;
    for (const part of parts) {
      const within = folder.folders.get(part) ?? growing(part, join(folder.path, part));
      folder.folders.set(part, within);
      folder = within;
    }
    if (file === '') return false;
    folder.files.set(file, name);
    return isWanted(file);
  });
  return grown(root, contents);
}

interface Growing {
  readonly name: string;
  readonly path: string;
  readonly folders: Map<string, Growing>;
  /** What each file is called in the ZIP. */
  readonly files: Map<string, string>;
}

function growing(name: string, path: string): Growing {
  return { name, path, folders: new Map(), files: new Map() };
}

/** Folders and, last, the file, '' where the entry is a folder. Some programs for Windows write backslashes. */
function partsOf(name: string): string[] {
  const parts = name.split(/[\\/]/);
  return parts.filter((part, i) => part !== '.' && (part !== '' || i === parts.length - 1));
}

function grown({ name, path, folders, files }: Growing, contents: ReadonlyMap<string, Uint8Array>): Folder {
  const inside = Array.from(files, ([file, entry]): FileInFolder => {
    const at = join(path, file);
    const read = async () => {
      const bytes = contents.get(entry);
      if (!bytes) throw new InputError(`${at}: not unpacked`);
      return bytes;
    };
    return { name: file, path: at, read };
  });
  return {
    name,
    path,
    folders: Array.from(folders.values(), folder => grown(folder, contents)).sort(byName),
    files: inside.sort(byName),
  };
}
