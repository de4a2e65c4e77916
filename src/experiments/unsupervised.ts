// Section 3.2 of the paper: no labels. Real images are positive, hybrids of two are negative; a softmax readout then learns the
// labels from what the layers found.

import type { Unsupervised } from '../recipes/recipe.ts';
import { recipes } from '../recipes/recipes.ts';
import type { Experiment } from './experiment.ts';
import { firstLayersSection, hybridsSection } from './sections.ts';

const hinton = recipes['hinton-supervised'];

/** The objective and the optimizer of Hinton's own code, against hybrids whose masks are blurred so many times. */
function againstHybrids(blurs: number, decay: number): Unsupervised {
  const { goodness, objective, peerNormalisation, optimizer, readout } = hinton.learning;
  return {
    kind: 'unsupervised',
    negatives: { kind: 'hybrids', blurs },
    goodness,
    objective,
    peerNormalisation,
    optimizer: { ...optimizer, decay },
    readout,
  };
}

export const unsupervised: Experiment = {
  name: 'unsupervised',
  about: 'layers that see no label: real images against hybrids of two',
  section: 'section 3.2 of the paper',
  data: 'mnist',
  variants: [
    {
      name: 'logistic',
      about: "the objective and the optimizer of Hinton's own code",
      paper: '1.37 %',
      recipe: {
        ...hinton,
        name: 'unsupervised',
        about: 'real images against hybrids, labels only for the softmax readout',
        layers: [2000, 2000, 2000, 2000],
        image: [28, 28],
        // The less smooth the mask, the finer what the layers look for: of 12, 6, 3, 2 and 1 blurs, fewer were better on held-out images.
        // Layers that see no label learn images by heart: of decays of 0.001, 0.003, 0.006 and 0.012, the last two were best there.
        learning: againstHybrids(1, 0.01),
      },
      seeds: [1],
      short: { epochs: 10, examples: 60_000 },
    },
  ],
  sections: [hybridsSection, firstLayersSection],
};

export const unsupervisedLocal: Experiment = {
  name: 'unsupervised-local',
  about: 'the same with local receptive fields, whose weights no two units share, and peer normalisation',
  section: 'section 3.2 of the paper',
  data: 'mnist',
  variants: [
    {
      name: 'logistic',
      about: "the paper's layers, the objective and the optimizer of Hinton's own code",
      paper: '1.16 %',
      recipe: {
        ...hinton,
        name: 'unsupervised-local',
        about: 'real images against hybrids, local fields',
        layers: [
          { kind: 'local', height: 4, width: 4, channels: 128, field: { size: 10, stride: 6, overhang: 0 } },
          { kind: 'local', height: 3, width: 3, channels: 220, field: { size: 2, stride: 1, overhang: 0 } },
          { kind: 'local', height: 2, width: 2, channels: 512, field: { size: 2, stride: 1, overhang: 0 } },
        ],
        image: [28, 28],
        learning: againstHybrids(4, hinton.learning.optimizer.decay),
        epochs: 60,
      },
      seeds: [1, 2, 3],
      short: { epochs: 3, examples: 60_000 },
    },
  ],
  sections: [hybridsSection, firstLayersSection],
};
