// A layer of convolutions in words.

import type { LayerWords } from '../kind.ts';
import type { ConvSpec } from './spec.ts';

const NORMALIZED = {
  image: 'normalised image by image',
  layer: 'standardised image by image',
  blocks: 'standardised block by block',
  none: 'not normalised',
};

export const convWords: LayerWords<ConvSpec> = {
  size: ({ channels, size }) => `${size}×${size}×${channels}`,
  describe({ channels, size, stride = 1, maxPool = 1, cells = 1, ...rest }) {
    const { withoutBias, initial, dropout, triangle, averagePool, overlapPool, outputDropout } = rest;
    const { normalization, shortcut, readCells, groups, batchNorm, border, localMean } = rest;
    const details = [
      `patches of ${size} × ${size}`,
      localMean && `less ${localMean} of their mean`,
      border && 'the border reflected',
      stride > 1 && `${stride} apart`,
      maxPool > 1 && `the largest of ${maxPool} × ${maxPool}`,
      groups && `${groups} groups`,
      withoutBias && 'no bias',
      initial && `initial variance 2 over the ${initial}`,
      batchNorm && `standardised over the batch ${batchNorm} the ReLU`,
      dropout && `${dropout} dropped`,
      cells > 1 && `read in ${cells} × ${cells} cells`,
      triangle && 'what is over the mean of the channels',
      averagePool && `the mean of ${averagePool} × ${averagePool}`,
      overlapPool && `the largest of ${2 * overlapPool} × ${2 * overlapPool}, ${overlapPool} apart`,
      outputDropout && `${outputDropout} of it dropped`,
      normalization && NORMALIZED[normalization],
      shortcut && `plus what goes on ${shortcut} below`,
      readCells && `the readout sees means of ${readCells} × ${readCells} parts`,
    ];
    return `${channels} channels (${details.filter(Boolean).join(', ')})`;
  },
};
