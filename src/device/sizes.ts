// What a model file says of the sizes of a layer, kind by kind: no more of it than predicting needs.

import { LocalContrast } from '../data/images/local-contrast.ts';
import { outputOf } from '../layers/conv/form.ts';
import type { ConvSpec } from '../layers/conv/spec.ts';
import { type Shape, sizeOf } from '../layers/shape.ts';

/** Sizes of a layer. */
export interface LayerSizes {
  /** What it hands on; of a dense layer one position, whose channels are its units. */
  readonly shape: Shape;
  /** Weights of a unit, without its bias. */
  readonly fanIn: number;
  /** Values of it that a map to classes reads. */
  readonly features: number;
  /** Of a layer of convolutions only. */
  readonly patches?: Patches;
  /** What the images that it sees become first; absent: they stay as they are. */
  readonly contrast?: LocalContrast;
}

/** Positions: those of a patch each way, from a patch to the next, and of a pool each way; and cells each way that a map reads. */
export interface Patches {
  readonly size: number;
  readonly stride: number;
  readonly pool: number;
  readonly cells: number;
  /** Whether each channel is standardised by running means before its ReLU. */
  readonly isStandardised: boolean;
  /** Whether each position is divided by a number of its own before it is handed on. */
  readonly isDivided: boolean;
  /** What the layer so many below handed on is added to what this one hands on; 0: nothing is. */
  readonly shortcut: number;
}

/** Throws an InputError unless `isFine`, of a description that must have what was `expected`. */
export type Check = (isFine: boolean, expected: string) => asserts isFine;

/** Reads what is `said` of layer number `l`, which stands on `below`. */
export type SizeReader = (
  said: Readonly<Record<string, unknown>>,
  below: Shape,
  check: Check,
  l: number,
) => LayerSizes;

/** Those of the kinds of layers that whoever reads a model knows. */
export type SizeReaders = Readonly<Record<string, SizeReader>>;

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

export function denseSizes(
  { units }: Readonly<Record<string, unknown>>,
  below: Shape,
  check: Check,
): LayerSizes {
  check(isCount(units), 'layers of one or more units');
  return { shape: { height: 1, width: 1, channels: units }, fanIn: sizeOf(below), features: units };
}

export function convSizes(
  said: Readonly<Record<string, unknown>>,
  below: Shape,
  check: Check,
  l: number,
): LayerSizes {
  const { channels, size, stride = 1, maxPool: pool = 1, cells = 1, ...more } = said as unknown as ConvSpec;
  check(
    [channels, size, stride, pool, cells].every(isCount) && size % 2 === 1,
    'convolutions of an odd size, whose channels, stride, maxPool and cells are counts',
  );
  const {
    averagePool,
    overlapPool,
    triangle,
    normalization,
    readCells,
    groups,
    batchNorm,
    border,
    localMean,
    shortcut = 0,
  } = more;
  const isDivided = normalization === undefined;
  const isStandardised = batchNorm === 'before';
  const published = averagePool ?? overlapPool ?? triangle ?? readCells ?? groups ?? border;
  check(
    published === undefined && (isDivided || normalization === 'none') && (isStandardised || !batchNorm),
    "no averagePool, overlapPool, triangle, readCells, groups or border, no normalization but 'none', and no batchNorm but 'before': only loadNetwork runs these",
  );
  const isShare = typeof localMean === 'number' && localMean >= 0 && localMean <= 1;
  check(localMean === undefined || (isShare && l === 0), 'a localMean from 0 to 1, in the first layer alone');
  check(shortcut === 0 || isCount(shortcut), 'shortcuts that are counts of layers');
  return {
    shape: outputOf({ channels, size, stride, maxPool: pool, cells }, below),
    fanIn: size * size * below.channels,
    features: channels * cells * cells,
    patches: { size, stride, pool, cells, isStandardised, isDivided, shortcut },
    ...(isShare && { contrast: new LocalContrast(below, size, localMean) }),
  };
}
