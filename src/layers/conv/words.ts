// A layer of convolutions in words.

import type { LayerWords } from '../kind.ts';
import type { ConvSpec } from './spec.ts';

export const convWords: LayerWords<ConvSpec> = {
  size: ({ channels, size }) => `${size}×${size}×${channels}`,
  describe({ channels, size, stride = 1, maxPool = 1, cells = 1 }) {
    const details = [
      `patches of ${size} × ${size}`,
      ...(stride > 1 ? [`${stride} apart`] : []),
      ...(maxPool > 1 ? [`the largest of ${maxPool} × ${maxPool}`] : []),
      ...(cells > 1 ? [`read in ${cells} × ${cells} cells`] : []),
    ];
    return `${channels} channels (${details.join(', ')})`;
  },
};
