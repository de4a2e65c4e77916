// A layer of convolutions as recipes know it.

import { refuse } from '../../errors.ts';
import type { LayerForm } from '../kind.ts';
import type { Shape } from '../shape.ts';
import { type ConvSpec, convSpec } from './spec.ts';

/** Positions of fewer channels would share a panel, whose units are 32. */
export const FEWEST_CHANNELS = 9;
/** Which position of a pool is largest is told by a byte. */
const MOST_POOLED = 16;

export const convForm: LayerForm<ConvSpec> = {
  spec: convSpec,
  output(spec, below, shapes = [below]) {
    const shape = outputOf(spec, below);
    checkShortcut(spec, shape, shapes);
    return shape;
  },
};

/** The shape of what is handed on; throws an InputError where a layer cannot stand on `below`. */
export function outputOf(spec: Omit<ConvSpec, 'kind'>, below: Shape): Shape {
  const { channels, cells = 1, outputDropout, normalization, triangle, averagePool, overlapPool } = spec;
  const { groups = 1, batchNorm, dropout, withoutBias } = spec;
  if (channels < FEWEST_CHANNELS) refuse('channels', `at least ${FEWEST_CHANNELS}`, channels);
  if (channels % groups !== 0 || below.channels % groups !== 0) {
    refuse('groups', `a count that divides ${channels} channels and the ${below.channels} below`, groups);
  }
  if (batchNorm && dropout !== undefined) refuse('dropout', 'absent beside batchNorm', dropout);
  if (batchNorm === 'before' && withoutBias) {
    refuse(
      'withoutBias',
      'absent where batchNorm is before the ReLU, which the bias is added after',
      withoutBias,
    );
  }
  const shortest = Math.min(below.height, below.width);
  if (spec.border && (spec.size - 1) / 2 >= shortest) {
    refuse(
      'border',
      `absent where patches of ${spec.size} reach over all ${shortest} positions`,
      spec.border,
    );
  }
  const convolved = positionsOf({ stride: spec.stride }, below);
  checkPool('maxPool', spec.maxPool, convolved);
  if ((spec.maxPool ?? 0) > MOST_POOLED) {
    refuse('maxPool', `at most ${MOST_POOLED} (use stride, or pools of several layers)`, spec.maxPool);
  }
  const units = positionsOf(spec, below);
  const most = Math.min(units.height, units.width);
  if (cells > most) refuse('cells', `at most ${most}, the positions each way`, cells);
  checkPool('averagePool', averagePool, units);
  checkPool('overlapPool', overlapPool, units);
  if (averagePool !== undefined && overlapPool !== undefined) {
    refuse('overlapPool', 'absent beside averagePool', overlapPool);
  }
  if (normalization === 'blocks') {
    const expected = 'absent where blocks are standardised, whose mean is not zero before';
    for (const [name, found] of Object.entries({ outputDropout, overlapPool, triangle })) {
      if (found !== undefined) refuse(name, expected, found);
    }
  }
  const outgoing = outgoingOf(spec, units);
  const { readCells = 1 } = spec;
  const parts = Math.min(outgoing.height, outgoing.width);
  if (readCells > parts)
    refuse('readCells', `at most ${parts}, the positions each way that go on`, readCells);
  return { ...outgoing, channels };
}

type Positions = Pick<Shape, 'height' | 'width'>;

/** The positions that units have, and that a map to classes reads. */
export function positionsOf(
  {
    stride = 1,
    maxPool = 1,
  }: { readonly stride?: number | undefined; readonly maxPool?: number | undefined },
  { height, width }: Positions,
): Positions {
  const pools = (length: number) => Math.floor((Math.floor((length - 1) / stride) + 1) / maxPool);
  return { height: pools(height), width: pools(width) };
}

/** The positions that are handed on, of those that units have. */
export function outgoingOf(
  { averagePool = 1, overlapPool = averagePool }: Pick<ConvSpec, 'averagePool' | 'overlapPool'>,
  { height, width }: Positions,
): Positions {
  return { height: Math.floor(height / overlapPool), width: Math.floor(width / overlapPool) };
}

/** What is added has the shape of what it is added to; of the `shapes` below, the first is that of the input. */
function checkShortcut({ shortcut }: ConvSpec, shape: Shape, shapes: readonly Shape[]): void {
  if (shortcut === undefined) return;
  const [own, earlier] = [shape, shapes.at(-shortcut)].map(
    found => found && `${found.height} × ${found.width} × ${found.channels}`,
  );
  if (own === earlier) return;
  const instead = earlier ? `, not ${earlier}` : '';
  refuse('shortcut', `a count of layers down to one that hands on ${own} as well${instead}`, shortcut);
}

function checkPool(name: string, pool: number | undefined, { height, width }: Positions): void {
  if (pool === undefined || pool <= Math.min(height, width)) return;
  refuse(
    name,
    `at most ${Math.min(height, width)}, the positions each way (use fewer pools or larger images)`,
    pool,
  );
}
