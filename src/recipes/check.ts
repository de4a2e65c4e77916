// What must hold between the settings of a recipe.

import { InputError, refuse } from '../errors.ts';
import { fullSpec, type LayerSpec, layerForms } from '../layers/forms.ts';
import type { LayerForm } from '../layers/kind.ts';
import { type Shape, sizeOf } from '../layers/shape.ts';
import { checkLayerwise, checkRates } from './layerwise-check.ts';
import {
  betweenOf,
  isByGoodness,
  isFrozen,
  isLayerwise,
  type Learning,
  type Recipe,
  type SelfContrast,
} from './recipe.ts';
import { recipe as recipeSettings } from './settings.ts';

/** The recipe in `value`, whatever that really is; throws an InputError that names the first setting that makes no sense. */
export function checkRecipe(value: unknown): Recipe {
  const { name } = (value ?? {}) as { readonly name?: unknown };
  return inContext(`recipe ${typeof name === 'string' ? name : 'without a name'}`, () => {
    const parsed = recipeSettings(value, '');
    checkLayers(parsed);
    checkLearning(parsed);
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
    shapes.push(inContext(`layers[${l}]`, () => forms[spec.kind].output(spec, shapes[l])));
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

/** What `work` gives; what it throws for bad input begins with `where`. */
export function inContext<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${where}: ${error.message}`, { cause: error });
  }
}

function checkLayers({ layers, learning, image, channelMeans }: Recipe): void {
  layers.forEach((layer, l) => {
    if (typeof layer === 'number') return;
    const path = `layers[${l}]`;
    if (layer.goodness !== undefined && !isByGoodness(learning)) {
      refuse(`${path}.goodness`, `absent where learning is by ${learning.kind}`, layer.goodness);
    }
    if (learning.kind === 'perturbation' && layer.rate !== undefined) {
      refuse(`${path}.rate`, 'absent with perturbation, which has one rate', layer.rate);
    }
    if (layer.frozen && !isLayerwise(learning)) {
      refuse(`${path}.frozen`, `absent with ${learning.kind}, which moves all layers`, layer.frozen);
    }
    if (!isLayerwise(learning) && !isDense(layer)) {
      refuse(`${path}.kind`, `dense with ${learning.kind}`, layer.kind);
    }
    if (layer.kind !== 'local' && layer.kind !== 'conv') return;
    if (learning.kind === 'contrast') {
      refuse(
        `${path}.kind`,
        'dense where labels are inputs (recurrent learning takes local layers)',
        layer.kind,
      );
    }
    if (l === 0 && image === undefined) {
      refuse('image', `rows and columns, for a layer of kind ${layer.kind}`, image);
    }
    if (layer.kind === 'conv') {
      if (learning.kind === 'recurrent') {
        refuse(`${path}.kind`, 'dense or local with recurrent learning', layer.kind);
      }
      if (layer.batchNorm) checkBatchNorm(learning, layer, `${path}.batchNorm`);
      if ('peerNormalisation' in learning && learning.peerNormalisation !== undefined) {
        refuse('learning.peerNormalisation', 'absent with convolutions', learning.peerNormalisation);
      }
      return;
    }
    const isSeen = learning.kind === 'recurrent' && l + 1 < layers.length && !isDense(layers[l + 1]);
    if (layer.above !== undefined && !isSeen) {
      refuse(`${path}.above`, 'absent where no local layer is seen above', layer.above);
    }
  });
  const channels = image?.[2] ?? 1;
  if (Array.isArray(channelMeans) && channelMeans.length !== channels) {
    refuse('channelMeans', `a number for each channel of the image (${channels})`, channelMeans);
  }
}

function checkLearning(recipe: Recipe): void {
  const { layers, learning, image } = recipe;
  const last = layers.length - 1;
  const between = betweenOf(learning);
  if (between) {
    if (between.after >= last) {
      refuse('learning.between.after', `a layer with one above it, from 0 to ${last - 1}`, between.after);
    }
    if (!isDense(layers[between.after + 1])) {
      refuse('learning.between', 'absent below a layer that is not dense', between);
    }
  }
  checkRates(recipe);
  if (!isLayerwise(learning)) return;
  checkLayerwise(recipe, learning);
  switch (learning.kind) {
    case 'unsupervised':
      if (image === undefined) refuse('image with hybrids', 'rows and columns', image);
      break;
    case 'self-contrast':
      checkSelfContrast(recipe, learning);
      break;
    case 'recurrent': {
      const { firstStep, lastStep, iterations } = learning;
      if (firstStep > lastStep || lastStep > iterations) {
        refuse('learning.firstStep and lastStep', `steps from 1 to ${iterations}, in order`, [
          firstStep,
          lastStep,
        ]);
      }
      break;
    }
    default:
  }
}

/**
 * What comes back through a mean of the batch comes to rows that have left, too; units are on both sides of zero; and running means move where a
 * layer learns.
 */
function checkBatchNorm(learning: Learning, layer: LayerSpec, path: string): void {
  const isFine =
    learning.kind === 'classes' && learning.activity === 'squares' && learning.settled === undefined;
  if (!isFine) refuse(path, 'absent but with classes by squares, of which no row is ever settled', true);
  if (isFrozen(learning, layer)) refuse(path, 'absent in a layer that is frozen', true);
}

function checkSelfContrast({ layers }: Recipe, { margins }: SelfContrast): void {
  layers.map(fullSpec).forEach((spec, l) => {
    if (spec.kind !== 'conv') refuse(`layers[${l}].kind`, 'conv with self-contrast', spec.kind);
    if (spec.maxPool !== undefined) {
      refuse(
        `layers[${l}].maxPool`,
        'absent with self-contrast (overlapPool or averagePool pool what goes on)',
        spec.maxPool,
      );
    }
  });
  if (margins.length !== layers.length) {
    refuse('learning.margins', `a list of ${layers.length}, one for each layer`, margins.length);
  }
}

function isDense(layer: LayerSpec): boolean {
  return fullSpec(layer).kind === 'dense';
}
