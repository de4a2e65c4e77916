// Images of one size, as bytes, and what is known of each.

import type { Column } from '../formats/columns.ts';

/** Images as they were read. */
export interface Images {
  /** What to call them in messages, e.g. the folder. */
  readonly name: string;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** 1 for grey, 3 for red, green, blue. */
  readonly channels: 1 | 3;
  /** (count, height, width, channels). */
  readonly pixels: Uint8Array;
  /** (count) the class of each; absent where it is not known, or is one of `columns`. */
  readonly labels?: readonly string[];
  /** What else the source says of each. */
  readonly columns?: readonly Column[];
  /** (count) where each came from. */
  readonly sources?: readonly string[];
}

/** What all images of a set have in common. */
export type Size = Pick<Images, 'height' | 'width' | 'channels'>;

/** E.g. `28 × 28, grey`. */
export function describeSize({ height, width, channels }: Size): string {
  return `${height} × ${width}, ${channels === 1 ? 'grey' : 'colour'}`;
}

/** Sides of the images that convolutions are for: there, patches make up for many pixels. */
const LEAST_SIDE = 24;

/** Whether images are large enough for convolutions. */
export function isForConvolutions({ height, width }: Omit<Size, 'channels'>): boolean {
  return Math.min(height, width) >= LEAST_SIDE;
}

/** How files become images. */
export interface ImageOptions {
  /** What images become; by default the size that most have, at most `mostSide` pixels a side. */
  readonly size?: Size | undefined;
  /** By default 96, or 32 where the shorter side would have fewer than 24 pixels. */
  readonly mostSide?: number | undefined;
  /** Leaves out images that cannot be read, with a note, instead of throwing an error that names them. */
  readonly skipBad?: boolean | undefined;
}
