// What a sweep learns from: all that may be learned of its data, as one piece of bytes by whose digest every worker knows it. Test data
// are left where they are.

import { basename } from 'node:path';
import { type Dataset, roomForLabels, splitValidation } from '../data/dataset.ts';
import { holdsExamples, readExamples } from '../data/examples/open-examples.ts';
import { datasetNames, loadDataset } from '../data/named/named-datasets.ts';
import { preprocess } from '../data/preprocess.ts';
import { shuffled } from '../data/split.ts';
import { InputError } from '../errors.ts';
import { encodeSafetensors, parseSafetensors, type Tensor } from '../files/safetensors.ts';
import { recipeFor } from '../recipes/defaults.ts';
import { forImages } from '../recipes/images.ts';
import { recipeForImages } from '../recipes/own-images.ts';
import { recipes } from '../recipes/recipes.ts';
import { sharedBuffer, viewLike } from '../threads/memory.ts';
import { digestOfBytes } from './digest.ts';
import type { SweepSource } from './spec.ts';
import type { HeldOut, KnownData } from './trials.ts';

/** Held out where a sweep does not say how many, at most. */
const MOST_HELD_OUT = 10_000;
const HELD_OUT_SHARE = 0.15;

/** Data of a sweep, and the bytes that workers get. */
export interface SweepData extends KnownData {
  readonly chunks: readonly Uint8Array[];
}

/** Opens the data that `source` names; throws an InputError where there are none. */
export async function openData({ source, label }: SweepSource): Promise<SweepData> {
  if (!datasetNames.includes(source) && (await holdsExamples(source))) return ownData(source, label);
  if (label !== undefined) {
    throw new InputError(`label is for tables, and ${source} is none: leave it out`);
  }
  const { train } = await loadDataset(source);
  const holdOut = Math.min(MOST_HELD_OUT, Math.round(HELD_OUT_SHARE * train.count));
  const whole = Math.max(1, Math.round(holdOut / (train.predictions ?? 1))) * (train.predictions ?? 1);
  return { ...known(train, whole), recipe: recipes['one-pass'] };
}

/** Somebody's own: its test part is left out, and what `ff train` holds out stands last. */
async function ownData(source: string, label: string | undefined): Promise<SweepData> {
  const opened = await readExamples(source);
  const data = preprocess(opened, label === undefined ? {} : { label });
  const { train, validation } = data;
  const learned = behind(train, validation);
  const recipe = recipeForImages(data) ?? recipeFor(train);
  // Reports show no folders.
  return { ...known({ ...learned, name: basename(source) }, validation.count), recipe };
}

/** What is known of a dataset, and its bytes. */
export function known(train: Dataset, holdOut: number): Omit<SweepData, 'recipe'> {
  const chunks = packDataset(train);
  const { name, count } = train;
  return {
    name,
    count,
    units: Math.ceil(count / (train.predictions ?? 1)),
    holdOut,
    chunks,
    digest: digestOfBytes(chunks),
    fitted: recipe => forImages(recipe, train),
  };
}

/** Two datasets as one. */
function behind(first: Dataset, second: Dataset): Dataset {
  const put = <Values extends Uint8Array | Uint16Array | Float32Array>(a: Values, b: Values): Values => {
    const made = viewLike(a, sharedBuffer(a.byteLength + b.byteLength));
    made.set(a);
    made.set(b, a.length);
    return made;
  };
  const inputs = put(first.inputs as Float32Array, second.inputs as Float32Array);
  const labels = put(first.labels as Uint8Array, second.labels as Uint8Array);
  return { ...first, count: first.count + second.count, inputs, labels };
}

/** A dataset as bytes, which `unpackDataset` makes it of again. */
export function packDataset({ inputs, labels, ...others }: Dataset): Uint8Array[] {
  const { count, width } = others;
  const wide = Uint32Array.from(labels);
  const tensors: Tensor[] = [
    {
      name: 'inputs',
      dtype: inputs instanceof Uint8Array ? 'U8' : 'F32',
      shape: [count, width],
      data: inputs,
    },
    { name: 'labels', dtype: 'U32', shape: [count], data: wide },
  ];
  return encodeSafetensors(tensors, { dataset: JSON.stringify(others) });
}

/** The dataset in bytes whose digest is known to be right. */
export function unpackDataset(bytes: Uint8Array): Dataset {
  const { tensors, metadata } = parseSafetensors(bytes, 'the data');
  const [inputs, labels] = ['inputs', 'labels'].map(name => tensors.get(name)!.data);
  const others = JSON.parse(metadata.dataset) as Omit<Dataset, 'inputs' | 'labels'>;
  const room = roomForLabels(others.count, others.classes);
  room.set(labels);
  return { ...others, inputs: inputs as Uint8Array | Float32Array, labels: room };
}

/** What is learned from and what is held out. */
export function heldOutOf(data: Dataset, heldOut: HeldOut): { train: Dataset; validation: Dataset } {
  if (heldOut.kind === 'last') return splitValidation(data, heldOut.count);
  const parts = partsOf(data, heldOut.of);
  const isOut = (example: number) => parts[example] === heldOut.fold;
  return { train: chosen(data, i => !isOut(i)), validation: chosen(data, isOut) };
}

/** The part, from 0, that each example belongs to: every class gives each the same share, and a string of predictions stays whole. */
function partsOf({ count, labels, predictions = 1 }: Dataset, of: number): Uint32Array {
  const parts = new Uint32Array(count);
  const first = (unit: number) => unit * predictions;
  const label = (unit: number) => (predictions > 1 ? 0 : labels[first(unit)]);
  // Class after class, dealt on from one to the next, so that no part is left out.
  const units = Array.from(shuffled(Math.ceil(count / predictions), 1)).sort((a, b) => label(a) - label(b));
  units.forEach((unit, place) => {
    parts.fill(place % of, first(unit), first(unit) + predictions);
  });
  return parts;
}

/** The examples that `isChosen`, in memory of their own. */
function chosen(data: Dataset, isChosen: (example: number) => boolean): Dataset {
  const { width, count } = data;
  const places = Array.from({ length: count }, (_, i) => i).filter(isChosen);
  const bytes = places.length * width * data.inputs.BYTES_PER_ELEMENT;
  const inputs = viewLike(data.inputs, sharedBuffer(bytes));
  const labels = roomForLabels(places.length, data.classes);
  places.forEach((i, at) => {
    inputs.set(data.inputs.subarray(i * width, (i + 1) * width), at * width);
    labels[at] = data.labels[i];
  });
  return { ...data, count: places.length, inputs, labels };
}
