// Section 3.2 of the paper: no labels. Real images are positive, hybrids of two are negative; a softmax readout then learns the
// labels from what the layers found.

import { quick } from '../recipes/recipes.ts';
import type { Experiment } from './experiment.ts';
import { firstLayers, hybrids } from './sections.ts';

export const unsupervised: Experiment = {
  name: 'unsupervised',
  about: 'layers that see no label: real images against hybrids of two',
  section: 'section 3.2',
  data: 'mnist',
  variants: [
    {
      name: 'swish',
      about: 'each image above its own hybrid by a swish, Adam',
      paper: '1.37 %',
      recipe: {
        ...quick,
        name: 'unsupervised',
        about: 'real images against hybrids, labels only for the softmax readout',
        layers: [1000, 1000, 1000],
        image: [28, 28],
        shift: 0,
        labelStrength: 0,
        negatives: { kind: 'hybrids', blurs: 4 },
        optimizer: { ...quick.optimizer, rate: 0.001 },
        epochs: 60,
      },
      seeds: [1, 2, 3],
      short: { epochs: 12, examples: 60_000 },
    },
  ],
  sections: [hybrids, firstLayers],
};
