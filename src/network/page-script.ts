// Where a page's workers get their script and their kernels.

import { kernels } from '../../build/page-kernels.js';
import { InputError } from '../errors.ts';
import { FIRST_FORMAT } from '../files/format.ts';
import type { Address, WasmModule } from '../platform.ts';
import { comeUp } from '../threads/web.ts';
import type { KernelSource } from './messages.ts';
import type { NetworkMethods } from './page-home.ts';
import { Home } from './remote.ts';

/** Where a page gets what is embedded by default, for one whose content-security policy wants everything as files. */
export interface PageOptions {
  /**
   * The script of its workers, served from the page's origin; by default a `blob:` script. The package has it as
   * `dist/page/worker.js` for networks and as `dist/page/own-data-worker.js` for own data.
   */
  readonly workerUrl?: Address | undefined;
  /** The package's folder `build/`, with a slash at its end; by default the kernels are in the worker's script. */
  readonly wasmUrl?: Address | undefined;
  /**
   * The kernels, compiled already: `relaxed` or `simd` as in `build`, `-shared` where the page is cross-origin isolated and
   * there is more than one thread.
   */
  readonly wasmModule?: WasmModule | undefined;
}

/** A script of workers that comes with the bundle. */
export class PageScript<Methods extends NetworkMethods = NetworkMethods> {
  readonly #parts: readonly string[];
  /** Without extras and with them; each for the life of the page: the threads of a network are started from it later. */
  readonly #blobUrls: string[] = [];

  /** `parts` end to end are the script without its kernels; its workers answer calls of `Methods`. */
  constructor(...parts: readonly string[]) {
    this.#parts = parts;
  }

  /**
   * What `use` makes of a new worker, for a recipe that asks for extras or for none, and of the options that do not say where it comes from.
   * The worker is ended where that fails.
   */
  async start<Options extends PageOptions, Made>(
    options: Options,
    hasExtras: boolean,
    use: (
      home: Home<Methods>,
      source: KernelSource,
      plain: Omit<Options, keyof PageOptions>,
    ) => Promise<Made>,
  ): Promise<Made> {
    const { workerUrl, wasmUrl, wasmModule, ...plain } = options;
    if (typeof Worker === 'undefined') {
      throw new InputError(
        'no workers can be started here, as in a service worker: train in a page; forward-forward/predict and /learn work here',
      );
    }
    const base = globalThis.document?.baseURI ?? location.href;
    const source = {
      ...(wasmUrl !== undefined && { wasmUrl: new URL(wasmUrl, base).href }),
      ...(wasmModule && { wasmModule }),
    };
    // A script that is served has everything.
    const url = workerUrl === undefined ? await this.#url(hasExtras) : new URL(workerUrl, base).href;
    const home = await comeUp(
      'the worker',
      () => new Home<Methods>(url),
      // Nothing is in training, which it answers at once.
      begun => (begun as Home).call('end', []),
      begun => begun.close(),
    );
    try {
      return await use(home, source, plain);
    } catch (error) {
      home.close();
      throw error;
    }
  }

  async #url(hasExtras: boolean): Promise<string> {
    const made = this.#blobUrls[+hasExtras];
    if (made !== undefined) return made;
    const own: string[] = [`const KERNELS="${kernels}";`, ...this.#parts];
    if (hasExtras) {
      try {
        const { allKernels, extrasScript } = await import('../schedules/script.js');
        own[0] = `const KERNELS="${allKernels(kernels)}";`;
        own.push(extrasScript);
      } catch (cause) {
        throw new Error(`cannot load what the recipe needs: ${(cause as Error).message}`, { cause });
      }
    }
    this.#blobUrls[+hasExtras] ??= URL.createObjectURL(new Blob(own, { type: 'text/javascript' }));
    return this.#blobUrls[+hasExtras];
  }
}

/**
 * Whether a recipe, whatever it really is, asks for what schedules/register.ts makes known; or for layers that a worker refuses, naming all
 * kinds that there are.
 */
export function wantsExtras(recipe: unknown): boolean {
  const { layers, learning, crop, colorJitter } = Object(recipe);
  return (
    crop !== undefined ||
    colorJitter !== undefined ||
    (learning !== undefined && !['contrast', 'classes'].includes(learning?.kind)) ||
    learning?.between !== undefined ||
    learning?.negatives === 'rolled-out' ||
    (Array.isArray(layers) && layers.some(layer => typeof layer === 'object' && layer?.kind !== 'dense'))
  );
}

/** The same of the recipe in a model file, if the bytes are one. */
export function fileWantsExtras(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  const header = bytes.subarray(8, 8 + a + 256 * (b + 256 * (c + 256 * d)));
  try {
    const { format, description } = JSON.parse(new TextDecoder().decode(header)).__metadata__;
    // Recipes of the first edition say it in other words.
    return format === FIRST_FORMAT || wantsExtras(JSON.parse(description).recipe);
  } catch {
    // The worker says what is wrong with it.
    return false;
  }
}

/** The bytes of a model, to be posted: a view takes all of the memory behind it along. */
export function bytesOf(bytes: Uint8Array): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new InputError('the model: expected its bytes as a Uint8Array');
  return bytes.slice();
}
