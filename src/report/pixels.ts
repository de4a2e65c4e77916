// Small pixel images as PNG data URIs, the only form of image the page can hold without a second file.

import { encode } from 'fast-png';
import { escaped } from './markup.ts';

const positive = [47, 128, 208] as const;
const negative = [226, 118, 26] as const;

/**
 * An `<img>` of `height` by `width` pixels from row-major bytes: 1 channel for grey, 3 for red, green and
 * blue, 4 for these and opacity. An empty `text` marks it as described elsewhere.
 */
export function image(
  pixels: Uint8Array,
  height: number,
  width: number,
  channels: 1 | 3 | 4,
  text: string,
  tooltip = '',
): string {
  const png = encode({ width, height, data: pixels, depth: 8, channels }, { zlib: { level: 9 } });
  const source = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  const title = tooltip ? ` title="${escaped(tooltip)}"` : '';
  return `<img src="${source}" width="${width}" height="${height}" alt="${escaped(text)}"${title} />`;
}

/**
 * Signed numbers as pixels of 4 channels: blue above zero, orange below, transparent at zero, and as strong as they can be from `full` on.
 */
export function tinted(values: Float32Array, count: number, full: number): Uint8Array {
  const pixels = new Uint8Array(count * 4);
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? 0;
    const level = Math.min(1, Math.abs(Number.isFinite(value) ? value : 0) / full);
    // Opacity carries the size, so that zero is the page itself, in light and in dark. Few levels of it make the files a third as large and
    // cannot be told apart from 256.
    const opacity = Math.round(Math.round(level * 24) * (255 / 24));
    if (opacity > 0) pixels.set([...(value > 0 ? positive : negative), opacity], i * 4);
  }
  return pixels;
}
