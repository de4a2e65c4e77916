// What a network says of itself, wherever it lives.

import type { Build } from '../kernels/features.ts';
import type { Recipe } from '../recipes/recipe.ts';
import type { SessionDescription } from './messages.ts';

/** What every network has, in Node and in a page. */
export abstract class Described {
  /** @internal What it is made of, for code that saves, inspects or reports. */
  abstract readonly session: SessionDescription;

  /** What it was made by, and how it learns. */
  get recipe(): Recipe {
    return this.session.recipe;
  }

  /** Values of an example. */
  get inputs(): number {
    return this.session.inputs;
  }

  get classes(): number {
    return this.session.classes;
  }

  get seed(): number {
    return this.session.seed;
  }

  /** The kernels that it runs. */
  get build(): Build {
    return this.session.build;
  }
}
