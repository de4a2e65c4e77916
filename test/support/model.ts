// Model files of random weights, for code that reads them; nothing was ever trained.

import { quantize } from '../../src/files/int8.ts';
import { encodeSafetensors, type Tensor } from '../../src/files/safetensors.ts';
import { fullSpec } from '../../src/layers/forms.ts';
import { sizeOf } from '../../src/layers/shape.ts';
import { inputShape, shapesOf } from '../../src/recipes/check.ts';
import type { Classes, Contrast } from '../../src/recipes/recipe.ts';
import { generator } from './data.ts';
import { type Changes, changed, quick, type RecipeOf } from './recipes.ts';

export interface RandomModel<Kind extends Contrast | Classes = Contrast> {
  readonly recipe: RecipeOf<Kind>;
  readonly inputs: number;
  readonly classes: number;
  readonly tensors: readonly Tensor[];
  readonly metadata: Readonly<Record<string, string>>;
  /** The file. */
  readonly bytes: Uint8Array;
  /** The same with weights of signed bytes. */
  readonly quantized: Uint8Array;
}

/** A network of these settings in the place of those of the recipe `quick`; with `bias` above 0, units are on more often than by chance. */
export function randomModel(
  settings: Changes<Contrast>,
  inputs: number,
  classes: number,
  bias = 0,
): RandomModel {
  return randomModelOf(changed(quick, settings), inputs, classes, bias);
}

/** A network of this recipe. */
export function randomModelOf<Kind extends Contrast | Classes>(
  recipe: RecipeOf<Kind>,
  inputs: number,
  classes: number,
  bias = 0,
): RandomModel<Kind> {
  const learning: Contrast | Classes = recipe.learning;
  const readFrom = learning.kind === 'classes' ? learning.readFrom : learning.readout.from;
  const maps =
    learning.kind === 'classes' ? ['classes', ...(learning.readout ? ['readout'] : [])] : ['readout'];
  const random = generator(inputs + classes);
  const floats = (name: string, shape: number[], deviation: number, mean = 0): Tensor => ({
    name,
    shape,
    dtype: 'F32',
    data: Float32Array.from(
      { length: shape.reduce((a, b) => a * b) },
      () => mean + deviation * (random() + random() + random() + random() - 2) * Math.sqrt(3),
    ),
  });
  const shapes = shapesOf(recipe, inputShape(recipe, inputs));
  const tensors = recipe.layers.flatMap((layer, l) => {
    const [below, shape] = [shapes[l], shapes[l + 1]];
    const spec = fullSpec(layer);
    const [patch, cells] = spec.kind === 'conv' ? [spec.size ** 2, spec.cells ?? 1] : [];
    const isStandardised = spec.kind === 'conv' && spec.batchNorm !== undefined;
    const fanIn = patch ? patch * below.channels : sizeOf(below);
    const units = patch ? shape.channels : sizeOf(shape);
    const rowsOf = (map: string) => (cells && map === 'classes' ? units * cells * cells : sizeOf(shape));
    return [
      floats(`layers.${l}.weight`, [fanIn, units], 1 / Math.sqrt(fanIn)),
      floats(`layers.${l}.bias`, [units], 0.1, bias),
      ...(isStandardised
        ? [
            floats(`layers.${l}.norm.mean`, [units], 0.3),
            floats(`layers.${l}.norm.variance`, [units], 0.05, 0.5),
          ]
        : []),
      ...maps
        .filter(map => map === 'classes' || l >= readFrom)
        .map(map => floats(`${map}.${l}.weight`, [rowsOf(map), classes], 0.2)),
    ];
  });
  const description = JSON.stringify({ recipe, inputs, classes, seed: 1, build: 'simd' });
  const metadata = { format: 'forward-forward 2', description };
  const bytes = Buffer.concat(encodeSafetensors(tensors, metadata));
  const quantized = Buffer.concat(encodeSafetensors(quantize(tensors), metadata));
  return { recipe, inputs, classes, tensors, metadata, bytes, quantized };
}
