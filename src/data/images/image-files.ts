// Images from files: a folder with a folder for each class, a folder of images to predict, or single files. PNG is decoded
// here, other formats by sharp where it is installed.

import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { InputError } from '../../errors.ts';
import { readBytes } from '../../files/read.ts';
import { fileError } from '../../files/write.ts';
import { decodePng } from '../formats/png.ts';
import type { Images, Size } from './images.ts';
import { type Picture, pictureFrom, pictureOf, stackPictures } from './stack-images.ts';

/** Formats that sharp decodes. */
const OTHERS = new Set(['.jpg', '.jpeg', '.webp', '.gif', '.avif', '.tif', '.tiff']);
const MOST_IMAGES = 1_000_000;
const MAX_PIXELS = 64_000_000;

/** Whether the name of a file ends like an image that can be read. */
export function isImageFile(path: string): boolean {
  const ending = extname(path).toLowerCase();
  return ending === '.png' || OTHERS.has(ending);
}

/**
 * Reads the images of a folder: with a folder for each class they are labelled by its name. Without `size`, all become the
 * size that most have, at most 32 pixels a side. Throws an InputError that names the file which cannot be read.
 */
export async function readFolder(folder: string, size?: Size): Promise<Images> {
  const entries = await list(folder);
  const classes = entries.filter(entry => entry.isDirectory()).map(entry => entry.name);
  const files: { path: string; label?: string }[] = [];
  for (const label of classes) {
    for (const { name } of await list(join(folder, label))) {
      if (isImageFile(name)) files.push({ path: join(folder, label, name), label });
    }
  }
  const isLabelled = files.length > 0;
  if (!isLabelled) {
    for (const { name } of entries) if (isImageFile(name)) files.push({ path: join(folder, name) });
  }
  if (files.length === 0) {
    throw new InputError(
      `${folder}: expected a folder with images (PNG, or JPEG and others with sharp) in a folder for each class, found none`,
    );
  }
  const images = await readImageFiles(
    files.map(({ path }) => path),
    folder,
    size,
  );
  return isLabelled ? { ...images, labels: files.map(({ label }) => label!) } : images;
}

/** Reads single images; see readFolder. */
export async function readImageFiles(paths: readonly string[], name: string, size?: Size): Promise<Images> {
  if (paths.length > MOST_IMAGES) {
    throw new InputError(`${name}: expected at most ${MOST_IMAGES} images, found ${paths.length}`);
  }
  const pictures: Picture[] = [];
  for (const path of paths) {
    const bytes = await readBytes(path);
    pictures.push(await decodeImage(bytes, path));
  }
  return { ...stackPictures(pictures, name, size), sources: paths };
}

/** Decodes a PNG, or with sharp another format; throws an InputError that names `path`. */
export async function decodeImage(bytes: Uint8Array, path: string): Promise<Picture> {
  const isPng = bytes[0] === 0x89 && bytes[1] === 0x50;
  if (isPng || extname(path).toLowerCase() === '.png') return pictureOf(await decodePng(bytes, path));
  const { default: sharp } = await import('sharp').catch(cause => {
    throw new InputError(`${path} is no PNG: to read JPEG and other formats, npm install sharp`, { cause });
  });
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'truncated' })
      .rotate()
      .flatten({ background: '#fff' })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    return pictureFrom(info.height, info.width, info.channels, data);
  } catch (cause) {
    const [reason] = (cause as Error).message.split('\n');
    throw new InputError(`${path}: cannot decode the image (${reason.trim()}); save it again`, { cause });
  }
}

async function list(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true }).catch(error => {
    throw fileError('read', folder, error);
  });
  return entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
}
