// Section 3.2 of the paper: no labels. Real images are positive, hybrids of two are negative; a softmax readout then learns the
// labels from what the layers found.

import { recipes } from '../recipes/recipes.ts';
import type { Experiment } from './experiment.ts';
import { firstLayers, hybrids } from './sections.ts';

export const unsupervised: Experiment = {
  name: 'unsupervised',
  about: 'layers that see no label: real images against hybrids of two',
  section: 'section 3.2',
  data: 'mnist',
  variants: [
    {
      name: 'logistic',
      about: "the objective and the optimizer of Hinton's own code",
      paper: '1.37 %',
      recipe: {
        ...recipes['hinton-supervised'],
        name: 'unsupervised',
        about: 'real images against hybrids, labels only for the softmax readout',
        layers: [2000, 2000, 2000, 2000],
        image: [28, 28],
        labelStrength: 0,
        // The less smooth the mask, the finer what the layers look for: of 12, 6, 3, 2 and 1 blurs, fewer were better on held-out images.
        negatives: { kind: 'hybrids', blurs: 1 },
        // Layers that see no label learn images by heart: of 0.001, 0.003, 0.006 and 0.012, the last two were best on held-out images.
        optimizer: { ...recipes['hinton-supervised'].optimizer, decay: 0.01 },
      },
      seeds: [1],
      short: { epochs: 10, examples: 60_000 },
    },
  ],
  sections: [hybrids, firstLayers],
};

export const unsupervisedLocal: Experiment = {
  name: 'unsupervised-local',
  about: 'the same with local receptive fields, whose weights no two units share, and peer normalisation',
  section: 'section 3.2',
  data: 'mnist',
  variants: [
    {
      name: 'logistic',
      about: "the paper's layers, the objective and the optimizer of Hinton's own code",
      paper: '1.16 %',
      recipe: {
        ...recipes['hinton-supervised'],
        name: 'unsupervised-local',
        about: 'real images against hybrids, local fields',
        layers: [
          { kind: 'local', height: 4, width: 4, channels: 128, field: { size: 10, stride: 6, overhang: 0 } },
          { kind: 'local', height: 3, width: 3, channels: 220, field: { size: 2, stride: 1, overhang: 0 } },
          { kind: 'local', height: 2, width: 2, channels: 512, field: { size: 2, stride: 1, overhang: 0 } },
        ],
        image: [28, 28],
        labelStrength: 0,
        negatives: { kind: 'hybrids', blurs: 4 },
        epochs: 60,
      },
      seeds: [1, 2, 3],
      short: { epochs: 3, examples: 60_000 },
    },
  ],
  sections: [hybrids, firstLayers],
};
