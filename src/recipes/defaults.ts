// The recipe for data that nobody has tuned one for: sizes and lengths follow from the data. The constants were
// compared on validation splits of a few small tables only.

import { type Dataset, unitOf } from '../data/dataset.ts';
import { MOST_LABEL_INPUTS } from '../data/label-inputs.ts';
import type { Recipe } from './recipe.ts';
import { onePass, quick } from './recipes.ts';

/** Batches that even the smallest data are learned for. */
const FEWEST_BATCHES = 700;
/** Epochs of larger data, and the multiplications that they may cost. */
const EPOCHS = 25;
const WORK = 2.5e12;

/** The label's input over the length of all others: enough to be heard, not enough to drown them. */
const LABEL_SHARE = 0.33;
/** Examples that the length is measured on. */
const SAMPLE = 2000;

/** The recipe for `train`, which is encoded: what `trainModel` takes by default. */
export function recipeFor(train: Dataset): Recipe {
  const { count, width, classes } = train;
  const units = 500;
  const batch = count < 20_000 ? 50 : 100;
  const batches = Math.ceil(count / batch);
  const connections = width * units + units * units;
  const affordable = Math.floor(WORK / (3 * connections * batch * batches));
  const wanted = Math.max(EPOCHS, Math.ceil(FEWEST_BATCHES / batches));
  const of = { units, batch, epochs: Math.max(3, Math.min(wanted, affordable)) };
  return classes > MOST_LABEL_INPUTS ? ofManyClasses(train, of) : ofFewClasses(train, of);
}

interface Sizes {
  readonly units: number;
  readonly batch: number;
  readonly epochs: number;
}

/** With labels in the input, of which each is tried. */
function ofFewClasses(train: Dataset, { units, batch, epochs }: Sizes): Recipe {
  return {
    ...quick,
    name: 'own-data',
    about: 'sizes and lengths that follow from the data',
    layers: [units, units],
    shift: shiftOf(train),
    learning: {
      ...quick.learning,
      label: { kind: 'first', strength: Number((LABEL_SHARE * typicalLength(train)).toPrecision(3)) },
      optimizer: { ...quick.learning.optimizer, rate: 0.001 },
    },
    batch,
    epochs,
  };
}

/** One pass for all classes: to try each of many labels would cost as many passes. */
function ofManyClasses(train: Dataset, { units, batch, epochs }: Sizes): Recipe {
  const { learning } = onePass;
  const { settled: _, rest: __, mapRate: ___, ...steps } = learning;
  return {
    ...onePass,
    name: 'own-data',
    about: 'sizes and lengths that follow from the data, for many classes',
    layers: [units, units],
    shift: shiftOf(train),
    learning: { ...steps, optimizer: { ...learning.optimizer, rate: 0.001 } },
    batch,
    epochs,
  };
}

/** A pixel is much of a small image. */
function shiftOf({ shape }: Dataset): number {
  return shape && Math.min(shape[0], shape[1]) >= 16 ? 1 : 0;
}

/** Root mean square of the length of an example. */
function typicalLength({ count, width, inputs }: Dataset): number {
  const unit = unitOf(inputs);
  const step = Math.max(1, Math.floor(count / SAMPLE));
  let [squares, examples] = [0, 0];
  for (let i = 0; i < count; i += step, examples++) {
    for (let k = i * width; k < (i + 1) * width; k++) squares += (inputs[k] * unit) ** 2;
  }
  return Math.sqrt(squares / examples) || 1;
}
