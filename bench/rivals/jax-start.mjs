// Starts jax-js on its Wasm backend, for the rivals that are written in it.

import { setFlagsFromString } from 'node:v8';
import { installed } from './common.mjs';
import { offerWorkers } from './workers.mjs';

/** What jax-js exports, with so many threads to work in. */
export async function startJax(threads) {
  // Node 20 keeps relaxed SIMD (fused multiply-add), which jax-js would use, behind this flag.
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  // jax-js looks for web workers when it is imported, and works in the caller's thread without them.
  if (threads > 1) offerWorkers(threads);
  const jax = await installed(() => import('@jax-js/jax'), 'jax-js');
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  return jax;
}
