// What every bench shares: who measured, where, on which commit, and how a result is kept.

import { fileURLToPath } from 'node:url';
import { provenance } from '../src/experiments/provenance.ts';
import { writeFileSafely } from '../src/files/write.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Results are kept for this Node under their own name, for any other under NAME-nodeN. */
const USUAL_NODE = 20;

/** Writes bench/results/NAME.json: what ran, where, and `result`. */
export async function writeResult(name: string, result: object): Promise<void> {
  const command = `npm run bench -- ${process.argv.slice(2).join(' ')}`.trim();
  const major = Number(process.versions.node.split('.')[0]);
  const file = `bench/results/${name}${major === USUAL_NODE ? '' : `-node${major}`}.json`;
  await writeFileSafely(root + file, `${JSON.stringify({ command, ...provenance(), ...result }, null, 2)}\n`);
  console.log(`wrote ${file}`);
}

/** Seconds that `work` takes. */
function time(work: () => void): number {
  const startedAt = performance.now();
  work();
  return (performance.now() - startedAt) / 1000;
}

/** Middle, least and most of the seconds that one contender took. */
interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** What of `seconds` counts. */
function spread(seconds: readonly number[]): Spread {
  return { median: median(seconds), least: Math.min(...seconds), most: Math.max(...seconds) };
}

/** Times the contenders in turns, so that whatever slows the machine slows all of them; the first rounds only warm up. */
export function alternate(contenders: readonly (() => void)[], rounds: number, warmUp = 3): Spread[] {
  const seconds: number[][] = contenders.map(() => []);
  for (let round = 0; round < warmUp + rounds; round++) {
    contenders.forEach((work, i) => {
      const taken = time(work);
      if (round >= warmUp) seconds[i].push(taken);
    });
  }
  return seconds.map(spread);
}

/** The middle one; of an even count, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
