// What most networks do without, by name. register.ts makes it known: in Node at once, in a page where a recipe asks for it
// (network/page-script.ts).

import type { Layer } from '../layers/layer.ts';
import type { planHybrids } from '../negatives/hybrids.ts';
import type { RolledOut } from '../negatives/rolled-out.ts';
import type { SelfContrastObjective } from '../objectives/self-contrast.ts';
import type { SimilarityObjective } from '../objectives/similarity.ts';
import type { upgradeRecipe } from '../recipes/first-edition.ts';
import type { Learning } from '../recipes/recipe.ts';
import type { Augmentation } from './augmentation.ts';
import type { ActivationTransform } from './between-layers.ts';
import type { ThreadProgram } from './program.ts';
import type { RandomAlteration } from './random-alteration.ts';
import type { Thread } from './thread.ts';

/** The ways of learning that are for few, or there to be compared with. */
type RareKind = Exclude<Learning['kind'], 'contrast' | 'classes' | 'self-contrast'>;

/** Opens the program of a way of learning, for a thread and its layers. */
export type OpenProgram<Kind extends Learning['kind'] = Learning['kind']> = (
  thread: Thread,
  layers: readonly Layer[],
  learning: Extract<Learning, { kind: Kind }>,
  augmentation: Augmentation,
  between: ActivationTransform | undefined,
) => ThreadProgram;

export interface Extras {
  readonly programs: { readonly [Kind in RareKind]: OpenProgram<Kind> };
  readonly planHybrids: typeof planHybrids;
  readonly RolledOut: typeof RolledOut;
  readonly ActivationTransform: typeof ActivationTransform;
  readonly RandomAlteration: typeof RandomAlteration;
  readonly SimilarityObjective: typeof SimilarityObjective;
  readonly SelfContrastObjective: typeof SelfContrastObjective;
  readonly upgradeRecipe: typeof upgradeRecipe;
}

/** Empty until they are made known. */
export const extras = {} as Extras;
