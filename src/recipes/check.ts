// What must hold between the settings of a recipe.

import { InputError, inContext, refuse } from '../errors.ts';
import { fullSpec, layerForms } from '../layers/forms.ts';
import type { LayerForm } from '../layers/kind.ts';
import { type Shape, sizeOf } from '../layers/shape.ts';
import { checkLayerwise, checkRates } from './layerwise-check.ts';
import { rareChecks } from './rare-checks.ts';
import { isByGoodness, isLayerwise, type Recipe } from './recipe.ts';
import { recipe as recipeSettings } from './settings.ts';

/** The recipe in `value`, whatever that really is; throws an InputError that names the first setting that makes no sense. */
export function checkRecipe(value: unknown): Recipe {
  const { name } = (value ?? {}) as { readonly name?: unknown };
  return inContext(`recipe ${typeof name === 'string' ? name : 'without a name'}`, () => {
    const parsed = recipeSettings(value, '');
    checkLayers(parsed);
    rareChecks.check(parsed);
    checkMeans(parsed);
    checkRates(parsed);
    const { learning } = parsed;
    if (isLayerwise(learning)) checkLayerwise(parsed, learning);
    return parsed;
  });
}

/** The shapes that pass from layer to layer, that of the input first; throws an InputError where one does not fit the next. */
export function shapesOf(recipe: Recipe, input: Shape): Shape[] {
  return shapesBy(layerForms, recipe, input);
}

/** The same by the forms of those kinds alone that there are. */
export function shapesBy(
  forms: Readonly<Record<string, Pick<LayerForm, 'output'>>>,
  { layers }: Recipe,
  input: Shape,
): Shape[] {
  const shapes = [input];
  layers.forEach((layer, l) => {
    const spec = fullSpec(layer);
    shapes.push(inContext(`layers[${l}]`, () => forms[spec.kind].output(spec, shapes[l], shapes)));
  });
  return shapes;
}

/** The shape of an example of so many inputs. */
export function inputShape({ image }: Recipe, inputs: number): Shape {
  const [height, width, channels = 1] = image ?? [1, 1, inputs];
  const shape = { height, width, channels };
  if (sizeOf(shape) !== inputs) {
    throw new InputError(`image is ${height} × ${width} × ${channels}, found ${inputs} inputs`);
  }
  return shape;
}

function checkLayers({ layers, learning }: Recipe): void {
  layers.forEach((layer, l) => {
    if (typeof layer === 'number') return;
    const path = `layers[${l}]`;
    if (layer.goodness !== undefined && !isByGoodness(learning)) {
      refuse(`${path}.goodness`, `absent where learning is by ${learning.kind}`, layer.goodness);
    }
  });
}

function checkMeans({ image, channelMeans }: Recipe): void {
  const channels = image?.[2] ?? 1;
  if (Array.isArray(channelMeans) && channelMeans.length !== channels) {
    refuse('channelMeans', `a number for each channel of the image (${channels})`, channelMeans);
  }
}
