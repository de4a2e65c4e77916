// Images of what a page can draw: pictures, canvases, frames of a video or a camera, files.

import { InputError, refuse } from '../../errors.ts';
import type { Drawable } from '../../platform.ts';
import type { Images, Size } from './images.ts';

/** How pictures become images. */
export interface PictureOptions {
  /** What images become. */
  readonly size: Size;
  /** The class of each. */
  readonly labels?: readonly string[];
}

/**
 * Images of `pictures`, on white, resized by the browser to `size`: that of a model is its `encoding`. Throws an InputError for what cannot
 * be drawn, for other than one label each, and outside of a page.
 */
export async function imagesFrom(
  pictures: readonly Drawable[],
  { size: { height, width, channels }, labels }: PictureOptions,
): Promise<Images> {
  if (typeof OffscreenCanvas === 'undefined') {
    throw new InputError('imagesFrom needs a canvas, as pages have one: in Node, readExamples reads images');
  }
  const count = pictures.length;
  if (count === 0) refuse('pictures', 'one or more', pictures);
  if (labels && labels.length !== count) refuse('labels', `${count}, one for each image`, labels.length);
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.imageSmoothingQuality = 'high';
  context.fillStyle = '#fff';
  const pixels = new Uint8Array(count * height * width * channels);
  let at = 0;
  for (const [i, picture] of pictures.entries()) {
    const bitmap = await createImageBitmap(picture).catch(cause => {
      throw new InputError(`image ${i} cannot be drawn: ${cause.message}`, { cause });
    });
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    const { data } = context.getImageData(0, 0, width, height);
    for (let k = 0; k < data.length; k += 4) {
      const [red, green, blue] = data.subarray(k, k + 3);
      if (channels === 3) pixels.set([red, green, blue], at);
      else pixels[at] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
      at += channels;
    }
  }
  return { name: 'the images', count, height, width, channels, pixels, ...(labels && { labels }) };
}
