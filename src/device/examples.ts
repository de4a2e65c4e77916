// Which examples are sound inputs of a network on a device.

import { InputError } from '../errors.ts';
import { fields, type OwnWords } from './model.ts';

/** Throws an InputError unless `examples` are `count` rows of `inputs` bytes or finite floats, of a network that goes with `own`. */
export function checkExamples(
  examples: Uint8Array | Float32Array,
  inputs: number,
  count: number,
  own: OwnWords | undefined,
): void {
  const isFloat = examples instanceof Float32Array;
  const advice = own
    ? '; it learned from data of its own, whose rows or images modelOf takes as they are'
    : '';
  if (!isFloat && !(examples instanceof Uint8Array)) {
    throw new InputError(
      `expected examples as a Uint8Array or a Float32Array, found ${typeof examples}${advice}`,
    );
  }
  if (examples.length !== count * inputs) {
    throw new InputError(
      `expected ${count} × ${inputs} inputs, found ${examples.length}: the model wants ${inputs} an example${advice}`,
    );
  }
  // Only images that nothing was taken from are bytes when the network sees them.
  const { kind, centre } = fields(own?.encoding);
  if (!isFloat && own && (kind !== 'image' || centre)) {
    throw new InputError(`expected inputs that are encoded, as a Float32Array, found bytes${advice}`);
  }
  const bad = isFloat ? examples.findIndex(value => !Number.isFinite(value)) : -1;
  if (bad >= 0) {
    throw new InputError(
      `input ${bad % inputs} of example ${Math.floor(bad / inputs)} is ${examples[bad]}, expected a finite number`,
    );
  }
}
