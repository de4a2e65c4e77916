// A fully connected layer in words.

import type { LayerWords } from '../kind.ts';
import type { DenseSpec } from './spec.ts';

export const denseWords: LayerWords<DenseSpec> = {
  size: ({ units }) => `${units}`,
  describe: ({ units }) => `${units}`,
};
