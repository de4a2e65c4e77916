// Random numbers that depend on (seed, stream, counter) only: order and threads cannot change them.

import { PANEL_ROW } from './simd';

/** One over the standard deviation of a sum of four bytes: √(4 · (256² − 1) / 12). */
const PER_BYTES: f32 = 1 / 147.80053;

/** A permutation of 32-bit words without visible structure: xorshifts and odd multipliers, three rounds. */
// @ts-ignore: decorator
@inline
function scramble(x: u32): u32 {
  x ^= x >> 17;
  x *= 0xed5ad4bb;
  x ^= x >> 11;
  x *= 0xac4c1b51;
  x ^= x >> 15;
  x *= 0x31848bab;
  return x ^ (x >> 14);
}

// @ts-ignore: decorator
@inline
function keyOf(seed: u32, stream: u32): u32 {
  return scramble(stream + scramble(seed + 0x9e3779b9));
}

// Scrambled twice with two keys: once would make all streams windows of the same sequence.
// @ts-ignore: decorator
@inline
function bitsOf(key: u32, second: u32, counter: u32): u32 {
  return scramble(key ^ scramble(counter + second));
}

/** 32 random bits. */
export function randomBits(seed: u32, stream: u32, counter: u32): u32 {
  const key = keyOf(seed, stream);
  return bitsOf(key, scramble(key + 0x9e3779b9), counter);
}

/**
 * weights (P, K+1, 32) = normal with the given standard deviation; bias and padding are zero. A normal number is the sum
 * of twelve uniform ones less 6: no logarithm, so the bits are the same on every engine, at the price of tails that end
 * at 6 deviations. Weight (k, unit) always comes from the same counters. `begin` and `end` are panels.
 */
export function randomWeights(
  weights: usize, begin: u32, end: u32, K: u32, units: u32, seed: u32, stream: u32, deviation: f32,
): void {
  const key = keyOf(seed, stream);
  const second = scramble(key + 0x9e3779b9);
  for (let panel = begin; panel < end; panel++) {
    const w = weights + <usize>panel * (K + 1) * PANEL_ROW;
    memory.fill(w, 0, <usize>(K + 1) * PANEL_ROW);
    const real = min<u32>(32, units - panel * 32);
    for (let k: u32 = 0; k < K; k++) {
      for (let lane: u32 = 0; lane < real; lane++) {
        const counter = (k * units + panel * 32 + lane) * 6;
        let sum: u32 = 0;
        for (let part: u32 = 0; part < 6; part++) {
          const bits = bitsOf(key, second, counter + part);
          sum += (bits & 0xffff) + (bits >> 16);
        }
        // Twelve uniform numbers (u + ½) / 65536.
        const normal = (<f32>sum + 6) / 65536 - 6;
        store<f32>(w + <usize>k * PANEL_ROW + ((<usize>lane) << 2), deviation * normal);
      }
    }
  }
}

/**
 * weights (P, K+1, 32) += scale · normal noise of deviation 1, row K, the bias, only `withBias`; the padding stays as it is.
 * A normal number is the sum of the four bytes of one word, less its mean: a quarter of the work of randomWeights, with
 * tails that end at 3.45 deviations. The word of weight (k, unit) is always the same. `begin` and `end` are panels.
 */
export function perturbWeights(
  weights: usize, begin: u32, end: u32, K: u32, units: u32, seed: u32, stream: u32, scale: f32, withBias: u32,
): void {
  const key = keyOf(seed, stream);
  const keys = i32x4.splat(key), seconds = i32x4.splat(scramble(key + 0x9e3779b9));
  const scales = f32x4.splat(scale * PER_BYTES), mean = f32x4.splat(510);
  const pairs = i32x4.splat(0x00ff00ff);
  for (let panel = begin; panel < end; panel++) {
    const real = i32x4.splat(min<u32>(32, units - panel * 32));
    let w = weights + <usize>panel * (K + 1) * PANEL_ROW;
    for (let k: u32 = 0; k < K + withBias; k++) {
      for (let lane: u32 = 0; lane < 32; lane += 4, w += 16) {
        const lanes = i32x4.add(i32x4.splat(lane), i32x4(0, 1, 2, 3));
        const counters = i32x4.add(i32x4.splat(k * units + panel * 32), lanes);
        const bits = scrambleFour(v128.xor(keys, scrambleFour(i32x4.add(counters, seconds))));
        // Bytes 0 and 2 and bytes 1 and 3 in halves of a word, then the halves.
        const two = i32x4.add(v128.and(bits, pairs), v128.and(i32x4.shr_u(bits, 8), pairs));
        const sum = i32x4.add(v128.and(two, i32x4.splat(0xffff)), i32x4.shr_u(two, 16));
        const normal = v128.and(f32x4.sub(f32x4.convert_i32x4_s(sum), mean), i32x4.lt_u(lanes, real));
        // Two roundings in both builds, so that noise is the same in both.
        v128.store(w, f32x4.add(v128.load(w), f32x4.mul(scales, normal)));
      }
    }
  }
}

/**
 * Sets units of activity (P, S·Q, 32) to zero at random, images `begin` to `end`, and multiplies the others with `scale`. Image i draws from
 * stream `stream` + `apart` · i, from `counter` on: sixteen bits a unit, which is left where they are at least `least`.
 */
export function dropUnits(
  activity: usize, begin: u32, end: u32, P: u32, Q: u32, S: u32, seed: u32, stream: u32, apart: u32, counter: u32,
  least: u32, scale: f32,
): void {
  const scales = f32x4.splat(scale), leasts = i32x4.splat(least), low = i32x4.splat(0xffff);
  for (let image = begin; image < end; image++) {
    const key = keyOf(seed, stream + apart * image);
    const keys = i32x4.splat(key);
    let counters = i32x4.add(i32x4.splat(scramble(key + 0x9e3779b9) + counter), i32x4(0, 1, 2, 3));
    for (let panel: u32 = 0; panel < P; panel++) {
      const first = activity + (<usize>panel * S + image) * Q * PANEL_ROW;
      for (let y = first; y < first + <usize>Q * PANEL_ROW; y += PANEL_ROW) {
        for (let part: usize = 0; part < 64; part += 16) {
          const bits = scrambleFour(v128.xor(keys, scrambleFour(counters)));
          counters = i32x4.add(counters, i32x4.splat(4));
          const left = v128.and(f32x4.mul(scales, v128.load(y + part)), i32x4.ge_u(v128.and(bits, low), leasts));
          const right = v128.and(f32x4.mul(scales, v128.load(y + part, 64)), i32x4.ge_u(i32x4.shr_u(bits, 16), leasts));
          v128.store(y + part, left);
          v128.store(y + part, right, 64);
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function scrambleFour(x: v128): v128 {
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 17)), i32x4.splat(0xed5ad4bb));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 11)), i32x4.splat(0xac4c1b51));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(0x31848bab));
  return v128.xor(x, i32x4.shr_u(x, 14));
}
