// Convolutions that learn layer by layer, as others have published them, in networks that two cores train in
// minutes: all of them are narrower than published, and learn for fewer epochs.

import { publishedRecipes } from '../recipes/published-recipes.ts';
import type { Experiment } from './experiment.ts';
import { firstLayersSection } from './sections.ts';

const {
  'mono-forward': flat,
  asge: patches,
  'deeper-forward': blocks,
  cwc: squares,
  scff: twice,
} = publishedRecipes;

export const monoForward: Experiment = {
  name: 'mono-forward',
  about: 'a learned map from the activities of each layer to the classes',
  section: 'Beyond Backpropagation (2025), which repeats Mono-Forward (Gong, Li and Abdulla 2025)',
  data: 'mnist',
  variants: [
    {
      name: 'perceptron',
      about: 'two layers as wide as published; rows are normalised between layers, as theirs are not',
      paper: '1.85 %',
      recipe: {
        ...flat,
        name: 'mono-forward-perceptron',
        layers: [1000, 1000],
        learning: { ...flat.learning, readFrom: 1 },
      },
      seeds: [1, 2, 3],
      short: { epochs: 2, examples: 30_000 },
    },
    {
      name: 'convolutions',
      about: 'convolutions, for which we found no figure, by the same steps',
      recipe: flat,
      seeds: [1],
      short: { epochs: 1, examples: 20_000 },
    },
  ],
  sections: [firstLayersSection],
};

export const asge: Experiment = {
  name: 'asge',
  about:
    'a fixed random map of squared activities; a linear readout of the means of channels, whose error was published',
  section: 'ASGE (2026)',
  data: 'mnist',
  variants: [
    {
      name: 'vgg8-eighth',
      about: 'an eighth as wide as VGG8, images of 28 × 28, 15 epochs instead of 100',
      paper: '0.35 %',
      recipe: patches,
      seeds: [1],
      short: { epochs: 1, examples: 20_000 },
    },
  ],
  sections: [firstLayersSection],
};

export const deeperForward: Experiment = {
  name: 'deeper-forward',
  about: 'the mean of a block of channels for each class, which is taken away from what goes on',
  section: 'DeeperForward (Sun et al. 2025)',
  data: 'mnist',
  variants: [
    {
      name: 'tiny-cnn-4-fifth',
      about: 'a fifth as wide as TinyCNN-4, 10 epochs instead of 150',
      paper: '0.50 %',
      recipe: blocks,
      seeds: [1],
      short: { epochs: 1, examples: 20_000 },
    },
  ],
  sections: [firstLayersSection],
};

export const cwc: Experiment = {
  name: 'cwc',
  about: 'the mean square of a block of channels for each class, after batch normalisation',
  section: 'Convolutional Channel-wise Competitive Learning (Papachristodoulou et al. 2024)',
  data: 'mnist',
  variants: [
    {
      name: 'half',
      about: 'half as wide as published; layers learn at the same time',
      paper: '0.58 %',
      recipe: squares,
      seeds: [1],
      short: { epochs: 1, examples: 20_000 },
    },
  ],
  sections: [firstLayersSection],
};

export const scff: Experiment = {
  name: 'scff',
  about: 'layers that see no label: an image seen twice against two images seen at once',
  section: 'Self-Contrastive Forward-Forward (Chen et al. 2025)',
  data: 'cifar10',
  variants: [
    {
      name: 'narrow',
      about: 'two thirds to a third as wide as published; layers and the readout learn at the same time',
      paper: '19.25 %',
      recipe: twice,
      seeds: [1],
      short: { epochs: 1, examples: 10_000 },
    },
  ],
  sections: [firstLayersSection],
};
