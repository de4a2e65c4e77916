// An experiment is a description: networks, each trained to the end from some seeds, and what its report shows besides.

import type { DataSource } from '../data/named/named-datasets.ts';
import type { Network } from '../network/network.ts';
import type { Recipe } from '../recipes/recipe.ts';
import type { Outcome } from './outcome.ts';
import type { Training } from './training.ts';

/** One network, trained to the end with each seed. */
export interface Variant {
  /** Small letters and hyphens: it is part of file names. */
  readonly name: string;
  /** What sets it apart from the others, in a few words. */
  readonly about: string;
  /** The test error that was published, e.g. `1.36 %`, where there is one. */
  readonly paper?: string;
  readonly recipe: Recipe;
  readonly seeds: readonly number[];
  /** How much it learns with --short, from its first seed only: passes over the first `examples`. */
  readonly short: { readonly epochs: number; readonly examples: number };
  /** How it learns; as a network over epochs by default. */
  readonly train?: Training;
}

export interface Experiment {
  readonly name: string;
  /** In one line. */
  readonly about: string;
  /** Where it was published, e.g. `section 3.3 of the paper`, which is Hinton's. */
  readonly section: string;
  /** `text` is a file that the caller names. */
  readonly data: 'mnist' | 'cifar10' | 'text';
  /** The first is what the paper's figure is compared with. */
  readonly variants: readonly [Variant, ...Variant[]];
  /** Each returns a section of the report as markup; an empty one is left out. */
  readonly sections?: readonly ((reproduction: Reproduction) => Promise<string>)[];
}

/** What of an experiment is run. */
export interface Extent {
  /** A tenth of the cost or less. */
  readonly short?: boolean | undefined;
  /** Examples of the training set to hold out and to report the error of, instead of that on the test set. */
  readonly validation?: number | undefined;
  /** Instead of the variants' own seeds. */
  readonly seed?: number | undefined;
}

/** What was run, as far as it came. */
export interface Reproduction {
  /** With the settings and the seeds that were run. */
  readonly experiment: Experiment;
  readonly options: Extent;
  readonly data: DataSource;
  readonly outcomes: readonly Outcome[];
  /** Whether all of it is there. */
  readonly isDone: boolean;
  readonly open: (variant: Variant) => Promise<Network>;
}

/** What --short makes of an experiment. */
export function shortened(experiment: Experiment): Experiment {
  const cut = (variant: Variant): Variant => ({
    ...variant,
    recipe: { ...variant.recipe, epochs: variant.short.epochs },
    seeds: variant.seeds.slice(0, 1),
  });
  const [first, ...others] = experiment.variants;
  return { ...experiment, variants: [cut(first), ...others.map(cut)] };
}
