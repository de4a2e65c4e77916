// From goodness to the rows dY = coefficient · y that every weight gradient is made of.
//
//   goodness     (P, S)      sum of squares of each row in each panel
//   totals       (G, S)      the same for each group: `panelsPerGroup` panels side by side
//   coefficients (G, S)      d objective / d goodness of each row and group; positive asks for more goodness
//   targets      (S)         the row itself, or SKIP where its coefficients are negligible
//   activity     (P, S, 32)
//
// The constant 2 of d(y²)/dy is left to the learning rate, as in Hinton's own code. `slope` is what turns a sum of
// squares into goodness: 1, −1 (to minimise it) or 1 / units (mean of squares).

import { SKIP } from './columns';
import { exponential, logistic } from './math';
import { PANEL_ROW } from './simd';

/** Below half a unit in the last place of 1, where single precision no longer sees a row beside one with coefficient 1. */
const NEGLIGIBLE: f64 = 5.9604644775390625e-8;

/** totals = goodness summed over the panels of each group; `begin` and `end` are rows. */
export function sumGoodness(
  totals: usize, goodness: usize, begin: u32, end: u32, S: u32, groups: u32, panelsPerGroup: u32,
): void {
  for (let row = begin; row < end; row++) {
    for (let group: u32 = 0; group < groups; group++) {
      let sum: f32 = 0;
      const first = group * panelsPerGroup;
      for (let panel = first; panel < first + panelsPerGroup; panel++) {
        sum += load<f32>(goodness + ((<usize>panel * S + row) << 2));
      }
      store<f32>(totals + ((<usize>group * S + row) << 2), sum);
    }
  }
}

/**
 * The paper's objective (section 2): log p for positive rows, log (1 − p) for negative ones, with
 * p = logistic((goodness − threshold) / temperature). `begin` and `end` are rows.
 */
export function logisticCoefficients(
  coefficients: usize, targets: usize, totals: usize, begin: u32, end: u32, S: u32, groups: u32,
  slope: f32, threshold: f32, temperature: f32, isPositive: u32,
): void {
  for (let row = begin; row < end; row++) {
    let target = SKIP;
    for (let group: u32 = 0; group < groups; group++) {
      const at = (<usize>group * S + row) << 2;
      const logit = (<f64>slope * load<f32>(totals + at) - threshold) / temperature;
      const share = logistic(isPositive ? -logit : logit);
      let coefficient: f64 = 0;
      if (share >= NEGLIGIBLE) {
        coefficient = (isPositive ? share : -share) * slope / temperature;
        target = row;
      }
      store<f32>(coefficients + at, <f32>coefficient);
    }
    store<u32>(targets + ((<usize>row) << 2), target);
  }
}

/**
 * An objective on pairs: the same image with its right and a wrong label, D = alpha · (positive − negative goodness).
 * SymBa (Lee and Song 2023) lowers softplus(−D); the swish form lowers −D · logistic(−D), which stops asking once D is
 * about 1.3 and then asks for a little less. Positive row r pairs with negative row r + `apart`. `begin` and `end` are positive rows.
 */
export function pairCoefficients(
  coefficients: usize, targets: usize, totals: usize, begin: u32, end: u32, S: u32, groups: u32,
  slope: f32, alpha: f32, apart: u32, isSwish: u32,
): void {
  for (let row = begin; row < end; row++) {
    let isActive = false;
    for (let group: u32 = 0; group < groups; group++) {
      const positive = (<usize>group * S + row) << 2;
      const negative = positive + ((<usize>apart) << 2);
      const u = <f64>alpha * slope * (<f64>load<f32>(totals + negative) - load<f32>(totals + positive));
      const p = logistic(u);
      const share = isSwish ? p * (1 + u * (1 - p)) : p;
      let coefficient: f64 = 0;
      if (abs(share) >= NEGLIGIBLE) {
        coefficient = share * alpha * slope;
        isActive = true;
      }
      store<f32>(coefficients + positive, <f32>coefficient);
      store<f32>(coefficients + negative, <f32>-coefficient);
    }
    store<u32>(targets + ((<usize>row) << 2), isActive ? row : SKIP);
    store<u32>(targets + ((<usize>(row + apart)) << 2), isActive ? row + apart : SKIP);
  }
}

/** activity = coefficient · activity for rows first … last − 1 that are not skipped; `begin` and `end` are panels. */
export function goodnessGradient(
  activity: usize, coefficients: usize, targets: usize,
  begin: u32, end: u32, first: u32, last: u32, S: u32, panelsPerGroup: u32,
): void {
  for (let panel = begin; panel < end; panel++) {
    const group = panel / panelsPerGroup;
    for (let row = first; row < last; row++) {
      if (load<u32>(targets + ((<usize>row) << 2)) == SKIP) continue;
      const coefficient = v128.load32_splat(coefficients + ((<usize>group * S + row) << 2));
      const y = activity + (<usize>panel * S + row) * PANEL_ROW;
      for (let part: usize = 0; part < PANEL_ROW; part += 16) {
        v128.store(y + part, f32x4.mul(coefficient, v128.load(y + part)));
      }
    }
  }
}

/**
 * Rows shared … shared + M − 1 = the gradient rows from `positive` plus those from `negative`, for inputs that both have
 * in common. `begin` and `end` are panels.
 */
export function addGradients(
  activity: usize, targets: usize, begin: u32, end: u32, M: u32, S: u32, positive: u32, negative: u32, shared: u32,
): void {
  for (let panel = begin; panel < end; panel++) {
    const y = activity + <usize>panel * S * PANEL_ROW;
    for (let row: u32 = 0; row < M; row++) {
      const isPositive = load<u32>(targets + ((<usize>(positive + row)) << 2)) != SKIP;
      const isNegative = load<u32>(targets + ((<usize>(negative + row)) << 2)) != SKIP;
      if (!isPositive && !isNegative) continue;
      const a = y + <usize>(positive + row) * PANEL_ROW;
      const b = y + <usize>(negative + row) * PANEL_ROW;
      const out = y + <usize>(shared + row) * PANEL_ROW;
      for (let part: usize = 0; part < PANEL_ROW; part += 16) {
        let sum = isPositive ? v128.load(a + part) : f32x4.splat(0);
        if (isNegative) sum = f32x4.add(sum, v128.load(b + part));
        v128.store(out + part, sum);
      }
    }
  }
}

/** targets[shared + r] = shared + r where the positive or the negative row r counts, else SKIP; `begin`, `end` are r. */
export function shareTargets(
  targets: usize, begin: u32, end: u32, positive: u32, negative: u32, shared: u32,
): void {
  for (let row = begin; row < end; row++) {
    const isSkipped =
      (load<u32>(targets + ((<usize>(positive + row)) << 2)) & load<u32>(targets + ((<usize>(negative + row)) << 2))) == SKIP;
    store<u32>(targets + ((<usize>(shared + row)) << 2), isSkipped ? SKIP : shared + row);
  }
}
