// Damped states.

import type { Kernels } from '../kernels.ts';
import { PANEL } from '../panels.ts';
import { view } from './view.ts';

export function dampKernels(buffer: ArrayBufferLike): Pick<Kernels, 'dampStates'> {
  const { f32, word, cell } = view(buffer);

  return {
    dampStates(states, goodness, activity, begin, end, M, S, damping) {
      const kept = Math.fround(damping);
      for (let panel = begin; panel < end; panel++) {
        for (let row = 0; row < M; row++) {
          let squares = 0;
          for (let lane = 0; lane < PANEL; lane++) {
            const [s, y] = [states, activity].map(pointer => cell(pointer, S, panel, row, lane));
            const isOn = f32[y] > 0;
            f32[s] = kept * f32[s] + (1 - kept) * f32[y];
            f32[y] = isOn ? (1 - kept) * f32[s] : 0;
            squares += f32[s] * f32[s];
          }
          f32[word(goodness, panel * S + row)] = squares;
        }
      }
    },
  };
}
