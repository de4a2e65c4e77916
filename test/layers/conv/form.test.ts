// What convolutions may be, and what they hand on.

import { expect, it } from 'vitest';
import { convForm } from '../../../src/layers/conv/form.ts';
import { planConv } from '../../../src/layers/conv/plan.ts';
import { type ConvSpec, convSpec } from '../../../src/layers/conv/spec.ts';
import type { Site } from '../../../src/layers/plan.ts';
import { siteOf } from '../../support/site.ts';

const spec = (more: Partial<ConvSpec> = {}): ConvSpec => ({ kind: 'conv', channels: 32, size: 3, ...more });
const site = (more: Partial<Site>) =>
  siteOf({ below: { ...grid(4, 4, 3), isImage: true }, batch: 1, rows: 1, ...more });
const grid = (height: number, width: number, channels = 1) => ({ height, width, channels });

it.each([
  [spec(), grid(28, 28), grid(28, 28, 32)],
  [spec({ maxPool: 2 }), grid(28, 27), grid(14, 13, 32)],
  [spec({ stride: 2, size: 5 }), grid(7, 6), grid(4, 3, 32)],
  [spec({ stride: 2, maxPool: 2, channels: 9 }), grid(9, 10), grid(2, 2, 9)],
  [spec({ size: 7 }), grid(1, 1, 64), grid(1, 1, 32)],
  [spec({ averagePool: 2 }), grid(7, 9), grid(3, 4, 32)],
  [spec({ maxPool: 2, averagePool: 3, cells: 4 }), grid(14, 9), grid(2, 1, 32)],
  [spec({ overlapPool: 2 }), grid(7, 9), grid(3, 4, 32)],
])('%o over %o', (layer, below, expected) => {
  expect(convForm.output(layer, below)).toEqual(expected);
});

it.each<[string, () => unknown, string]>([
  ['an even patch', () => convSpec(spec({ size: 4 }), 'layers[0]'), 'layers[0].size must be an odd count'],
  ['a pool of one', () => convSpec(spec({ maxPool: 1 }), 'layers[0]'), 'layers[0].maxPool must be'],
  [
    'few channels',
    () => convForm.output(spec({ channels: 8 }), grid(28, 28)),
    'channels must be at least 9, found 8',
  ],
  [
    'a pool that is larger than the image',
    () => convForm.output(spec({ maxPool: 4 }), grid(3, 8)),
    'maxPool must be at most 3, the positions each way (use fewer pools or larger images), found 4',
  ],
  [
    'an average of more positions than there are',
    () => convForm.output(spec({ maxPool: 2, averagePool: 3 }), grid(9, 4)),
    'averagePool must be at most 2, the positions each way',
  ],
  [
    'a border that reflects more than there is',
    () => convForm.output(spec({ size: 7, border: 'reflect' }), grid(3, 9)),
    'border must be absent where patches of 7 reach over all 3 positions, found "reflect"',
  ],
  [
    'groups that cut the channels below',
    () => convForm.output(spec({ groups: 4 }), grid(9, 9, 6)),
    'groups must be a count that divides 32 channels and the 6 below, found 4',
  ],
  [
    'what is left out of a batch',
    () => convForm.output(spec({ batchNorm: 'after', dropout: 0.1 }), grid(9, 9)),
    'dropout must be absent beside batchNorm, found 0.1',
  ],
  [
    'a pool of more positions than a byte tells',
    () => convForm.output(spec({ maxPool: 17 }), { height: 34, width: 34, channels: 4 }),
    'maxPool must be at most 16 (use stride, or pools of several layers), found 17',
  ],
  [
    'a shortcut from below the input',
    () => convForm.output(spec({ shortcut: 2 }), grid(9, 4)),
    'shortcut must be a count of layers down to one that hands on',
  ],
  [
    'two pools of what goes on',
    () => convForm.output(spec({ averagePool: 2, overlapPool: 2 }), grid(9, 4)),
    'overlapPool must be absent beside averagePool, found 2',
  ],
  [
    'more parts to read than there are positions',
    () => convForm.output(spec({ overlapPool: 2, readCells: 3 }), grid(9, 4)),
    'readCells must be at most 2, the positions each way that go on, found 3',
  ],
  [
    'a triangle before blocks are standardised',
    () => convForm.output(spec({ triangle: true, normalization: 'blocks' }), grid(9, 4)),
    'triangle must be absent where blocks are standardised',
  ],
  [
    'what is left out before blocks are standardised',
    () => convForm.output(spec({ outputDropout: 0.1, normalization: 'blocks' }), grid(9, 4)),
    'outputDropout must be absent where blocks are standardised',
  ],
  [
    'blocks of unequal size',
    () =>
      planConv(spec({ normalization: 'blocks' }), site({ classMap: { classes: 10, isNormalized: false } })),
    'channels must be a multiple of 10, the classes, for blocks of them, found 32',
  ],
  [
    'blocks without classes',
    () => planConv(spec({ normalization: 'blocks' }), site({})),
    'normalization must be image, none or absent where learning is not by classes, found "blocks"',
  ],
  [
    'a map of what is normalised otherwise',
    () => planConv(spec({ normalization: 'image' }), site({ classMap: { classes: 10, isNormalized: true } })),
    'normalization must be absent where a map to classes reads normalized activities, found "image"',
  ],
  [
    'more cells than positions',
    () => convForm.output(spec({ maxPool: 2, cells: 5 }), grid(8, 12)),
    'cells must be at most 4, the positions each way, found 5',
  ],
  [
    'a shortcut from fewer positions',
    () => convForm.output(spec({ shortcut: 2 }), grid(4, 4, 9), [grid(8, 8), grid(4, 9, 32), grid(4, 4, 9)]),
    'shortcut must be a count of layers down to one that hands on 4 × 4 × 32 as well, not 4 × 9 × 32, found 2',
  ],
  [
    'a shortcut from other channels',
    () => convForm.output(spec({ shortcut: 1, averagePool: 2 }), grid(8, 8, 9), [grid(8, 8), grid(8, 8, 9)]),
    'hands on 4 × 4 × 32 as well, not 8 × 8 × 9',
  ],
  [
    'few channels below',
    () =>
      planConv(
        spec(),
        siteOf({ below: { ...grid(4, 4, 3), isImage: false }, batch: 1, rows: 1, moments: 1 }),
      ),
    'expected at least 9 channels below a convolution, found 3',
  ],
  [
    'more than a memory holds',
    () =>
      planConv(
        spec({ channels: 512 }),
        siteOf({ below: { ...grid(512, 512, 3), isImage: true }, batch: 100, rows: 100 }),
      ),
    'GiB, and a layer',
  ],
])('%s is refused', (_, work, message) => {
  expect(work).toThrow(message);
});
