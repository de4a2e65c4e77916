// Images from files. PNG and BMP are decoded here, other formats by sharp where it is installed.

import { basename, extname, isAbsolute, relative } from 'node:path';
import { InputError } from '../../errors.ts';
import type { FileInFolder } from '../../files/folder.ts';
import { readBytes } from '../../files/read.ts';
import type { Examples } from '../examples/examples.ts';
import { decodeBmp, isBmp } from '../formats/bmp.ts';
import { decodePng } from '../formats/png.ts';
import type { Note } from '../notes.ts';
import type { ImageOptions } from './images.ts';
import { keptSide, type Picture, pictureFrom, pictureOf, sizeNotes, stackPictures } from './stack-images.ts';

/** Endings of formats that are decoded here, and by sharp. */
const OWN = ['.png', '.bmp'];
const OTHERS = ['.jpg', '.jpeg', '.jfif', '.webp', '.gif', '.avif', '.tif', '.tiff'];
/** What images are expected to be, for messages. */
export const FORMATS = 'PNG or BMP, or JPEG, WebP, GIF, TIFF or AVIF with the package sharp';
/** How the formats that sharp decodes begin. */
const SIGNATURES = /^(\xff\xd8\xff|GIF8|RIFF[\s\S]{4}WEBP|II\*\0|MM\0\*|II\+\0|MM\0\+|[\s\S]{4}ftyp)/;
const MOST_IMAGES = 1_000_000;
const MAX_PIXELS = 64_000_000;
const MOST_NAMED = 10;

/** Whether the name of a file ends like an image that can be read. */
export function isImageFile(path: string): boolean {
  const ending = extname(path).toLowerCase();
  return OWN.includes(ending) || OTHERS.includes(ending);
}

/** Whether bytes begin like an image that can be read. */
export function isImage(bytes: Uint8Array): boolean {
  return isPng(bytes) || isBmp(bytes) || isOther(bytes);
}

function isPng(bytes: Uint8Array): boolean {
  return bytes[0] === 0x89 && bytes[1] === 0x50;
}

function isOther(bytes: Uint8Array): boolean {
  return SIGNATURES.test(latin1(bytes.subarray(0, 12)));
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Reads single images; without `size`, all become the size that most have. Throws as `decodeFiles` does. */
export async function readImageFiles(
  paths: readonly string[],
  name: string,
  options: ImageOptions = {},
): Promise<Examples> {
  const files = paths.map(path => ({ name: basename(path), path, read: () => readBytes(path) }));
  const { pictures, notes } = await decodeFiles(files, name, options.skipBad);
  const list = [...pictures.values()];
  const images = stackPictures(list, name, options);
  return {
    ...images,
    sources: Array.from(pictures.keys(), ({ path }) => path),
    notes: [...notes, ...sizeNotes(list, images, options.size)],
  };
}

/**
 * The pictures of files, in their order. Throws an InputError that names those which cannot be read; with `skipBad` they are
 * missing in the result, and named in a note.
 */
export async function decodeFiles(
  files: readonly FileInFolder[],
  name: string,
  skipBad = false,
): Promise<{ pictures: Map<FileInFolder, Picture>; notes: Note[] }> {
  if (files.length > MOST_IMAGES) {
    throw new InputError(`${name}: expected at most ${MOST_IMAGES} images, found ${files.length}`);
  }
  const pictures = new Map<FileInFolder, Picture>();
  const bad: { path: string; reason: InputError }[] = [];
  const attempt = async <T>(path: string, action: () => T): Promise<Awaited<T> | undefined> => {
    try {
      return await action();
    } catch (reason) {
      if (!(reason instanceof InputError)) throw reason;
      bad.push({ path, reason });
      return undefined;
    }
  };
  const side = keptSide(files.length);
  for (const file of files) {
    const bytes = await attempt(file.path, file.read);
    if (!bytes) continue;
    // That sharp is missing is no fault of the file.
    const decode = await decoderOf(bytes, file.path);
    const picture = await attempt(file.path, () => decode(bytes, file.path, side));
    if (picture) pictures.set(file, picture);
  }
  if (bad.length === 0) return { pictures, notes: [] };
  const [{ reason }] = bad;
  const named = bad.slice(0, MOST_NAMED).map(({ path }) => within(name, path));
  if (bad.length > MOST_NAMED) named.push(`… and ${bad.length - MOST_NAMED} more`);
  const share = `${bad.length} of ${files.length} images cannot be read`;
  const which = `${named.join(', ')} (${reason.message})`;
  if (pictures.size === 0 || !skipBad) {
    if (files.length === 1) throw reason;
    const advice = pictures.size === 0 ? '' : '; --skip-bad goes on without what cannot be read';
    if (bad.length === 1) throw new InputError(`${reason.message}${advice}`, { cause: reason });
    throw new InputError(`${name}: ${share}: ${which}${advice}`, { cause: reason });
  }
  const text = `${share} and are left out: ${which}`;
  return { pictures, notes: [{ code: 'skipped', text, count: bad.length, isWarning: true }] };
}

/** A path as it is called within the folder `name`, if it is in there. */
export function within(name: string, path: string): string {
  const rest = relative(name, path);
  return rest === '' || rest.startsWith('..') || isAbsolute(rest) ? path : rest;
}

/** Gives a picture whose longer side has at most `side` pixels. */
type Decoder = (bytes: Uint8Array, path: string, side: number) => Promise<Picture>;

/** What decodes an image that begins like `bytes`; throws an InputError where that takes sharp, which is not installed. */
async function decoderOf(bytes: Uint8Array, path: string): Promise<Decoder> {
  if (isPng(bytes)) return async (bytes, path, side) => pictureOf(await decodePng(bytes, path), side);
  if (isBmp(bytes)) {
    return async (bytes, path, side) => {
      const { height, width, pixels } = decodeBmp(bytes, path);
      return pictureFrom(height, width, 3, pixels, side);
    };
  }
  if (!isOther(bytes)) return async (bytes, path) => refuse(bytes, path);
  const { default: sharp } = await import('sharp').catch(cause => {
    throw new InputError(
      `${path} is neither PNG nor BMP: to read JPEG and other formats, npm install sharp`,
      { cause },
    );
  });
  return async (bytes, path, side) => {
    try {
      const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'truncated' })
        .rotate()
        .flatten({ background: '#fff' })
        .toColourspace('srgb')
        .raw()
        .toBuffer({ resolveWithObject: true });
      return pictureFrom(info.height, info.width, info.channels, data, side);
    } catch (cause) {
      const [reason] = (cause as Error).message.split('\n');
      throw new InputError(`${path}: cannot decode the image (${reason.trim()}); save it again`, { cause });
    }
  };
}

function refuse(bytes: Uint8Array, path: string): never {
  if (bytes.length === 0) throw new InputError(`${path}: expected an image, found an empty file`);
  const begin = latin1(bytes.subarray(0, 16));
  const isText = /^[\t\n\r -~]+$/.test(begin);
  const found = isText ? `text that begins with ${JSON.stringify(begin)}` : 'something else';
  throw new InputError(`${path}: expected an image (${FORMATS}), found ${found}; save it again`);
}
