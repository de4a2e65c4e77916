// What passes from layer to layer, as a grid.

/** Positions, and values at each: an image of so many channels, or the units of a layer. */
export interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Values in all. */
export function sizeOf({ height, width, channels }: Shape): number {
  return height * width * channels;
}
