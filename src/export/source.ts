// What a graph of a network is made of.

import type { OwnDescription } from '../network/encode.ts';
import type { Recipe } from '../recipes/recipe.ts';

/** Added to a root mean square before anything is divided by it. */
export const TINY = 1e-20;

/** A network, and what goes with it into the file. */
export interface OnnxSource {
  readonly recipe: Recipe;
  readonly inputs: number;
  readonly classes: number;
  /** What a model of own data takes and answers. */
  readonly own?: OwnDescription;
  /** Goes into the file's metadata beside the graph. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The values of a tensor of the model file. */
  tensor(name: string, shape: readonly number[]): Float32Array;
}
