// A layer of convolutions as recipes know it.

import { InputError, refuse } from '../../errors.ts';
import type { LayerForm } from '../kind.ts';
import type { Shape } from '../shape.ts';
import { type ConvSpec, convSpec } from './spec.ts';

/** Positions of fewer channels would share a panel, whose units are 32. */
export const FEWEST_CHANNELS = 9;

export const convForm: LayerForm<ConvSpec> = { spec: convSpec, output: outputOf };

/** The shape of what is handed on; throws an InputError where a layer cannot stand on `below`. */
export function outputOf(
  spec: Pick<ConvSpec, 'channels' | 'stride' | 'maxPool' | 'cells'>,
  below: Shape,
): Shape {
  const { channels, cells = 1 } = spec;
  if (channels < FEWEST_CHANNELS) refuse('channels', `at least ${FEWEST_CHANNELS}`, channels);
  const { height, width } = positionsOf(spec, below);
  if (height < 1 || width < 1) {
    throw new InputError(
      `expected a pool of at most ${below.height} × ${below.width} positions, found ${spec.maxPool}: use fewer layers with maxPool or larger images`,
    );
  }
  if (cells > Math.min(height, width)) {
    refuse('cells', `at most ${Math.min(height, width)}, the positions each way`, cells);
  }
  return { height, width, channels };
}

/** The positions that are handed on. */
export function positionsOf(
  { stride = 1, maxPool = 1 }: Pick<ConvSpec, 'stride' | 'maxPool'>,
  { height, width }: Shape,
): { readonly height: number; readonly width: number } {
  const pools = (length: number) => Math.floor((Math.floor((length - 1) / stride) + 1) / maxPool);
  return { height: pools(height), width: pools(width) };
}
