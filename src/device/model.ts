// A model file as a device reads it: only what predicting needs, so that files whose training had settings that this code has
// never heard of still predict.

import { InputError } from '../errors.ts';
import { readFloats } from '../files/int8.ts';
import type { Safetensors } from '../files/safetensors.ts';
import { slope } from '../goodness/objective.ts';
import type { Goodness } from '../recipes/recipe.ts';

const FORMAT = 'forward-forward 1';
/** What messages call a model that came as bytes. */
export const NAME = 'the model';

/** A layer as it comes out of the file, row-major. */
export interface ModelLayer {
  readonly inputs: number;
  readonly units: number;
  /** (inputs, units). */
  readonly weight: Float32Array;
  /** (units). */
  readonly bias: Float32Array;
  /** What a sum of squares is multiplied with to be the goodness. */
  readonly slope: number;
  /** (units, classes) of the softmax readout; absent where the readouts do not look at this layer. */
  readonly readout?: Float32Array;
}

export interface Model {
  readonly inputs: number;
  readonly classes: number;
  readonly labelStrength: number;
  readonly layers: readonly ModelLayer[];
}

/** The model in a file, whose weights are floats or bytes; throws an InputError that begins with `path` and says what is wrong. */
export function readModel({ tensors, metadata }: Safetensors, path: string): Model {
  const { inputs, classes, labelStrength, units, goodness, readFrom } = readDescription(metadata, path);
  const find = (name: string, shape: number[]) => {
    const values = readFloats(tensors, name, shape, path);
    if (!values.every(Number.isFinite))
      throw new InputError(`${path}: ${name} has values that are not finite`);
    return values;
  };
  const layers = units.map((count, l): ModelLayer => {
    const fanIn = l === 0 ? inputs : units[l - 1];
    return {
      inputs: fanIn,
      units: count,
      weight: find(`layers.${l}.weight`, [fanIn, count]),
      bias: find(`layers.${l}.bias`, [count]),
      slope: slope(goodness, count),
      ...(l + 1 >= readFrom && { readout: find(`readout.${l}.weight`, [count, classes]) }),
    };
  });
  return { inputs, classes, labelStrength, layers };
}

function readDescription(metadata: Readonly<Record<string, string>>, path: string) {
  if (metadata.format !== FORMAT) {
    throw new InputError(
      `${path}: expected the format "${FORMAT}" in its metadata, found ${JSON.stringify(metadata.format ?? 'none')}`,
    );
  }
  let description: unknown;
  try {
    description = JSON.parse(metadata.description ?? '');
  } catch (cause) {
    throw new InputError(`${path}: expected a description in JSON: ${(cause as Error).message}`, { cause });
  }
  const { inputs, classes, recipe } = fields(description);
  const { layers: units, labelStrength, goodness, readFrom, schedule, between } = fields(recipe);
  const check: (isFine: boolean, expected: string) => asserts isFine = (isFine, expected) => {
    if (!isFine) throw new InputError(`${path}: its description must have ${expected}`);
  };
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
  check(isCount(classes) && classes >= 2 && classes <= 32, 'classes from 2 to 32');
  check(isCount(inputs) && inputs > classes, 'more inputs than classes');
  const hasFields = Array.isArray(units) && units.some(layer => typeof layer === 'object');
  if (schedule !== undefined || hasFields) {
    throw new InputError(
      `${path}: expected a network in which every layer sees all of the one below and no other, found ` +
        `${schedule === undefined ? 'local fields' : `a ${fields(schedule).kind} schedule`}; only loadNetwork runs those`,
    );
  }
  check(Array.isArray(units) && units.length > 0 && units.every(isCount), 'layers of one or more units');
  check(isCount(readFrom) && readFrom <= units.length, 'a layer that the readouts begin with');
  check(Number.isFinite(labelStrength) && (labelStrength as number) > 0, 'a label strength above 0');
  check(between === undefined, 'nothing between its layers');
  const known: readonly unknown[] = ['sum-of-squares', 'minus-sum-of-squares', 'mean-of-squares'];
  check(known.includes(goodness), `a goodness of ${known.join(', ')}`);
  return {
    inputs,
    classes,
    units: units as number[],
    labelStrength: labelStrength as number,
    goodness: goodness as Goodness,
    readFrom,
  };
}

/** The properties of what may be anything. */
function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
