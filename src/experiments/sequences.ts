// The paper's character sequences: which character comes after ten? Negative data are the network's own guesses, one at a time
// (teacher forcing), or what it writes when it reads its own guesses again.

import { recipes } from '../recipes/recipes.ts';
import type { Experiment, Variant } from './experiment.ts';
import { writingSection } from './sections.ts';

const hinton = recipes['hinton-supervised'];

const reader = {
  ...hinton,
  name: 'sequences',
  about: 'the next of thirty characters from the ten before',
  layers: [500, 500, 500],
  epochs: 15,
};

const shared: Pick<Variant, 'seeds' | 'short'> = { seeds: [1, 2, 3], short: { epochs: 4, examples: 22_320 } };

export const sequences: Experiment = {
  name: 'sequences',
  about: 'the next character of a text, with the network itself as the source of negative data',
  section: 'section 3.5 of the paper',
  data: 'text',
  variants: [
    {
      ...shared,
      name: 'teacher-forcing',
      about: 'negative: the real ten characters and a wrong guess of the network',
      recipe: reader,
    },
    {
      ...shared,
      name: 'rolled-out',
      about:
        'negative: what the network writes from the first ten characters of a string, made once an epoch',
      recipe: { ...reader, learning: { ...hinton.learning, negatives: 'rolled-out' } },
    },
    {
      ...shared,
      name: 'fixed',
      about: 'hidden layers stay as they were drawn, only the readout learns',
      recipe: { ...reader, learning: { ...hinton.learning, frozen: true } },
    },
  ],
  sections: [writingSection],
};
