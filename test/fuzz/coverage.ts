// What of the code an input has run, by the engine's own counters of blocks.

import { Session } from 'node:inspector';

/** A block of code that ran, and about how often: once, twice, some times, many. */
export type Feature = string;

export class Coverage {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** What ran since the last call, of the library and of the packages that it reads files with. */
  take(): Feature[] {
    const features: Feature[] = [];
    // Answered at once: the session is with this thread itself.
    this.#session.post('Profiler.takePreciseCoverage', (_, { result }) => {
      for (const { url, scriptId, functions } of result) {
        if (!/\/(src|demo|node_modules)\//.test(url) || /\/(tsx|esbuild|vitest)\//.test(url)) continue;
        for (const { ranges } of functions) {
          for (const { startOffset, endOffset, count } of ranges) {
            if (count > 0) features.push(`${scriptId}:${startOffset}:${endOffset}:${often(count)}`);
          }
        }
      }
    });
    return features;
  }
}

function often(count: number): number {
  return count < 4 ? count : Math.min(8, 2 + Math.floor(Math.log2(count)));
}
