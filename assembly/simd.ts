// The only lines that differ between the two builds, and the few reductions every kernel shares.

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

/** `a` where it is not negative, 0 elsewhere (and for NaN: comparing keeps NaN out of the units of a layer). */
// @ts-ignore: decorator
@inline
export function relu(a: v128): v128 {
  const zero = f32x4.splat(0);
  return v128.and(a, f32x4.gt(a, zero));
}

/**
 * `a` with magnitudes below 1e-30 set to zero. Averages that decay towards zero would otherwise end in denormals,
 * on which x86 spends a hundred cycles an operation.
 */
// @ts-ignore: decorator
@inline
export function flush(a: v128): v128 {
  return v128.and(a, f32x4.gt(f32x4.abs(a), f32x4.splat(1e-30)));
}
