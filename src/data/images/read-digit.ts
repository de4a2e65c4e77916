// One PNG of a handwritten digit, of any size and colours.

import { readBytes } from '../../files/read.ts';
import { brightnessOf, decodePng } from '../formats/png.ts';
import { digitFromPixels } from './digit.ts';

/**
 * Reads the PNG at `path` as an MNIST digit, (28, 28) bytes; throws InputError where it cannot be read, is no
 * sound PNG, has more than 64 megapixels or shows no ink.
 */
export async function readDigit(path: string): Promise<Uint8Array> {
  const { brightness, width, height } = brightnessOf(await decodePng(await readBytes(path), path));
  return digitFromPixels(brightness, width, height, path);
}
