// What must hold between the settings of layers and of ways of learning that few recipes have.

import { refuse } from '../errors.ts';
import type { ConvSpec } from '../layers/conv/spec.ts';
import { fullSpec, type LayerSpec } from '../layers/forms.ts';
import type { LocalSpec } from '../layers/local/spec.ts';
import {
  type Between,
  betweenOf,
  isFrozen,
  isLayerwise,
  isRolledOut,
  type Recipe,
  type Recurrent,
  type SelfContrast,
} from './recipe.ts';
import { checkStill } from './still-check.ts';

/** Throws an InputError that names the first setting that does not go with the others. */
export function checkRare(recipe: Recipe): void {
  const { layers, learning, image } = recipe;
  if (!isLayerwise(learning)) checkTogether(recipe);
  layers.map(fullSpec).forEach((spec, l) => {
    if (spec.kind !== 'conv' && spec.kind !== 'local') return;
    if (learning.kind === 'contrast') {
      const expected = 'dense where labels are inputs (recurrent learning takes local layers)';
      refuse(`layers[${l}].kind`, expected, spec.kind);
    }
    if (l === 0 && image === undefined) {
      refuse('image', `rows and columns, for a layer of kind ${spec.kind}`, image);
    }
    if (spec.kind === 'conv') {
      checkConv(recipe, spec, `layers[${l}]`);
      checkShortcut(recipe, spec, l);
      if (l > 0 && spec.localMean !== undefined) {
        refuse(`layers[${l}].localMean`, 'absent but in the first layer, which sees images', spec.localMean);
      }
    } else checkLocal(recipe, spec, l);
  });
  const between = betweenOf(learning);
  if (between) checkBetween(recipe, between);
  if (isRolledOut(learning)) checkStill(recipe);
  switch (learning.kind) {
    case 'unsupervised':
      if (image === undefined) refuse('image with hybrids', 'rows and columns', image);
      break;
    case 'self-contrast':
      checkSelfContrast(recipe, learning);
      break;
    case 'recurrent':
      checkSteps(learning);
      break;
    default:
  }
}

function checkConv({ learning }: Recipe, spec: ConvSpec, path: string): void {
  if (learning.kind === 'recurrent') {
    refuse(`${path}.kind`, 'dense or local with recurrent learning', spec.kind);
  }
  if (spec.batchNorm) {
    // What comes back through a mean of the batch comes to rows that have left, too; and running means move where a layer learns.
    if (learning.kind !== 'classes' || learning.settled !== undefined) {
      const expected = 'absent but with classes, of which no row is ever settled';
      refuse(`${path}.batchNorm`, expected, spec.batchNorm);
    }
    // Behind the ReLU, units are on both sides of zero.
    if (spec.batchNorm === 'after' && learning.activity !== 'squares') {
      refuse(
        `${path}.batchNorm`,
        `before, where classes are told by ${learning.activity} activities`,
        spec.batchNorm,
      );
    }
    if (isFrozen(learning, spec)) {
      refuse(`${path}.batchNorm`, 'absent in a layer that is frozen', spec.batchNorm);
    }
  }
  if ('peerNormalisation' in learning && learning.peerNormalisation !== undefined) {
    refuse('learning.peerNormalisation', 'absent with convolutions', learning.peerNormalisation);
  }
}

function checkShortcut({ layers, learning }: Recipe, { shortcut }: ConvSpec, l: number): void {
  if (shortcut === undefined) return;
  const path = `layers[${l}].shortcut`;
  // Elsewhere threads share the rows that the readout sees otherwise than all of a batch: others may have made those of the layers below.
  if (learning.kind !== 'classes' && learning.kind !== 'self-contrast') {
    refuse(path, 'absent but with classes or self-contrast', shortcut);
  }
  const below = layers.slice(0, l).reverse();
  const other = below.findIndex(layer => fullSpec(layer).kind !== 'conv');
  const most = other < 0 ? l : other;
  if (shortcut > most) {
    refuse(path, `at most ${most}, the convolutions right below (the image is never added)`, shortcut);
  }
}

function checkLocal({ layers, learning }: Recipe, { above, channels }: LocalSpec, l: number): void {
  // Positions of fewer channels share a panel.
  if ('groups' in learning && learning.groups === 'positions' && channels < 9) {
    refuse('learning.groups', "'positions' only of 9 channels or more", layers[l]);
  }
  const isSeen = learning.kind === 'recurrent' && l + 1 < layers.length && !isDense(layers[l + 1]);
  if (above !== undefined && !isSeen) {
    refuse(`layers[${l}].above`, 'absent where no local layer is seen above', above);
  }
}

/** Of learning that moves all layers at once. */
function checkTogether({ layers, learning }: Recipe): void {
  layers.map(fullSpec).forEach((spec, l) => {
    const path = `layers[${l}]`;
    if (learning.kind === 'perturbation' && spec.rate !== undefined) {
      refuse(`${path}.rate`, 'absent with perturbation, which has one rate', spec.rate);
    }
    if (spec.frozen) {
      refuse(`${path}.frozen`, `absent with ${learning.kind}, which moves all layers`, spec.frozen);
    }
    if (spec.kind !== 'dense') refuse(`${path}.kind`, `dense with ${learning.kind}`, spec.kind);
  });
}

function checkBetween({ layers }: Recipe, between: Between): void {
  const last = layers.length - 1;
  if (between.after >= last) {
    refuse('learning.between.after', `a layer with one above it, from 0 to ${last - 1}`, between.after);
  }
  if (!isDense(layers[between.after + 1])) {
    refuse('learning.between', 'absent below a layer that is not dense', between);
  }
}

function checkSteps({ firstStep, lastStep, iterations }: Recurrent): void {
  if (firstStep > lastStep || lastStep > iterations) {
    const steps = [firstStep, lastStep];
    refuse('learning.firstStep and lastStep', `steps from 1 to ${iterations}, in order`, steps);
  }
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
