// Lines and pictures resized: by area where they shrink, between neighbours where they grow.

/** The inputs that one output of a resized line takes in, with weights that add up to 1. */
export interface Span {
  readonly first: number;
  readonly weights: readonly number[];
}

/** How a line of `from` inputs becomes one of `to` outputs: by area where it shrinks, between neighbours where it grows. */
export function spans(from: number, to: number): Span[] {
  const step = from / to;
  return Array.from({ length: to }, (_, i) => {
    if (step <= 1) {
      const centre = Math.min(Math.max((i + 0.5) * step - 0.5, 0), from - 1);
      const first = Math.floor(centre);
      return { first, weights: centre > first ? [first + 1 - centre, centre - first] : [1] };
    }
    const begin = i * step;
    const end = Math.min(begin + step, from);
    const first = Math.floor(begin);
    const covered = (k: number) => Math.min(end, first + k + 1) - Math.max(begin, first + k);
    return { first, weights: Array.from({ length: Math.ceil(end) - first }, (_, k) => covered(k) / step) };
  });
}

/** One output. */
export function blend({ first, weights }: Span, value: (at: number) => number): number {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += weights[k] * value(first + k);
  return sum;
}

/** Interleaved bytes (height, width, channels) resized to (toHeight, toWidth, channels); the same array where nothing changes. */
export function resized(
  pixels: Uint8Array,
  height: number,
  width: number,
  channels: number,
  toHeight: number,
  toWidth: number,
): Uint8Array {
  if (height === toHeight && width === toWidth) return pixels;
  const columns = spans(width, toWidth);
  const rows = spans(height, toHeight);
  const narrow = new Float32Array(height * toWidth * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < toWidth; x++) {
      for (let c = 0; c < channels; c++) {
        narrow[(y * toWidth + x) * channels + c] = blend(
          columns[x],
          i => pixels[(y * width + i) * channels + c],
        );
      }
    }
  }
  const result = new Uint8Array(toHeight * toWidth * channels);
  const stride = toWidth * channels;
  for (let y = 0; y < toHeight; y++) {
    for (let k = 0; k < stride; k++)
      result[y * stride + k] = Math.round(blend(rows[y], i => narrow[i * stride + k]));
  }
  return result;
}
