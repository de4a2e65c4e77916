// The softmax readout: a linear classifier on normalised activities, learned from its own gradient only.
//
//   logits        (L, P, S, 32)  one part for each map of activities that is read, P = ceil(C / 32) panels of classes
//   probabilities (S, C)
//   gradient      (P, S, 32)     one-hot label − probabilities, zero beyond C
//   labels        (S)            u32
//
// `begin` and `end` are rows.

import { exponential } from './math';
import { PANEL_ROW } from './simd';

/** probabilities = softmax of the logits summed over the parts. */
export function softmaxRows(
  probabilities: usize, logits: usize, begin: u32, end: u32, S: u32, L: u32, C: u32,
): void {
  const panels = (C + 31) >> 5;
  for (let row = begin; row < end; row++) {
    const p = probabilities + ((<usize>row * C) << 2);
    let largest: f32 = -Infinity;
    for (let c: u32 = 0; c < C; c++) {
      let logit: f32 = 0;
      for (let layer: u32 = 0; layer < L; layer++) {
        logit += load<f32>(logits + cell(layer * panels, row, c, S));
      }
      largest = max(largest, logit);
      store<f32>(p + ((<usize>c) << 2), logit);
    }
    let sum: f64 = 0;
    for (let c: u32 = 0; c < C; c++) {
      const power = exponential(<f64>load<f32>(p + ((<usize>c) << 2)) - largest);
      sum += power;
      store<f32>(p + ((<usize>c) << 2), <f32>power);
    }
    for (let c: u32 = 0; c < C; c++) {
      const at = p + ((<usize>c) << 2);
      store<f32>(at, <f32>(<f64>load<f32>(at) / sum));
    }
  }
}

/** gradient = one-hot label − probabilities. */
export function softmaxGradient(
  gradient: usize, probabilities: usize, labels: usize, begin: u32, end: u32, S: u32, C: u32,
): void {
  for (let row = begin; row < end; row++) {
    const label = load<u32>(labels + ((<usize>row) << 2));
    for (let c: u32 = 0; c < C; c++) {
      const p = load<f32>(probabilities + ((<usize>row * C + c) << 2));
      store<f32>(gradient + cell(0, row, c, S), (c == label ? <f32>1 : <f32>0) - p);
    }
  }
}

/** Where class `c` of a row is, its first panel being number `panel`. */
// @ts-ignore: decorator
@inline
function cell(panel: u32, row: u32, c: u32, S: u32): usize {
  return (<usize>(panel + (c >> 5)) * S + row) * PANEL_ROW + ((<usize>(c & 31)) << 2);
}
