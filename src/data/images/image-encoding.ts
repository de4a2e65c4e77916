// How images become the inputs of a network: as they are, or, where the background is not black and dense layers learn them, centred.

import { InputError } from '../../errors.ts';
import { sharedBuffer } from '../../threads/memory.ts';
import type { Dataset } from '../dataset.ts';
import { MOST_LABEL_INPUTS } from '../label-inputs.ts';
import { describeSize, type Images } from './images.ts';

/** How images become a dataset; plain data. */
export interface ImageEncoding {
  readonly kind: 'image';
  /** The column that is learned, where the images came with columns. */
  readonly label?: string;
  readonly classNames: readonly string[];
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /**
   * Where the background is not black: the mean of each pixel, which is taken away, and one deviation, which all are
   * divided by. Values are 0 to 255.
   */
  readonly centre?: { readonly mean: readonly number[]; readonly deviation: number };
  /** Whether no inputs are left to the label. */
  readonly hasNoLabel?: true;
}

/** Share of zeros from which pixels are kept as they are: rows are stored compressed, and zeros cost nothing. */
const BLACK_SHARE = 0.4;

/**
 * What pixels become: `plain`, inputs as they are and nothing else, as convolutions take them; or `centred`, where the background is not
 * black, with room for the label, as dense layers do.
 */
export type PixelUse = 'plain' | 'centred';

/** Fits the encoding of images on the examples `rows`; `label` is the column that names their classes, if one does. */
export function fitImages(
  images: Images,
  label: string | undefined,
  classNames: readonly string[],
  rows: Uint32Array,
  use: PixelUse,
): ImageEncoding {
  const { height, width, channels, pixels } = images;
  const size = height * width * channels;
  const encoding = {
    kind: 'image' as const,
    ...(label !== undefined && { label }),
    classNames,
    height,
    width,
    channels,
    ...((use === 'plain' || classNames.length > MOST_LABEL_INPUTS) && { hasNoLabel: true as const }),
  };
  const sums = new Float64Array(size);
  let [zeros, squares] = [0, 0];
  for (const row of rows) {
    for (let k = 0; k < size; k++) {
      const value = pixels[row * size + k];
      if (value === 0) zeros++;
      sums[k] += value;
      squares += value * value;
    }
  }
  if (use === 'centred' && zeros >= BLACK_SHARE * rows.length * size) return encoding;
  const mean = Array.from(sums, sum => sum / rows.length);
  const variance = squares / (rows.length * size) - mean.reduce((sum, m) => sum + m * m, 0) / size;
  if (!(variance > 1e-6)) throw new InputError(`${images.name}: every image is the same`);
  if (use === 'plain') return encoding;
  return { ...encoding, centre: { mean: mean.map(Math.fround), deviation: Math.sqrt(variance) } };
}

/** Throws an InputError unless `encoding`, whatever it really is, can be applied. */
export function checkImageEncoding({ label, height, width, channels, centre }: ImageEncoding): void {
  const isSize = (value: number) => Number.isInteger(value) && value > 0 && value < 2 ** 16;
  const size = height * width * channels;
  const isFine =
    (label === undefined || typeof label === 'string') &&
    isSize(height) &&
    isSize(width) &&
    (channels === 1 || channels === 3) &&
    (centre === undefined ||
      (Array.isArray(centre.mean) &&
        centre.mean.length === size &&
        centre.mean.every(Number.isFinite) &&
        centre.deviation > 0));
  if (!isFine) throw new InputError('the encoding does not say how images become inputs');
}

/** Inputs before the first pixel: those of the label, which take whole rows of pixels, unless there are too many classes for it. */
function inputsBefore({ classNames, width, channels, hasNoLabel }: ImageEncoding): number {
  if (hasNoLabel) return 0;
  return Math.ceil(classNames.length / (width * channels)) * width * channels;
}

/** Inputs that the encoding makes, those of the label included. */
export function imageInputs(encoding: ImageEncoding): number {
  return inputsBefore(encoding) + encoding.height * encoding.width * encoding.channels;
}

/**
 * The images `rows` as inputs. The label takes whole rows of pixels above the image, so that it hides none of them and
 * the image can still be moved.
 */
export function encodeImages(
  encoding: ImageEncoding,
  images: Images,
  rows: Uint32Array,
): Pick<Dataset, 'width' | 'inputs' | 'shape'> {
  const { height, width, channels, centre } = encoding;
  if (images.height !== height || images.width !== width || images.channels !== channels) {
    throw new InputError(
      `${images.name} has images of ${describeSize(images)}, expected ${describeSize(encoding)} as the model learned from`,
    );
  }
  const size = height * width * channels;
  const from = inputsBefore(encoding);
  const inputWidth = from + size;
  const bytes = rows.length * inputWidth * (centre ? 4 : 1);
  if (bytes > 2 ** 32) {
    throw new InputError(
      `${images.name}: ${rows.length} images of ${describeSize(encoding)} need ${(bytes / 2 ** 30).toFixed(1)} GiB, expected at most 4: take fewer or smaller ones`,
    );
  }
  const shape = [from / (width * channels) + height, width, channels] as const;
  const buffer = sharedBuffer(bytes);
  if (!centre) {
    const inputs = new Uint8Array(buffer);
    rows.forEach((row, i) => {
      inputs.set(images.pixels.subarray(row * size, (row + 1) * size), i * inputWidth + from);
    });
    return { width: inputWidth, inputs, shape };
  }
  const inputs = new Float32Array(buffer);
  rows.forEach((row, i) => {
    for (let k = 0; k < size; k++) {
      inputs[i * inputWidth + from + k] = (images.pixels[row * size + k] - centre.mean[k]) / centre.deviation;
    }
  });
  return { width: inputWidth, inputs, shape };
}

/** The bytes (height, width, channels) of an example that was encoded. */
export function decodePixels(encoding: ImageEncoding, example: Uint8Array | Float32Array): Uint8Array {
  const pixels = example.subarray(inputsBefore(encoding));
  const { centre } = encoding;
  if (pixels instanceof Uint8Array || !centre) return Uint8Array.from(pixels);
  return Uint8Array.from(pixels, (value, k) => Math.round(value * centre.deviation + centre.mean[k]));
}
