// What a recipe may say. Each definition is both the type and the check; check.ts says what must hold between settings.

import { layerSpec } from '../layers/forms.ts';
import { type Infer, type Schema, union } from '../schema.ts';
import { recipeOf } from './frame.ts';
import { classesLearning, contrastLearning } from './layerwise.ts';
import { rare } from './rare.ts';
import type { rareLearnings } from './rare-learnings.ts';

const common = { contrast: contrastLearning, classes: classesLearning };
type Learnings = typeof common & typeof rareLearnings;

const learning: Schema<Infer<Learnings[keyof Learnings]>> = (value, path) =>
  union({ ...common, ...rare.learnings })(value, path);

/** All that a recipe says. */
export const recipe = recipeOf(layerSpec, learning);
