// Where the kernels of a predictor or a learner come from.

import { InputError } from '../errors.ts';
import { fuse, unpackBytes } from '../kernels/embedded.ts';
import { type Build, detectBuild } from '../kernels/features.ts';
import type { Address, WasmModule } from '../platform.ts';

/** Where the kernels come from; by default they are part of the code. */
export interface KernelOptions {
  /** Compiled already, for places that do not let code be compiled as it runs. */
  readonly wasmModule?: WasmModule;
  /** The package's folder `build/`, with a slash at its end, for pages whose content-security policy wants files. */
  readonly wasmUrl?: Address;
}

/**
 * The kernels in the fastest build that the engine runs. `embedded` is the module that the code carries, and `prefix` what a build's
 * file is called before its name. Throws an InputError where the engine has no SIMD or the file cannot be fetched.
 */
export async function compile(
  { wasmModule, wasmUrl }: KernelOptions,
  embedded: string,
  prefix: string,
): Promise<{ module: WebAssembly.Module; build: Build }> {
  const build = detectBuild();
  if (!build) throw new InputError('this engine has no WebAssembly SIMD: use a newer one');
  if (wasmModule) return { module: wasmModule, build };
  if (wasmUrl === undefined) {
    const bytes = unpackBytes(embedded);
    if (build === 'relaxed') fuse(bytes);
    return { module: await WebAssembly.compile(bytes), build };
  }
  const url = new URL(`${prefix}${build}.wasm`, wasmUrl);
  const response = await fetch(url).catch((error: Error) => error);
  if (response instanceof Error || !response.ok) {
    const found = response instanceof Error ? response.message : `status ${response.status}`;
    throw new InputError(
      `cannot fetch the kernels from ${url}: ${found}; wasmUrl is the folder, with a slash at its end`,
    );
  }
  return { module: await WebAssembly.compile(await response.arrayBuffer()), build };
}
