// The exponential, from basic arithmetic only: engines differ in their Math.exp, and the same seed must give the same bits
// in all of them.

const LOG2E: f64 = 1.4426950408889634;
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;

/** e^x to within 2 units in the last place for |x| ≤ 700; beyond that the argument is clamped. */
// @ts-ignore: decorator
@inline
export function exponential(x: f64): f64 {
  const clamped = max<f64>(-700, min<f64>(700, x));
  const exponent = floor<f64>(clamped * LOG2E + 0.5);
  const r = clamped - exponent * LN2_HIGH - exponent * LN2_LOW;
  let sum: f64 = 1;
  for (let n: f64 = 13; n > 0; n--) sum = 1 + (r / n) * sum;
  return sum * reinterpret<f64>((<i64>exponent + 1023) << 52);
}

/** 1 / (1 + e^−x). */
// @ts-ignore: decorator
@inline
export function logistic(x: f64): f64 {
  return 1 / (1 + exponential(-x));
}
