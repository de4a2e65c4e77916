// From goodness to gradient rows.

import type { Kernels } from '../kernels.ts';
import { PANEL, SKIP } from '../panels.ts';
import { flush, view } from './view.ts';

const NEGLIGIBLE = 2 ** -24;

export const logistic = (x: number) => 1 / (1 + Math.exp(-x));

export function goodnessKernels(
  buffer: ArrayBufferLike,
): Pick<
  Kernels,
  | 'sumGoodness'
  | 'logisticCoefficients'
  | 'pairCoefficients'
  | 'goodnessGradient'
  | 'addGradients'
  | 'shareTargets'
  | 'updateMeans'
  | 'peerGradient'
> {
  const { f32, u32, word, cell } = view(buffer);

  return {
    sumGoodness(totals, goodness, begin, end, S, groups, panelsPerGroup) {
      for (let row = begin; row < end; row++) {
        for (let group = 0; group < groups; group++) {
          let sum = 0;
          for (let i = 0; i < panelsPerGroup; i++) {
            sum += f32[word(goodness, (group * panelsPerGroup + i) * S + row)];
          }
          f32[word(totals, group * S + row)] = sum;
        }
      }
    },

    logisticCoefficients(
      coefficients,
      targets,
      totals,
      begin,
      end,
      S,
      groups,
      slope,
      threshold,
      temperature,
      isPositive,
    ) {
      const [a, theta, t] = [slope, threshold, temperature].map(Math.fround);
      for (let row = begin; row < end; row++) {
        let target = SKIP;
        for (let group = 0; group < groups; group++) {
          const logit = (a * f32[word(totals, group * S + row)] - theta) / t;
          // d log p / d logit = 1 − p and d log (1 − p) / d logit = −p.
          const share = isPositive ? logistic(-logit) : logistic(logit);
          const isSeen = share >= NEGLIGIBLE;
          if (isSeen) target = row;
          f32[word(coefficients, group * S + row)] = isSeen ? ((isPositive ? share : -share) * a) / t : 0;
        }
        u32[word(targets, row)] = target;
      }
    },

    pairCoefficients(coefficients, targets, totals, begin, end, S, groups, slope, alpha, apart, isSwish) {
      const scale = Math.fround(alpha) * Math.fround(slope);
      for (let row = begin; row < end; row++) {
        let isActive = false;
        for (let group = 0; group < groups; group++) {
          const positive = group * S + row;
          const negative = positive + apart;
          const D = scale * (f32[word(totals, positive)] - f32[word(totals, negative)]);
          // −d softplus(−D) / dD = p and, for the swish form, d (D · p) / dD = p − D · p · (1 − p).
          const p = logistic(-D);
          const share = isSwish ? p * (1 - D * (1 - p)) : p;
          const isSeen = Math.abs(share) >= NEGLIGIBLE;
          if (isSeen) isActive = true;
          f32[word(coefficients, positive)] = isSeen ? share * scale : 0;
          f32[word(coefficients, negative)] = -f32[word(coefficients, positive)];
        }
        u32[word(targets, row)] = isActive ? row : SKIP;
        u32[word(targets, row + apart)] = isActive ? row + apart : SKIP;
      }
    },

    goodnessGradient(activity, coefficients, targets, begin, end, first, last, S, panelsPerGroup) {
      for (let panel = begin; panel < end; panel++) {
        const group = Math.floor(panel / panelsPerGroup);
        for (let row = first; row < last; row++) {
          if (u32[word(targets, row)] === SKIP) continue;
          const coefficient = f32[word(coefficients, group * S + row)];
          for (let lane = 0; lane < PANEL; lane++) f32[cell(activity, S, panel, row, lane)] *= coefficient;
        }
      }
    },

    addGradients(activity, targets, begin, end, M, S, positive, negative, shared) {
      for (let panel = begin; panel < end; panel++) {
        for (let row = 0; row < M; row++) {
          const counted = [positive + row, negative + row].filter(r => u32[word(targets, r)] !== SKIP);
          if (counted.length === 0) continue;
          for (let lane = 0; lane < PANEL; lane++) {
            const terms = counted.map(r => f32[cell(activity, S, panel, r, lane)]);
            f32[cell(activity, S, panel, shared + row, lane)] = terms.reduce((a, b) => a + b);
          }
        }
      }
    },

    shareTargets(targets, begin, end, positive, negative, shared) {
      for (let row = begin; row < end; row++) {
        const isSkipped =
          u32[word(targets, positive + row)] === SKIP && u32[word(targets, negative + row)] === SKIP;
        u32[word(targets, shared + row)] = isSkipped ? SKIP : shared + row;
      }
    },

    updateMeans(means, sums, activity, begin, end, M, S, memory) {
      const kept = Math.fround(memory);
      for (let panel = begin; panel < end; panel++) {
        let total = 0;
        for (let lane = 0; lane < PANEL; lane++) {
          let sum = 0;
          for (let row = 0; row < M; row++) sum += f32[cell(activity, S, panel, row, lane)];
          const at = word(means, panel * PANEL + lane);
          f32[at] = flush(kept * f32[at] + ((1 - kept) * sum) / M);
          total += f32[at];
        }
        f32[word(sums, panel)] = total;
      }
    },

    peerGradient(activity, means, sums, begin, end, target, S, P, units, real, strength) {
      let total = 0;
      for (let panel = 0; panel < P; panel++) total += f32[word(sums, panel)];
      for (let panel = begin; panel < end; panel++) {
        for (let lane = 0; lane < PANEL; lane++) {
          const unit = panel * PANEL + lane;
          const pull = Math.fround(strength) * (total / units - f32[word(means, unit)]);
          f32[cell(activity, S, panel, target, lane)] = unit < real ? pull : 0;
        }
      }
    },
  };
}
