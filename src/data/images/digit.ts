// A drawing of a digit, of any size and colours, turned into what MNIST would have made of it:
// 28x28, white ink on black, 20x20 box, centre of mass in the middle. http://yann.lecun.com/exdb/mnist

import { InputError } from '../../errors.ts';
import { blend, spans } from './resize.ts';

const SIDE = 28;
const BOX = 20;
/** 8-bit levels between paper and ink below which an image counts as blank. */
const MIN_CONTRAST = 16;
/** Share of the contrast below which a pixel is paper: above common noise, below MNIST's edges. */
const INK_THRESHOLD = 0.1;

/**
 * The digit drawn in `brightness` (height, width; 0 black to 255 white, either polarity) as MNIST would show
 * it, (28, 28) bytes of white ink on black; throws InputError, naming `name`, where there is no ink.
 */
export function digitFromPixels(
  brightness: Float32Array,
  width: number,
  height: number,
  name: string,
): Uint8Array {
  if (!(width > 0 && height > 0 && brightness.length === width * height)) {
    throw new InputError(
      `${name}: expected ${width}x${height} brightness values, at least one, found ${brightness.length}`,
    );
  }
  let darkest = brightness[0];
  let lightest = brightness[0];
  for (const [i, value] of brightness.entries()) {
    if (!(value >= 0 && value <= 255)) {
      throw new InputError(`${name}: brightness ${i} is ${value}, expected 0 to 255`);
    }
    if (value < darkest) darkest = value;
    if (value > lightest) lightest = value;
  }
  const contrast = lightest - darkest;
  if (contrast < MIN_CONTRAST) {
    throw new InputError(
      `${name}: blank: expected ink that stands out by ${MIN_CONTRAST} of 255 levels, found ` +
        `${contrast.toFixed(1)}; draw a dark digit on a light background or the reverse ` +
        '(transparent counts as white)',
    );
  }
  const paper = borderMean(brightness, width, height) > (darkest + lightest) / 2 ? lightest : darkest;
  const ink = (at: number) => {
    const share = Math.abs(brightness[at] - paper) / contrast;
    return share < INK_THRESHOLD ? 0 : share;
  };
  return centred(boxed(ink, width, inkBounds(ink, width, height)));
}

function borderMean(brightness: Float32Array, width: number, height: number): number {
  let sum = 0;
  for (let x = 0; x < width; x++) sum += brightness[x] + brightness[(height - 1) * width + x];
  for (let y = 0; y < height; y++) sum += brightness[y * width] + brightness[y * width + width - 1];
  return sum / (2 * (width + height));
}

interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function inkBounds(ink: (at: number) => number, width: number, height: number): Bounds {
  let left = width;
  let right = 0;
  let top = height;
  let bottom = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (ink(y * width + x) === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

interface Grid {
  readonly width: number;
  readonly height: number;
  /** (height, width) */
  readonly values: Float64Array;
}

/** The part of the image within `bounds`, resized so that its longer side has 20 pixels. */
function boxed(ink: (at: number) => number, imageWidth: number, bounds: Bounds): Grid {
  const scale = BOX / Math.max(bounds.width, bounds.height);
  const width = Math.max(1, Math.round(bounds.width * scale));
  const height = Math.max(1, Math.round(bounds.height * scale));
  const columns = spans(bounds.width, width);
  const rows = spans(bounds.height, height);
  const narrow = new Float64Array(bounds.height * width);
  for (let y = 0; y < bounds.height; y++) {
    const start = (bounds.top + y) * imageWidth + bounds.left;
    for (let x = 0; x < width; x++) narrow[y * width + x] = blend(columns[x], i => ink(start + i));
  }
  const values = new Float64Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) values[y * width + x] = blend(rows[y], i => narrow[i * width + x]);
  }
  return { width, height, values };
}

/** The box in a 28x28 field, its centre of mass on pixel (14, 14) as in MNIST, or as near as it fits. */
function centred({ width, height, values }: Grid): Uint8Array {
  let mass = 0;
  let massX = 0;
  let massY = 0;
  let peak = 0;
  values.forEach((value, i) => {
    mass += value;
    massX += value * (i % width);
    massY += value * Math.floor(i / width);
    peak = Math.max(peak, value);
  });
  const place = (centre: number, size: number) =>
    Math.min(Math.max(Math.round(SIDE / 2 - centre), 0), SIDE - size);
  const left = place(massX / mass, width);
  const top = place(massY / mass, height);
  const digit = new Uint8Array(SIDE * SIDE);
  values.forEach((value, i) => {
    const at = (top + Math.floor(i / width)) * SIDE + left + (i % width);
    // MNIST strokes reach full white; averaging leaves a thin line on a large canvas nearly black.
    digit[at] = Math.round((255 * value) / peak);
  });
  return digit;
}
