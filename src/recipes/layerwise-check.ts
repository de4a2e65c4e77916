// What must hold between the settings of learning layer by layer: the part of the check that devices load, too.

import { refuse } from '../errors.ts';
import { fullSpec } from '../layers/forms.ts';
import { type Layerwise, layerRate, type Recipe, readFrom } from './recipe.ts';

/** Throws an InputError where a step would take more of a weight than there is. */
export function checkRates({ layers, learning }: Recipe): void {
  if ('optimizer' in learning) {
    const { optimizer } = learning;
    const rates = layers.map(layer => layerRate(optimizer, layer));
    if ('mapRate' in learning) rates.push(learning.mapRate ?? 0);
    checkDecay('learning.optimizer', Math.max(...rates), optimizer.decay);
  }
  const { readout } = learning;
  if (readout && 'decay' in readout) checkDecay('learning.readout', readout.rate, readout.decay);
}

/** A step takes rate · decay of a weight: more than all of it, and weights grow without end. */
function checkDecay(path: string, rate: number, decay: number): void {
  if (rate * decay > 1) refuse(`${path}.decay`, `at most ${1 / rate}, 1 / rate`, decay);
}

/** Throws an InputError for settings of `learning`, which is the recipe's, that do not go with each other or with the layers. */
export function checkLayerwise(recipe: Recipe, learning: Layerwise): void {
  const { layers } = recipe;
  const from = readFrom(recipe);
  if (from >= layers.length) {
    const path = learning.kind === 'classes' ? 'learning.readFrom' : 'learning.readout.from';
    refuse(path, `a layer from 0 to ${layers.length - 1}`, from);
  }
  const { groups = 1 } = 'groups' in learning ? learning : {};
  if (groups !== 'positions' && groups > 1) {
    const isOdd = layers
      .map(fullSpec)
      .some(spec => spec.kind !== 'dense' || spec.units % (32 * groups) !== 0);
    if (isOdd) refuse('learning.groups', 'a count of 32 · n units of every layer, all dense', groups);
  }
  if ('phases' in learning && learning.phases !== undefined && learning.objective.kind !== 'logistic') {
    refuse(
      'learning.phases',
      'absent with an objective on pairs, which cannot be separated',
      learning.phases,
    );
  }
  if (learning.kind !== 'classes') return;
  if (learning.groups !== undefined && learning.activity === 'normalized') {
    refuse('learning.groups', 'absent with normalized activities, which are those of a whole layer', groups);
  }
  if (learning.rest !== undefined && learning.settled === undefined) {
    refuse('learning.rest', 'absent where no row is ever settled', learning.rest);
  }
  if (layers.some(layer => fullSpec(layer).kind !== 'conv')) {
    if (learning.map === 'affine-projection') {
      refuse('learning.map', 'another unless all layers are convolutions', learning.map);
    }
    if (learning.similarity !== undefined) {
      refuse('learning.similarity', 'absent unless all layers are convolutions', learning.similarity);
    }
  }
  if (learning.mapRate !== undefined && learning.map !== 'learned') {
    refuse('learning.mapRate', 'absent where the map is not learned', learning.mapRate);
  }
}
