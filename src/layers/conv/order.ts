// Where the values of convolutions are in rows of panels, which leave gaps: model files have them without.

import { PANEL } from '../../kernels/panels.ts';

/**
 * The place of each of `channels` values at each of so many positions, where a position has room for `depth`; undefined where they are in
 * order.
 */
export function spacedOrder(positions: number, channels: number, depth: number): Uint32Array | undefined {
  if (channels === depth) return undefined;
  return Uint32Array.from(
    { length: positions * channels },
    (_, k) => Math.floor(k / channels) * depth + (k % channels),
  );
}

/** What a map to classes reads: of one channel after the other, its cells. */
export function featureOrder(channels: number, panels: number, cells: number): Uint32Array {
  return Uint32Array.from({ length: channels * cells * cells }, (_, i) => {
    const [channel, cell] = [Math.floor(i / (cells * cells)), i % (cells * cells)];
    return cell * panels * PANEL + channel;
  });
}
