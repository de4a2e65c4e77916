// A recipe is plain data: a network and how it learns. It is what the model file stores and what a report prints. settings.ts says
// what each may be.

import { fullSpec, type LayerSpec } from '../layers/forms.ts';
import type { Goodness } from '../layers/goodness.ts';
import type { Infer } from '../schema.ts';
import type { objective } from './layerwise.ts';
import type { recipe } from './settings.ts';

/** A network, and how it is trained. */
export interface Recipe extends Infer<typeof recipe> {}

export type Learning = Recipe['learning'];
export type Contrast = Extract<Learning, { kind: 'contrast' }>;
export type Unsupervised = Extract<Learning, { kind: 'unsupervised' }>;
export type Classes = Extract<Learning, { kind: 'classes' }>;
export type SelfContrast = Extract<Learning, { kind: 'self-contrast' }>;
export type Recurrent = Extract<Learning, { kind: 'recurrent' }>;
/** What a layer wants of its goodness. */
export type ObjectiveSpec = Infer<typeof objective>;
export type Between = NonNullable<Contrast['between']>;

/** The ways of learning in which every layer learns by itself. */
export type Layerwise = Contrast | Unsupervised | Classes | SelfContrast | Recurrent;
/** Those that compare positive with negative rows. */
export type ByGoodness = Contrast | Unsupervised | Recurrent;

export function isLayerwise(learning: Learning): learning is Layerwise {
  return learning.kind !== 'backprop' && learning.kind !== 'perturbation';
}

/** Whether the first layer is one of convolutions. */
export function isConvolutional({ layers: [first] }: Pick<Recipe, 'layers'>): boolean {
  return fullSpec(first).kind === 'conv';
}

export function isByGoodness(learning: Learning): learning is ByGoodness {
  return isLayerwise(learning) && learning.kind !== 'classes' && learning.kind !== 'self-contrast';
}

/** Whether layers are to tell what is positive from what is negative, however that is made. */
export function hasNegatives(learning: Learning): learning is ByGoodness | SelfContrast {
  return isByGoodness(learning) || learning.kind === 'self-contrast';
}

/** Whether the network is asked about each label in turn. */
export function triesLabels({ kind }: Learning): boolean {
  return kind === 'contrast' || kind === 'recurrent';
}

/** Whether layers say how good each label is, so that the goodness readout can answer. */
export function scoresLabels(learning: Learning): boolean {
  return triesLabels(learning) || learning.kind === 'classes';
}

/** What answers: the goodness of every label, or a softmax of one pass. */
export type ReadoutName = 'goodness' | 'softmax';

/** The readout whose answers count. */
export function readoutOf(learning: Learning): ReadoutName {
  return scoresLabels(learning) ? 'goodness' : 'softmax';
}

/** Whether the network itself writes its negative data, anew for every epoch. */
export function isRolledOut(learning: Learning): boolean {
  return learning.kind === 'contrast' && learning.negatives === 'rolled-out';
}

/** The function between two layers, if any. */
export function betweenOf(learning: Learning): Between | undefined {
  return 'between' in learning ? learning.between : undefined;
}

/** The first layer, counted from 0, that the readouts look at. */
export function readFrom({ learning, layers }: Pick<Recipe, 'learning' | 'layers'>): number {
  if (learning.kind === 'classes') return learning.readFrom;
  return isLayerwise(learning) ? learning.readout.from : layers.length - 1;
}

export function layerGoodness(learning: ByGoodness, layer: LayerSpec): Goodness {
  return fullSpec(layer).goodness ?? learning.goodness;
}

export function layerRate(optimizer: { readonly rate: number }, layer: LayerSpec): number {
  return fullSpec(layer).rate ?? optimizer.rate;
}

export function isFrozen(learning: Layerwise, layer: LayerSpec): boolean {
  return (learning.frozen ?? fullSpec(layer).frozen) === true;
}

/** The lowest layer, counted from 0, that a gradient from the top comes to: none comes through a function between layers. */
export function lowestReached(learning: Learning): number {
  const between = betweenOf(learning);
  return between ? between.after + 1 : 0;
}

/** Whether there is a softmax readout beside what layers say themselves. */
export function hasReadout({ readout }: Learning): boolean {
  return readout !== undefined;
}
