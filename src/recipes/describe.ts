// A recipe in words.

import { fullSpec, type LayerSpec } from '../layers/forms.ts';
import type { Optimizer } from '../layers/optimizer.ts';
import { wordsOf } from '../layers/words.ts';
import {
  type Between,
  type ByGoodness,
  betweenOf,
  isByGoodness,
  isLayerwise,
  type Learning,
  type Recipe,
  readFrom,
} from './recipe.ts';

/** A recipe as pairs to print, in the order in which data flow. */
export function describeRecipe(recipe: Recipe): [name: string, value: string][] {
  const { learning, channelMeans, batch, epochs, holdShare, cosineTo } = recipe;
  const between = betweenOf(learning);
  const last = recipe.layers.length;
  const from = readFrom(recipe) + 1;
  const pairs: [name: string, value: string | undefined | false][] = [
    ['recipe', `${recipe.name}: ${recipe.about}`],
    ['layers', recipe.layers.map(describeLayer).join(' - ')],
    ['learning', describeLearning(learning)],
    // Inputs need not be images where nothing moves them.
    ['images', describeAugmentation(recipe)],
    ['channels', channelMeans && `less ${channelMeans} mean`],
    ['label', describeLabel(learning)],
    ['between layers', between && describeBetween(between)],
    ...(isByGoodness(learning) ? describeGoodness(learning) : []),
    ['optimizer', 'optimizer' in learning && describeOptimizer(learning.optimizer)],
    [
      'sleep',
      'phases' in learning &&
        learning.phases !== undefined &&
        `batches of positive and of negative data in turns of ${learning.phases}`,
    ],
    ['frozen', isLayerwise(learning) && learning.frozen && 'layers stay random, the readout alone learns'],
    [
      'readouts',
      `${from === last ? `layer ${last}` : `layers ${from} to ${last}`}${describeReadout(learning)}`,
    ],
    [
      'training',
      `batch ${batch}, ${epochs} epoch${epochs === 1 ? '' : 's'}, rates held for ${100 * holdShare} % then falling ${cosineTo === undefined ? 'to 0' : `by a cosine to ${100 * cosineTo} %`}`,
    ],
  ];
  return pairs.filter((pair): pair is [string, string] => Boolean(pair[1]));
}

function describeAugmentation({ shift, flip, crop, colorJitter }: Recipe): string {
  const { brightness, contrast, gain } = colorJitter ?? { brightness: 0, contrast: 0, gain: 0 };
  const what = [
    crop !== undefined && `a part of it, from ${percent(crop)} of its rows and columns`,
    shift > 0 && `moved by up to ${shift} pixel${shift === 1 ? '' : 's'} each way`,
    flip && 'every other one mirrored',
    brightness && `brighter or darker by up to ${percent(brightness)}`,
    contrast && `contrast changed by up to ${percent(contrast)}`,
    gain && `channels by up to ${percent(gain)}`,
  ].filter(Boolean);
  return what.length > 0 ? `${what.join(', ')}, at random` : '';
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

/** The size of a layer, e.g. `1000` or `4×4×128`. */
export function layerSize(layer: LayerSpec): string {
  const { words, spec } = wordsOf(layer);
  return words.size(spec);
}

function describeLayer(layer: LayerSpec): string {
  const { words, spec } = wordsOf(layer);
  const described = words.describe(spec);
  const { goodness, rate, frozen } = fullSpec(layer);
  const own = [goodness?.replaceAll('-', ' '), rate !== undefined && `rate ${rate}`, frozen && 'frozen'];
  const apart = own.filter(Boolean).join(', ');
  return described + (apart && ` [${apart}]`);
}

function describeLearning(learning: Learning): string {
  switch (learning.kind) {
    case 'contrast':
      return 'right labels against wrong ones, layer by layer';
    case 'unsupervised':
      return 'real images against hybrids, layer by layer';
    case 'classes': {
      const { activity, map, mapRate, similarity, settled, rest, groups } = learning;
      const maps = {
        blocks: 'a block of units for each class',
        projection: 'a fixed random map',
        'affine-projection': 'a fixed affine map',
        learned: 'a learned map',
      };
      const read = {
        linear: 'activities',
        squares: 'squared activities',
        normalized: 'normalised activities',
      };
      const own = mapRate === undefined ? '' : `, rate ${mapRate}`;
      const leave =
        settled === undefined
          ? ''
          : `, rows leave that are doubted by less than ${settled}${rest === undefined ? '' : ` and examples rest for ${rest} epochs`}`;
      const alike = similarity === undefined ? '' : `, likeness within classes weighs ${similarity}`;
      return `classes by ${maps[map]} of ${read[activity]}${own}${alike}${groups ? `, groups: ${groups}` : ''}${leave}, layer by layer, nothing negative`;
    }
    case 'self-contrast': {
      const margins = learning.margins.map(
        ({ positive, negative, penalty }) => `${positive} and ${negative}, penalty ${penalty}`,
      );
      return `images seen twice against two at once, layer by layer, goodness of each over and under ${margins.join('; ')}`;
    }
    case 'recurrent': {
      const { iterations, damping, firstStep, lastStep } = learning;
      const read = firstStep === lastStep ? `step ${firstStep}` : `steps ${firstStep} to ${lastStep}`;
      return `recurrent, ${iterations} steps, damping ${damping}, goodness of ${read}`;
    }
    case 'backprop':
      return 'backpropagation of the log probability of the right label';
    case 'perturbation':
      return `perturbation of the weights, deviation ${learning.deviation}, rate ${learning.rate}`;
    default:
      return learning satisfies never;
  }
}

function describeLabel(learning: Learning): string | undefined {
  if (learning.kind === 'recurrent') return `at the top, strength ${learning.labelStrength}`;
  if (learning.kind !== 'contrast') return undefined;
  const { kind, strength } = learning.label;
  return `${kind === 'first' ? 'first inputs' : 'behind the inputs'}, strength ${strength}`;
}

function describeGoodness(learning: ByGoodness): [name: string, value: string][] {
  const { goodness, objective, groups, peerNormalisation } = learning;
  return [
    ['negatives', describeNegatives(learning.negatives)],
    ['goodness', `${goodness.replaceAll('-', ' ')}${groups ? `, groups: ${groups}` : ''}`],
    [
      'objective',
      objective.kind === 'logistic'
        ? `logistic, threshold ${objective.threshold}, temperature ${objective.temperature}`
        : `${objective.kind} on pairs, alpha ${objective.alpha}`,
    ],
    ['peer normalisation', `${peerNormalisation ?? 'none'}`],
  ];
}

function describeNegatives(negatives: ByGoodness['negatives']): string {
  switch (negatives) {
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
  const where = `after layer ${between.after + 1}`;
  switch (between.kind) {
    case 'quantise':
      return `${where}: ${between.levels} levels`;
    case 'noise':
      return `${where}: noise, deviation ${between.deviation}`;
    default:
      return `${where}: ${between.path}`;
  }
}

function describeOptimizer(optimizer: Optimizer): string {
  const { kind, rate, decay } = optimizer;
  return kind === 'adam'
    ? `adam, rate ${rate}, betas ${optimizer.beta1} ${optimizer.beta2}, decay ${decay}`
    : `momentum ${optimizer.momentum}, rate ${rate}, decay ${decay}`;
}

function describeReadout(learning: Learning): string {
  const { readout } = learning;
  if (!readout) return '';
  return `; softmax rate ${readout.rate}${'decay' in readout ? `, decay ${readout.decay}` : ''}`;
}
