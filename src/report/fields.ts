// What the units of the first layer look for: their incoming weights as pictures.

import { extent } from './axis.ts';
import { escaped, short } from './markup.ts';
import { image, tinted } from './pixels.ts';

const most = 100;
const scale = '<span class="scale"><span>against</span><i></i><span>for</span></span>';
const colours = 'Mid-grey is no weight; a colour is what the unit looks for.';

const IN_GREY = `Bright pixels in <b class="positive">blue</b> places excite the unit, in <b class="negative">orange</b>
places they hold it back, and elsewhere they do not matter.`;
const IN_COLOUR = `Where a square is grey, the unit does not look; where it has a colour, pixels of that colour excite the
unit, and those of the opposite colour hold it back.`;

/** How to read what fieldPictures draws. */
export function howToRead({ channels }: { readonly channels?: 1 | 3 }): string {
  return channels === 3 ? IN_COLOUR : IN_GREY;
}

/**
 * The incoming weights of up to 100 units, each `height` by `width` and scaled by itself, as a grid. With 3 channels, red,
 * green and blue side by side, the weights are shown as colours around mid-grey.
 */
export function fieldPictures(fields: {
  readonly height: number;
  readonly width: number;
  readonly channels?: 1 | 3;
  readonly units: readonly Float32Array[];
  readonly caption: string;
}): string {
  const { height, width, channels = 1, units, caption } = fields;
  const shown = units.slice(0, most).map((weights, unit) => {
    const [low, high] = extent(weights) ?? [0, 0];
    const tooltip = `Unit ${unit + 1}: weights ${rounded(low)} to ${rounded(high)}`;
    return channels === 3
      ? image(asColours(weights, height * width * 3), height, width, 3, '', tooltip)
      : image(tinted(weights, height * width, fullScale(weights)), height, width, 4, '', tooltip);
  });
  if (shown.length === 0) return '<p class="none">No units to show.</p>';
  const name = `Incoming weights of ${shown.length} units as pictures of ${height} by ${width} pixels`;
  return `<figure>
<div class="fields" role="img" aria-label="${escaped(name)}">${shown.join('')}</div>
<figcaption>${channels === 3 ? colours : scale} ${escaped(caption)}</figcaption>
</figure>`;
}

function asColours(weights: Float32Array, count: number): Uint8Array {
  const full = fullScale(weights);
  return Uint8Array.from({ length: count }, (_, i) => {
    const weight = Number.isFinite(weights[i]) ? weights[i] : 0;
    return Math.round(127.5 + 127.5 * Math.max(-1, Math.min(1, weight / full)));
  });
}

// One stray weight must not make its unit's picture blank.
function fullScale(weights: Float32Array): number {
  const sizes = weights.filter(Number.isFinite).map(Math.abs).sort();
  return sizes[Math.floor(0.995 * (sizes.length - 1))] || sizes.at(-1) || 1;
}

function rounded(value: number): string {
  return short(Number(value.toPrecision(3)));
}
