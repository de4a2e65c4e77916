// Section 3.4 of the paper and its networks for CIFAR-10: the image is a still video, and every layer sees what the layers above
// and below it were a moment ago.

import type { LocalSpec } from '../layers/local/spec.ts';
import type { Recipe, Recurrent } from '../recipes/recipe.ts';
import { quick } from '../recipes/recipes.ts';
import type { Experiment, Variant } from './experiment.ts';
import { firstLayersSection, overTimeSection } from './sections.ts';

const { negatives, goodness, optimizer, readout } = quick.learning;

const topDown: Recurrent = {
  kind: 'recurrent',
  iterations: 8,
  damping: 0.3,
  // One step alone: weights that move more than once while an image is seen learn it by heart. On held-out images one step
  // was better than two or three, those better than five, and of single steps this one was the best.
  firstStep: 3,
  lastStep: 3,
  // Beside the activities of the layer below, whose length grows with the root of its size.
  labelStrength: 170,
  negatives,
  goodness,
  objective: { kind: 'swish', alpha: 8 },
  optimizer: { ...optimizer, rate: 0.0006, decay: 0.2 },
  readout: { ...readout, from: 0 },
};

const layeredVideo: Recipe = {
  ...quick,
  name: 'recurrent',
  about: 'the label at the top, the image as a still video',
  // A small layer below a strong label soon has a direction for each label, much the same for every image: then the layer below it
  // learns from that and the image. Of two equally large layers, each learns much by heart of what the other makes of an image.
  layers: [1000, 300],
  image: [28, 28],
  shift: 0,
  learning: topDown,
  holdShare: 0,
  epochs: 16,
};

export const recurrent: Experiment = {
  name: 'recurrent',
  about: 'layers that see the layers above and below them a step ago, the label at the top',
  section: 'section 3.4 of the paper',
  data: 'mnist',
  variants: [
    {
      name: 'swish',
      about: 'each image above its own negative by a swish, Adam, at the step that is read',
      paper: '1.31 %',
      recipe: layeredVideo,
      seeds: [1, 2, 3],
      short: { epochs: 1, examples: 60_000 },
    },
  ],
  sections: [overTimeSection, firstLayersSection],
};

/** 32 × 32 positions of three units, each with a field of 11 × 11 below; `isTop` where only the label is above. */
function map(isTop: boolean): LocalSpec {
  const field = { size: 11, stride: 1, overhang: 5 };
  return { kind: 'local', height: 32, width: 32, channels: 3, field, ...(isTop ? {} : { above: field }) };
}

/** What differs with what is wanted of the goodness, each chosen on held-out images. */
const aims: Record<
  'min' | 'max',
  Pick<Recurrent, 'goodness' | 'objective' | 'labelStrength' | 'optimizer'>
> = {
  min: {
    goodness: 'minus-sum-of-squares',
    objective: { kind: 'symba', alpha: 0.03 },
    labelStrength: 10,
    // Goodness that wants to be small grows without end where weights move further: at this rate three times a batch, or at half
    // of it, held for long.
    optimizer: { ...topDown.optimizer, rate: 0.0006, decay: 0.03 },
  },
  max: {
    goodness: 'mean-of-squares',
    objective: { kind: 'swish', alpha: 20 },
    labelStrength: 30,
    optimizer: { ...topDown.optimizer, rate: 0.0012 },
  },
};

function cifarVariant(aim: 'min' | 'max', layers: number): Variant {
  const name = `${aim}-${layers}`;
  return {
    name,
    about: `${layers} layers, ${aim === 'min' ? 'little' : 'much'} activity for what is true`,
    paper: aim === 'min' ? '41 %' : '44 %',
    recipe: {
      ...layeredVideo,
      name: `cifar10-${name}`,
      about: 'local fields below and above, the label at the top',
      layers: Array.from({ length: layers }, (_, l) => map(l + 1 === layers)),
      image: [32, 32, 3],
      // Those of the training set.
      channelMeans: [0.4914, 0.4822, 0.4465],
      learning: {
        ...topDown,
        ...aims[aim],
        iterations: 10,
        // The first of the steps 4 to 6 that the paper reads, alone: of as many epochs it learned more on held-out images, in half
        // the time.
        firstStep: 4,
        lastStep: 4,
        // A step of the readout moves an image's logits in proportion to the rate and to the units that are read: there are ten
        // times as many here as on MNIST.
        readout: { ...topDown.readout, rate: 0.02 },
      },
      // As many as there was time for.
      epochs: 12,
    },
    seeds: [1],
    short: { epochs: 1, examples: 10_000 },
  };
}

export const cifar10: Experiment = {
  name: 'cifar10',
  about: 'CIFAR-10 with local fields from below and from above',
  section: 'section 5 of the paper',
  data: 'cifar10',
  variants: [cifarVariant('min', 2), cifarVariant('max', 2), cifarVariant('min', 3), cifarVariant('max', 3)],
  sections: [overTimeSection, firstLayersSection],
};
