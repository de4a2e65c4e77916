// The receptive fields of the first units: their incoming weights as pictures, blue where ink helps and orange where it hurts.

import type { StateTensor } from 'forward-forward';
import { PIXELS, SIDE } from './digits.ts';

const GAP = 2;
const CELL = SIDE + GAP;
const MOST = 40;
/** Inputs that hold the label, not pixels. */
const LABELS = 10;
const POSITIVE = [47, 128, 208];
const NEGATIVE = [226, 118, 26];

/** Draws `weights` (784, units), as many units as fit in full rows. */
export function drawFields(canvas: HTMLCanvasElement, { data, shape }: StateTensor): void {
  const units = shape[1];
  const columns = canvas.clientWidth < 500 ? 8 : 10;
  const shown = Math.min(MOST, units);
  const rows = Math.ceil(shown / columns);
  const [width, height] = [columns * CELL - GAP, rows * CELL - GAP];
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const image = new ImageData(width, height);
  for (let unit = 0; unit < shown; unit++) {
    let squares = 0;
    for (let k = LABELS; k < PIXELS; k++) squares += data[k * units + unit] ** 2;
    // Four deviations are full colour: one stray weight must not make a picture blank.
    const full = 4 * Math.sqrt(squares / PIXELS) + 1e-12;
    const left = (unit % columns) * CELL;
    const top = Math.floor(unit / columns) * CELL;
    for (let k = 0; k < PIXELS; k++) {
      const weight = k < LABELS ? 0 : data[k * units + unit];
      const [red, green, blue] = weight > 0 ? POSITIVE : NEGATIVE;
      const at = 4 * ((top + Math.floor(k / SIDE)) * width + left + (k % SIDE));
      image.data[at] = red;
      image.data[at + 1] = green;
      image.data[at + 2] = blue;
      image.data[at + 3] = 255 * Math.min(1, Math.abs(weight) / full) ** 1.4;
    }
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0);
}
