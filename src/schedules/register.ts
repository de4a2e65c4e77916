// Makes everything known that most networks do without: pages load it, and its kernels, only where a recipe asks for some of it.

import '../layers/register.ts';
import '../recipes/register.ts';
import type { DenseLayer } from '../layers/dense/dense-layer.ts';
import type { LocalLayer } from '../layers/local/local-layer.ts';
import { planHybrids } from '../negatives/hybrids.ts';
import { RolledOut } from '../negatives/rolled-out.ts';
import { SelfContrastObjective } from '../objectives/self-contrast.ts';
import { SimilarityObjective } from '../objectives/similarity.ts';
import { upgradeRecipe } from '../recipes/first-edition.ts';
import { BackpropProgram } from './backprop.ts';
import { ActivationTransform } from './between-layers.ts';
import { type Extras, extras } from './extras.ts';
import { PerturbationProgram } from './perturbation.ts';
import { RandomAlteration } from './random-alteration.ts';
import { RecurrentProgram } from './recurrent.ts';
import { UnsupervisedProgram } from './unsupervised.ts';

const known: Extras = {
  // What layers a way of learning takes, the check of recipes has seen to.
  programs: {
    unsupervised: (thread, layers, learning, augmentation, between) =>
      new UnsupervisedProgram(thread, layers, learning, augmentation, between),
    recurrent: (thread, layers, learning, augmentation) =>
      new RecurrentProgram(thread, layers as LocalLayer[], learning, augmentation),
    backprop: (thread, layers, _learning, augmentation, between) =>
      new BackpropProgram(thread, layers as DenseLayer[], augmentation, between),
    perturbation: (thread, layers, _learning, augmentation, between) =>
      new PerturbationProgram(thread, layers as DenseLayer[], augmentation, between),
  },
  planHybrids,
  RolledOut,
  ActivationTransform,
  RandomAlteration,
  SimilarityObjective,
  SelfContrastObjective,
  upgradeRecipe,
};
Object.assign(extras, known);
