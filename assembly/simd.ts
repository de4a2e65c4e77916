// The only lines that differ between the two builds, and the few reductions every kernel shares.
//
// About the conditions in inner loops that are always true (`if (from)`, a pointer that is never 0): inside one basic
// block, V8 11 (Node 20) issues all loads before all arithmetic, runs out of registers and spills accumulators, each to be
// stored and loaded again in every turn. A block ends the reordering; the branch is predicted and costs next to nothing.
// It doubled both products on Node 20 and cost nothing where V8 is newer; bench/kernels.ts measures them.

/** Bytes of one panel row: 32 units, eight vectors, two cache lines. */
export const PANEL_ROW: usize = 128;

/** a · b + c, fused in the relaxed build. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** The sum of the four lanes, in a fixed order. */
// @ts-ignore: decorator
@inline
export function sumLanes(a: v128): f32 {
  return (
    f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + (f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3))
  );
}

/** The sum of the squares of eight vectors, in a fixed order: the goodness of a row in a panel, the same whichever product made it. */
// @ts-ignore: decorator
@inline
export function sumSquares(
  a0: v128, a1: v128, a2: v128, a3: v128, a4: v128, a5: v128, a6: v128, a7: v128,
): f32 {
  const even = madd(a6, a6, madd(a4, a4, madd(a2, a2, f32x4.mul(a0, a0))));
  const odd = madd(a7, a7, madd(a5, a5, madd(a3, a3, f32x4.mul(a1, a1))));
  return sumLanes(f32x4.add(even, odd));
}

/** The larger of `a` and `least`, one instruction on x86; keeps NaN, so that training that diverges is seen to. */
// @ts-ignore: decorator
@inline
export function atLeast(least: v128, a: v128): v128 {
  return f32x4.pmax(a, least);
}

/** The larger of `a` and 0. */
// @ts-ignore: decorator
@inline
export function relu(a: v128): v128 {
  return atLeast(f32x4.splat(0), a);
}

/** Averages below this are set to zero, see flush. */
export const TINY: f32 = 1e-30;

/**
 * `a` with magnitudes below `tiny` (TINY in every lane) set to zero; `magnitude` masks the sign. Averages that decay
 * towards zero would otherwise end in denormals, on which x86 spends a hundred cycles an operation. Keeps NaN.
 */
// @ts-ignore: decorator
@inline
export function flush(a: v128, tiny: v128, magnitude: v128): v128 {
  return v128.andnot(a, f32x4.lt(v128.and(a, magnitude), tiny));
}
