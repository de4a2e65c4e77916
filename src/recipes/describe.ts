// A recipe in words.

import type { FieldSize } from '../layers/fields.ts';
import {
  type Between,
  hasGoodness,
  hasLabel,
  type LocalLayer,
  type Negatives,
  type Recipe,
  type Schedule,
} from './recipe.ts';

/** A recipe as pairs to print, in the order in which data flows. */
export function describeRecipe(recipe: Recipe): [name: string, value: string][] {
  const { optimizer, readout, schedule } = recipe;
  const last = recipe.layers.length;
  const read = recipe.readFrom === last ? `layer ${last}` : `layers ${recipe.readFrom} to ${last}`;
  return [
    ['recipe', `${recipe.name}: ${recipe.about}`],
    ['layers', recipe.layers.map(describeLayer).join(' - ')],
    ...(schedule ? ([['schedule', describeSchedule(schedule)]] as [string, string][]) : []),
    // Inputs need not be images where nothing moves them.
    ...(recipe.shift === 0
      ? []
      : ([
          [
            'images',
            `moved by up to ${recipe.shift} pixel${recipe.shift === 1 ? '' : 's'} each way, at random`,
          ],
        ] as [string, string][])),
    ...(recipe.channelMeans
      ? ([['channels', `less ${recipe.channelMeans.join(', ')}`]] as [string, string][])
      : []),
    ...(hasLabel(recipe)
      ? ([['label', `${schedule ? 'at the top' : 'first inputs'}, strength ${recipe.labelStrength}`]] as [
          string,
          string,
        ][])
      : []),
    ...(recipe.between ? ([['between layers', describeBetween(recipe.between)]] as [string, string][]) : []),
    ...(hasGoodness(recipe) ? describeGoodness(recipe) : []),
    [
      'optimizer',
      optimizer.kind === 'adam'
        ? `adam, rate ${optimizer.rate}, betas ${optimizer.beta1} ${optimizer.beta2}, decay ${optimizer.decay}`
        : `momentum ${optimizer.momentum}, rate ${optimizer.rate}, decay ${optimizer.decay}`,
    ],
    ...(recipe.phases === undefined
      ? []
      : ([['sleep', `batches of positive and of negative data in turns of ${recipe.phases}`]] as [
          string,
          string,
        ][])),
    ...(recipe.fixed ? ([['learning', 'the readout alone: layers stay random']] as [string, string][]) : []),
    ['readouts', `${read}; softmax rate ${readout.rate}, decay ${readout.decay}`],
    [
      'training',
      `batch ${recipe.batch}, ${recipe.epochs} epoch${recipe.epochs === 1 ? '' : 's'}, rates held for ${100 * recipe.hold} % then falling to 0`,
    ],
  ];
}

/** The size of a layer, e.g. `1000` or `4×4×128`. */
export function layerSize(layer: number | LocalLayer): string {
  return typeof layer === 'number' ? `${layer}` : `${layer.height}×${layer.width}×${layer.channels}`;
}

/** A layer in a few words, e.g. `1000` or `4 × 4 × 128 (fields of 10, 6 apart)`. */
function describeLayer(layer: number | LocalLayer): string {
  if (typeof layer === 'number') return `${layer}`;
  const { height, width, channels, field, above } = layer;
  const fields = `fields of ${describeField(field)}${above ? `; above, of ${describeField(above)}` : ''}`;
  return `${height} × ${width} × ${channels} (${fields})`;
}

function describeField({ size, stride, overhang }: FieldSize): string {
  return `${size}, ${stride} apart${overhang ? `, ${overhang} over the edge` : ''}`;
}

function describeSchedule(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'recurrent': {
      const { iterations, damping, readFrom, readTo } = schedule;
      const read = readFrom === readTo ? `step ${readFrom}` : `steps ${readFrom} to ${readTo}`;
      return `recurrent, ${iterations} steps, damping ${damping}, goodness of ${read}`;
    }
    case 'backprop':
      return 'backpropagation of the log probability of the right label';
    case 'perturbation':
      return `perturbation of the weights, deviation ${schedule.deviation}`;
    default:
      return schedule satisfies never;
  }
}

function describeGoodness({
  negatives,
  goodness,
  objective,
  groups,
  peer,
}: Recipe): [name: string, value: string][] {
  return [
    ['negatives', describeNegatives(negatives)],
    ['goodness', `${goodness.replaceAll('-', ' ')}${groups ? `, groups: ${groups}` : ''}`],
    [
      'objective',
      objective.kind === 'logistic'
        ? `logistic, threshold ${objective.threshold}, temperature ${objective.temperature}`
        : `${objective.kind} on pairs, alpha ${objective.alpha}`,
    ],
    ['peer normalisation', peer === 0 ? 'none' : `${peer}`],
  ];
}

function describeNegatives(negatives: Negatives): string {
  switch (negatives) {
    case 'none':
      return 'none';
    case 'hard':
      return 'wrong labels the readout believes';
    case 'uniform':
      return 'wrong labels, uniform';
    case 'rolled-out':
      return 'sequences that the network writes before each epoch';
    default:
      return `hybrids of two images, masks blurred ${negatives.blurs} times`;
  }
}

function describeBetween(between: Between): string {
  const where = `after layer ${between.after}`;
  switch (between.kind) {
    case 'quantise':
      return `${where}: ${between.levels} levels`;
    case 'noise':
      return `${where}: noise, deviation ${between.deviation}`;
    default:
      return `${where}: ${between.path}`;
  }
}
