// Making, saving and loading networks in a page.

import { kernels } from '../../build/page-kernels.js';
import type { Encoding } from '../data/encode-examples.ts';
import type { Examples } from '../data/examples/examples.ts';
import { InputError } from '../errors.ts';
import type { Calibration } from '../readouts/calibration.ts';
import type { Recipe } from '../recipes/recipe.ts';
import { type Answer, notOwn } from './answers.ts';
import type { NetworkOptions } from './build.ts';
import type { LoadOptions, OwnDescription } from './encode.ts';
import type { KernelSource, Opened } from './messages.ts';
import { Home, RemoteNetwork } from './remote.ts';
import { script } from './script.js';

/** What messages call a model that came as bytes. */
const NAME = 'the model';

/** Where a page gets what is embedded by default, for one whose content-security policy wants everything as files. */
export interface PageOptions {
  /** The package's `dist/network/page-worker.js`, served from the page's origin; by default a `blob:` script. */
  readonly workerUrl?: string | URL;
  /** The package's folder `build/`, with a slash at its end; by default the kernels are in the worker's script. */
  readonly wasmUrl?: string | URL;
  /**
   * The kernels, compiled already: `relaxed` or `simd` as in `build`, `-shared` where the page is cross-origin isolated and
   * there is more than one thread.
   */
  readonly wasmModule?: WebAssembly.Module;
}

/**
 * A new network, ready to train, in a worker of its own: with threads where the page is cross-origin isolated, alone where
 * it is not. Throws an InputError for a recipe, sizes or threads that make no sense.
 */
export async function createNetwork(
  recipe: Recipe,
  options: NetworkOptions & PageOptions,
): Promise<RemoteNetwork> {
  // Without options, the worker says what is missing.
  const { workerUrl, wasmUrl, wasmModule, ...rest } = { ...options };
  return (await open({ ...options }, (home, source) => home.call('create', [source, recipe, rest]))).network;
}

/**
 * The network in the bytes of a model file, ready to predict or, from a checkpoint, to go on with `fit`. Throws an
 * InputError that says what is wrong with them.
 */
export async function decodeNetwork(
  bytes: Uint8Array,
  options: LoadOptions & PageOptions = {},
): Promise<RemoteNetwork> {
  return (await decode(bytes, options)).network;
}

/** A network that knows what its inputs and classes mean. Made by `decodeModel`. */
export class Model {
  readonly network: RemoteNetwork;
  readonly encoding: Encoding;
  readonly calibration: Calibration;

  constructor(network: RemoteNetwork, { encoding, calibration }: OwnDescription) {
    this.network = network;
    this.encoding = encoding;
    this.calibration = calibration;
  }

  /** An answer for each example, by the goodness readout where there is one. Throws an InputError for examples of another kind. */
  async predict(examples: Examples): Promise<Answer[]> {
    return this.network.home.call('answer', [examples]);
  }

  /** Ends the worker and its threads; the model cannot be used any more. */
  async close(): Promise<void> {
    await this.network.close();
  }
}

/**
 * The model of own data in the bytes of a file that Node wrote: it answers tables and images as they are kept. Throws an
 * InputError where the file is none.
 */
export async function decodeModel(
  bytes: Uint8Array,
  options: LoadOptions & PageOptions = {},
): Promise<Model> {
  const { network, own } = await decode(bytes, options);
  if (own) return new Model(network, own);
  await network.close();
  throw notOwn(NAME);
}

async function decode(bytes: Uint8Array, options: LoadOptions & PageOptions) {
  const { workerUrl, wasmUrl, wasmModule, ...rest } = options;
  if (!(bytes instanceof Uint8Array)) throw new InputError(`${NAME}: expected its bytes as a Uint8Array`);
  // A view is posted with all of the memory behind it.
  return open(options, (home, source) => home.call('decode', [source, bytes.slice(), NAME, rest]));
}

/** A network as the bytes of a model file; with `checkpoint`, training can go on from it as if it had never stopped. */
export async function encodeNetwork(network: RemoteNetwork, checkpoint = false): Promise<Uint8Array> {
  return network.home.call('encode', [checkpoint]);
}

async function open(
  { workerUrl, wasmUrl, wasmModule }: PageOptions,
  make: (home: Home, source: KernelSource) => Promise<Opened>,
): Promise<{ network: RemoteNetwork; own?: Opened['own'] }> {
  const base = globalThis.document?.baseURI ?? location.href;
  const source = {
    ...(wasmUrl !== undefined && { wasmUrl: new URL(wasmUrl, base).href }),
    ...(wasmModule && { wasmModule }),
  };
  const home = new Home(workerUrl === undefined ? scriptUrl() : new URL(workerUrl, base).href);
  try {
    const opened: Opened = await make(home, source);
    return { network: new RemoteNetwork(home, opened), ...(opened.own && { own: opened.own }) };
  } catch (error) {
    home.close();
    throw error;
  }
}

let blobUrl: string | undefined;

/** One for the life of the page: the threads of a network are started from it later. */
function scriptUrl(): string {
  blobUrl ??= URL.createObjectURL(
    new Blob([`const KERNELS=${JSON.stringify(kernels)};`, script], { type: 'text/javascript' }),
  );
  return blobUrl;
}
