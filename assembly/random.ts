// Random numbers that depend on (seed, stream, counter) only: order and threads cannot change them.

import { PANEL_ROW } from './simd';

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
