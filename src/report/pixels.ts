// Small pixel images as PNG data URIs, the only form of image the page can hold without a second file.

import { encode } from 'fast-png';
import { escaped } from './markup.ts';

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
