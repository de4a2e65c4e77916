// Decoded images of any size, made one size and put in one array.

import { InputError } from '../../errors.ts';
import type { Png } from '../formats/png.ts';
import type { Note } from '../notes.ts';
import type { Images, Size } from './images.ts';
import { resized } from './resize.ts';

/** One image, (height, width, 3) bytes. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
}

/** Longer sides are resized: a dense network learns little more from more pixels, and takes much longer. */
export const MAX_SIDE = 32;
const MAX_BYTES = 2 ** 31;

/** A PNG as bytes. */
export function pictureOf({ height, width, colour }: Png): Picture {
  const pixels = new Uint8Array(height * width * 3);
  const rgb = new Float64Array(3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      colour(x, y, rgb);
      for (let c = 0; c < 3; c++) pixels[(y * width + x) * 3 + c] = Math.round(255 * rgb[c]);
    }
  }
  return shrunk({ height, width, pixels });
}

/** Bytes (height, width, channels) of 1 grey or 3 colour channels as a picture. */
export function pictureFrom(height: number, width: number, channels: number, data: Uint8Array): Picture {
  if (channels === 3) return shrunk({ height, width, pixels: data });
  const pixels = new Uint8Array(height * width * 3);
  for (let i = 0; i < height * width; i++) pixels.fill(data[i * channels], 3 * i, 3 * i + 3);
  return shrunk({ height, width, pixels });
}

/** A large picture at twice the size that is kept of it, so that many of them fit in memory. */
function shrunk(picture: Picture): Picture {
  const { height, width, pixels } = picture;
  const scale = (2 * MAX_SIDE) / Math.max(height, width);
  if (scale >= 1) return picture;
  const [h, w] = [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
  return { height: h, width: w, pixels: resized(pixels, height, width, 3, h, w) };
}

/** Pictures as one array of one size: `size`, or else the most frequent one, grey where no picture has a colour. */
export function stackPictures(pictures: readonly Picture[], name: string, size?: Size): Images {
  const { height, width, channels } = size ?? commonSize(pictures);
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

/** What is to be said of pictures that became images of `size` and were of another shape; a warning where the size was `wanted`. */
export function shapeNotes(pictures: readonly Picture[], size: Size, wanted?: Size): Note[] {
  const proportion = size.height / size.width;
  const isOther = ({ height, width }: Picture) =>
    Math.abs(Math.log(height / width / proportion)) > OTHER_SHAPE;
  const count = pictures.filter(isOther).length;
  if (count === 0) return [];
  const text = `${count} of ${pictures.length} images are of another shape than ${size.height} × ${size.width}, and stretched to it`;
  return [{ code: 'images', count, text, ...(wanted && { isWarning: true }) }];
}

function commonSize(pictures: readonly Picture[]): Size {
  const counts = new Map<string, number>();
  let [most, common] = [0, pictures[0]];
  for (const picture of pictures) {
    const key = `${picture.height} ${picture.width}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (count > most) [most, common] = [count, picture];
  }
  const scale = Math.min(1, MAX_SIDE / Math.max(common.height, common.width));
  return {
    height: Math.max(1, Math.round(common.height * scale)),
    width: Math.max(1, Math.round(common.width * scale)),
    channels: pictures.every(({ pixels }) => isGrey(pixels)) ? 1 : 3,
  };
}

function isGrey(pixels: Uint8Array): boolean {
  for (let i = 0; i < pixels.length; i += 3) {
    if (pixels[i] !== pixels[i + 1] || pixels[i] !== pixels[i + 2]) return false;
  }
  return true;
}
