// Where a page's workers get their script and their kernels.

import { kernels } from '../../build/page-kernels.js';
import { InputError } from '../errors.ts';
import type { KernelSource } from './messages.ts';
import type { NetworkMethods } from './page-home.ts';
import { Home } from './remote.ts';

/** Where a page gets what is embedded by default, for one whose content-security policy wants everything as files. */
export interface PageOptions {
  /**
   * The script of its workers, served from the page's origin; by default a `blob:` script. The package has it as
   * `dist/network/page-worker.js` for networks and as `dist/train/page-worker.js` for own data.
   */
  readonly workerUrl?: string | URL | undefined;
  /** The package's folder `build/`, with a slash at its end; by default the kernels are in the worker's script. */
  readonly wasmUrl?: string | URL | undefined;
  /**
   * The kernels, compiled already: `relaxed` or `simd` as in `build`, `-shared` where the page is cross-origin isolated and
   * there is more than one thread.
   */
  readonly wasmModule?: WebAssembly.Module | undefined;
}

/** A script of workers that comes with the bundle. */
export class PageScript<Methods extends NetworkMethods = NetworkMethods> {
  readonly #parts: readonly string[];
  /** One for the life of the page: the threads of a network are started from it later. */
  #blobUrl: string | undefined;

  /** `parts` end to end are the script without its kernels; its workers answer calls of `Methods`. */
  constructor(...parts: readonly string[]) {
    this.#parts = parts;
  }

  /** What `use` makes of a new worker, which is ended where that fails. */
  async start<Made>(
    { workerUrl, wasmUrl, wasmModule }: PageOptions,
    use: (home: Home<Methods>, source: KernelSource) => Promise<Made>,
  ): Promise<Made> {
    const base = globalThis.document?.baseURI ?? location.href;
    const source = {
      ...(wasmUrl !== undefined && { wasmUrl: new URL(wasmUrl, base).href }),
      ...(wasmModule && { wasmModule }),
    };
    const home = new Home<Methods>(workerUrl === undefined ? this.#url() : new URL(workerUrl, base).href);
    try {
      return await use(home, source);
    } catch (error) {
      home.close();
      throw error;
    }
  }

  #url(): string {
    this.#blobUrl ??= URL.createObjectURL(
      new Blob([`const KERNELS=${JSON.stringify(kernels)};`, ...this.#parts], { type: 'text/javascript' }),
    );
    return this.#blobUrl;
  }
}

/** The bytes of a model, to be posted: a view takes all of the memory behind it along. */
export function bytesOf(bytes: Uint8Array): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new InputError('the model: expected its bytes as a Uint8Array');
  return bytes.slice();
}
