// Making, saving and loading networks in a page.

import type { Recipe } from '../recipes/recipe.ts';
import type { NetworkOptions } from './build.ts';
import type { LoadOptions } from './encode.ts';
import { bytesOf, fileWantsExtras, type PageOptions, PageScript, wantsExtras } from './page-script.ts';
import { RemoteNetwork } from './remote.ts';
import { script, shared } from './script.js';

const networkScript = /* @__PURE__ */ new PageScript(shared, script);

/**
 * A new network, ready to train, in a worker of its own: with threads where the page is cross-origin isolated, alone where
 * it is not. Throws an InputError for a recipe, sizes or threads that make no sense.
 */
export function createNetwork(recipe: Recipe, options: NetworkOptions & PageOptions): Promise<RemoteNetwork> {
  return networkScript.start(
    // Without options, the worker says what is missing.
    { ...options },
    wantsExtras(recipe),
    async (home, source, plain) =>
      new RemoteNetwork(home, await home.call('create', [source, recipe, plain])),
  );
}

/**
 * The network in the bytes of a model file, ready to predict or, from a checkpoint, to go on with `fit`. Throws an
 * InputError that says what is wrong with them.
 */
export async function decodeNetwork(
  bytes: Uint8Array,
  options: LoadOptions & PageOptions = {},
): Promise<RemoteNetwork> {
  const whole = bytesOf(bytes);
  return networkScript.start(
    options,
    fileWantsExtras(whole),
    async (home, source, plain) =>
      new RemoteNetwork(home, await home.call('decode', [source, whole, 'the model', plain])),
  );
}

/** A network as the bytes of a model file; with `checkpoint`, training can go on from it as if it had never stopped. */
export async function encodeNetwork(network: RemoteNetwork, checkpoint = false): Promise<Uint8Array> {
  return network.home.call('encode', [checkpoint]);
}
