// Decoded images of any size, made one size and put in one array.

import { InputError } from '../../errors.ts';
import type { Png } from '../formats/png.ts';
import type { Note } from '../notes.ts';
import { type ImageOptions, type Images, isForConvolutions, type Size } from './images.ts';
import { resized } from './resize.ts';

/** One image, (height, width, 3) bytes. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
  /** Whether it was larger. */
  readonly isShrunk?: true;
}

/** Longer sides are scaled down. */
const MOST_SIDE = 96;
/** The same where dense layers learn: more pixels teach them little more, and take much longer. */
export const DENSE_SIDE = 32;
const MAX_BYTES = 2 ** 31;
/** Of pictures that are kept until their size is known. */
const KEPT_BYTES = 2 ** 30;

/** Pixels that the longer sides of so many pictures may have, so that memory holds them. */
export function keptSide(pictures: number): number {
  const affordable = Math.floor(Math.sqrt(KEPT_BYTES / (3 * pictures)));
  return Math.max(DENSE_SIDE, Math.min(MOST_SIDE, affordable));
}

/** A PNG as bytes, its longer side at most `side`. */
export function pictureOf({ height, width, colour }: Png, side: number): Picture {
  const pixels = new Uint8Array(height * width * 3);
  const rgb = new Float64Array(3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      colour(x, y, rgb);
      for (let c = 0; c < 3; c++) pixels[(y * width + x) * 3 + c] = Math.round(255 * rgb[c]);
    }
  }
  return shrunk({ height, width, pixels }, side);
}

/** The same of bytes (height, width, channels) of 1 grey or 3 colour channels. */
export function pictureFrom(
  height: number,
  width: number,
  channels: number,
  data: Uint8Array,
  side: number,
): Picture {
  if (channels === 3) return shrunk({ height, width, pixels: data }, side);
  const pixels = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++) pixels.fill(data[i * channels], 3 * i, 3 * i + 3);
  return shrunk({ height, width, pixels }, side);
}

function shrunk(picture: Picture, side: number): Picture {
  const { height, width } = fitted(picture, side);
  if (height === picture.height && width === picture.width) return picture;
  const pixels = resized(picture.pixels, picture.height, picture.width, 3, height, width);
  return { height, width, pixels, isShrunk: true };
}

/** A size of the same shape whose longer side has at most `side` pixels. */
function fitted({ height, width }: Omit<Size, 'channels'>, side: number) {
  const scale = Math.min(1, side / Math.max(height, width));
  return { height: Math.max(1, Math.round(height * scale)), width: Math.max(1, Math.round(width * scale)) };
}

/** Pictures as one array of one size: `size`, or else the most frequent one, grey where no picture has a colour. */
export function stackPictures(
  pictures: readonly Picture[],
  name: string,
  { size, mostSide }: ImageOptions = {},
): Images {
  const { height, width, channels } = size ?? commonSize(pictures, mostSide);
  const count = pictures.length;
  const bytes = count * height * width * channels;
  if (bytes > MAX_BYTES) {
    throw new InputError(
      `${name}: ${count} images of ${height} × ${width} need more than 2 GiB: take fewer of them`,
    );
  }
  const pixels = new Uint8Array(bytes);
  const stride = height * width * channels;
  pictures.forEach((picture, i) => {
    const rgb = resized(picture.pixels, picture.height, picture.width, 3, height, width);
    if (channels === 3) {
      pixels.set(rgb, i * stride);
      return;
    }
    for (let k = 0; k < stride; k++) {
      pixels[i * stride + k] = Math.round(
        0.299 * rgb[3 * k] + 0.587 * rgb[3 * k + 1] + 0.114 * rgb[3 * k + 2],
      );
    }
  });
  return { name, count, height, width, channels, pixels };
}

/** Sides whose proportion differs by this share, 0 to 1, are of another shape. */
const OTHER_SHAPE = 0.1;

/**
 * What is to be said of pictures that became images of `size`: how many were scaled, unless the size was `wanted`; and how many were of another
 * shape, which is a warning then.
 */
export function sizeNotes(pictures: readonly Picture[], size: Size, wanted?: Size): Note[] {
  const notes: Note[] = [];
  const isScaled = ({ height, width, isShrunk }: Picture) =>
    isShrunk || height !== size.height || width !== size.width;
  const scaled = pictures.filter(isScaled).length;
  if (scaled > 0 && !wanted) {
    const text = `${scaled} of ${pictures.length} images scaled to ${size.height} × ${size.width} pixels`;
    notes.push({ code: 'images', count: scaled, text });
  }
  const proportion = size.height / size.width;
  const isOther = ({ height, width }: Picture) =>
    Math.abs(Math.log(height / width / proportion)) > OTHER_SHAPE;
  const count = pictures.filter(isOther).length;
  if (count > 0) {
    const text = `${count} of ${pictures.length} images are of another shape than ${size.height} × ${size.width}, and stretched to it`;
    notes.push({ code: 'images', count, text, ...(wanted && { isWarning: true }) });
  }
  return notes;
}

function commonSize(pictures: readonly Picture[], mostSide = MOST_SIDE): Size {
  const counts = new Map<string, number>();
  let [most, common] = [0, pictures[0]];
  for (const picture of pictures) {
    const key = `${picture.height} ${picture.width}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (count > most) [most, common] = [count, picture];
  }
  const large = fitted(common, mostSide);
  return {
    ...(isForConvolutions(large) ? large : fitted(common, Math.min(mostSide, DENSE_SIDE))),
    channels: pictures.every(({ pixels }) => isGrey(pixels)) ? 1 : 3,
  };
}

function isGrey(pixels: Uint8Array): boolean {
  for (let i = 0; i < pixels.length; i += 3) {
    if (pixels[i] !== pixels[i + 1] || pixels[i] !== pixels[i + 2]) return false;
  }
  return true;
}
