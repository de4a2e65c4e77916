// Section 3.3 of the paper: labels in the input.

import { quick } from '../recipes/recipes.ts';
import type { Experiment } from './experiment.ts';
import { firstLayersSection } from './sections.ts';

export const supervised: Experiment = {
  name: 'supervised',
  about: 'the label in the first inputs, images with a wrong one as negative data',
  section: 'section 3.3 of the paper',
  data: 'mnist',
  variants: [
    {
      name: 'swish',
      about: 'each image above its own negative by a swish, Adam',
      paper: '1.36 %',
      recipe: {
        ...quick,
        name: 'supervised',
        about: 'labels in the input, images as they are',
        layers: [1000, 1000],
        shift: 0,
        learning: {
          ...quick.learning,
          optimizer: { ...quick.learning.optimizer, rate: 0.001, decay: 0.2 },
        },
        epochs: 16,
        holdShare: 0,
      },
      seeds: [1, 2, 3],
      short: { epochs: 4, examples: 60_000 },
    },
  ],
  sections: [firstLayersSection],
};

export const supervisedJitter: Experiment = {
  name: 'supervised-jitter',
  about: 'the same, with images that are moved by a pixel or two in every epoch',
  section: 'section 3.3 of the paper',
  data: 'mnist',
  variants: [
    {
      name: 'swish',
      about: 'each image above its own negative by a swish, Adam',
      paper: '0.64 %',
      recipe: {
        ...quick,
        name: 'supervised-jitter',
        about: 'labels in the input, images moved',
        layers: [1000, 1000, 1000],
        shift: 2,
        learning: {
          ...quick.learning,
          optimizer: { ...quick.learning.optimizer, decay: 0.05 },
          // The paper leaves the first layer out of both readouts. With it every layer is less often wrong on held-out images,
          // those above the first, too: probably because the softmax readout, which chooses the wrong labels, sees more.
          readout: { ...quick.learning.readout, from: 0 },
        },
        epochs: 150,
      },
      seeds: [1, 2, 3],
      short: { epochs: 12, examples: 60_000 },
    },
  ],
  sections: [firstLayersSection],
};
