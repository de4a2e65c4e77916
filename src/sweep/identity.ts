// What must be the same in two processes for their trainings to come to the same bits.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { InputError } from '../errors.ts';
import type { Build } from '../kernels/features.ts';
import { createNetwork, node } from '../network/create.ts';
import { encodeNetwork } from '../network/encode.ts';
import { quick } from '../recipes/recipes.ts';
import { digestOfBytes } from './digest.ts';

export interface Identity {
  readonly version: string;
  readonly build: Build;
  /** The digest of the kernels. */
  readonly kernels: string;
  /** The digest of a small network that has learned: processors and engines may round otherwise. */
  readonly arithmetic: string;
}

/** Of this process, with the kernels `build` or, by default, the fastest. Throws an InputError where it has none of these. */
export async function identityOf(build = node.detectBuild()): Promise<Identity> {
  if (!build) throw new InputError(`${node.name} has no SIMD in WebAssembly: take Node 20 or newer`);
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  const kernels = await readFile(new URL(`../../build/${build}.wasm`, import.meta.url));
  return { version, build, kernels: digestOfBytes([kernels]), arithmetic: await arithmeticOf(build) };
}

/** Says in what `own` differs from `theirs`; undefined where in nothing. */
export function differenceOf(own: Identity, theirs: Identity): string | undefined {
  if (own.version !== theirs.version) {
    return `it is of forward-forward ${theirs.version}, this is ${own.version}: install that version here`;
  }
  if (own.build !== theirs.build) {
    return `it runs ${theirs.build} kernels, this process has ${own.build}: take the same Node everywhere, or say "build": "simd" in the sweep`;
  }
  if (own.kernels !== theirs.kernels) {
    return `its kernels are others than those of this forward-forward ${own.version}: install the same one everywhere`;
  }
  if (own.arithmetic !== theirs.arithmetic) {
    return `this processor rounds otherwise with ${own.build} kernels: say "build": "simd" in the sweep`;
  }
  return undefined;
}

async function arithmeticOf(build: Build): Promise<string> {
  const [inputs, classes, count] = [40, 4, 300];
  const network = await createNetwork(
    { ...quick, layers: [48, 40], shift: 0, epochs: 2 },
    { inputs, classes, threads: 1, build },
  );
  try {
    // The label's room is the same in all examples, as it has to be. Bytes, as images have them: engines make code for the kinds of arrays
    // that they have met, and slower code where these were several.
    const values = Uint8Array.from({ length: count * inputs }, (_, i) =>
      i % inputs < classes ? 0 : (i * 7919 + (i % count) * 104_729) % 251,
    );
    const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
    for await (const _event of network.fit({
      name: 'a probe',
      count,
      width: inputs,
      classes,
      inputs: values,
      labels,
    }));
    return digestOfBytes([await encodeNetwork(network)]);
  } finally {
    await network.close();
  }
}
