// What this engine can run. Nothing here knows of Node, except for the one switch that Node 20 needs.

/** Which build of the kernels to run: `relaxed` fuses multiplication and addition, `simd` does not. */
export type Build = 'relaxed' | 'simd';

// (module (func (result v128) i32.const 0 i8x16.splat))
const SIMD = '0061736d010000000105016000017b030201000a080106004100fd0f0b';
// (module (func (result v128) three zero vectors, f32x4.relaxed_madd))
const RELAXED = '0061736d010000000105016000017b030201000a130111004100fd0f4100fd0f4100fd0ffd85020b';

/** Whether the engine runs the module in these pairs of hexadecimal digits. */
function validates(digits: string): boolean {
  const bytes = digits.match(/../g)!.map(pair => Number.parseInt(pair, 16));
  return WebAssembly.validate(Uint8Array.from(bytes));
}

/**
 * The fastest build that this engine runs, or undefined where it has no SIMD at all. On Node, `setFlags` (which is
 * v8.setFlagsFromString) is called first: V8 11 keeps relaxed SIMD behind a flag, and unrolls small loops so far that
 * the accumulators spill, which halves the speed of the sparse kernels. It must come before the first compilation.
 */
export function detectBuild(setFlags?: (flags: string) => void): Build | undefined {
  if (setFlags && !validates(RELAXED)) {
    setFlags('--experimental-wasm-relaxed-simd');
    setFlags('--no-wasm-loop-unrolling');
  }
  if (validates(RELAXED)) return 'relaxed';
  return validates(SIMD) ? 'simd' : undefined;
}
