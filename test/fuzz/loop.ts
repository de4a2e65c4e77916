// The process that fuzzes one target: an input that runs code no other has run is kept, and others are made of it. What it works on is in
// a file at any time, for who finds it dead or hanging.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generator } from '../support/data.ts';
import { Coverage, type Feature } from './coverage.ts';
import { mutated } from './mutation.ts';
import { faultOf, targets } from './targets.ts';

/** An input that takes longer, in ms, or leaves the process with more, in bytes, is a fault. */
const SLOW = 5000;
const MUCH = 1.5 * 2 ** 30;
/** Inputs that are kept in the end, of those that together run all that was run. */
const MOST_KEPT = 30;

interface Kept {
  readonly bytes: Uint8Array;
  readonly features: readonly Feature[];
}

const [name, seconds, corpus, current, failures] = process.argv.slice(2);
const target = targets[name];
// Other inputs each time: those that fail are kept.
const random = generator(Date.now());
const coverage = new Coverage();
const known = new Set<Feature>();
let kept: Kept[] = [];
const faults = new Set<string>();
let runs = 0;

function fileName(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

function fail(bytes: Uint8Array, what: string): void {
  // One of a kind: by what it says, numbers aside, and where.
  const kind = what.split('\n').slice(0, 3).join('\n').replace(/\d+/g, '#');
  if (faults.has(kind)) return;
  faults.add(kind);
  const path = join(failures, `${name}-${fileName(bytes)}`);
  writeFileSync(path, bytes);
  process.send?.({ failure: what, path });
}

async function attempt(bytes: Uint8Array): Promise<void> {
  writeFileSync(current, bytes);
  runs++;
  // Of this process alone: others take as long as they like.
  const before = process.cpuUsage();
  const fault = await faultOf(target, bytes);
  const { user, system } = process.cpuUsage(before);
  const taken = (user + system) / 1000;
  const features = coverage.take();
  if (fault !== undefined) fail(bytes, fault instanceof Error ? `${fault.stack}` : String(fault));
  if (taken > SLOW) fail(bytes, `took ${(taken / 1000).toFixed(1)} s`);
  if (process.memoryUsage.rss() > MUCH) {
    globalThis.gc?.();
    const resident = process.memoryUsage.rss();
    if (resident > MUCH) fail(bytes, `left ${(resident / 2 ** 20).toFixed(0)} MiB resident`);
  }
  if (features.every(feature => known.has(feature))) return;
  for (const feature of features) known.add(feature);
  kept.push({ bytes, features });
}

/** Of those kept the fewest, and short ones, that run everything. */
function fewest(): Kept[] {
  const missing = new Set(known);
  const chosen: Kept[] = [];
  const left = [...kept].sort((a, b) => a.bytes.length - b.bytes.length);
  while (missing.size > 0 && chosen.length < MOST_KEPT) {
    const gains = left.map(({ features }) => features.filter(feature => missing.has(feature)).length);
    const best = gains.indexOf(Math.max(...gains));
    if (best < 0 || gains[best] === 0) break;
    for (const feature of left[best].features) missing.delete(feature);
    chosen.push(...left.splice(best, 1));
  }
  return chosen;
}

mkdirSync(corpus, { recursive: true });
const words = new Set<string>();
const before = readdirSync(corpus).map(file => readFileSync(join(corpus, file)));
const seeds = await target.seeds();
for (const bytes of [...seeds, ...before]) {
  await attempt(bytes);
  const found =
    Buffer.from(bytes)
      .toString('latin1')
      .match(/[\w@#.'"-]{2,24}/g) ?? [];
  for (const word of found) words.add(word);
}
if (kept.length === 0) kept.push({ bytes: seeds[0], features: [] });
const until = performance.now() + 1000 * Number(seconds);
let told = performance.now();
while (performance.now() < until) {
  const others = kept.map(({ bytes }) => bytes);
  // Those found last twice as often.
  const share = random() < 0.5 ? random() : 1 - random() ** 2;
  const { bytes } = kept[Math.min(kept.length - 1, Math.floor(share * kept.length))];
  await attempt(mutated(bytes, { random, others, words: [...words] }));
  if (performance.now() - told > 1000) {
    told = performance.now();
    process.send?.({ runs, blocks: known.size, kept: kept.length });
  }
}
// Not an input that takes long any more.
writeFileSync(current, '');
kept = fewest();
const made = `${corpus}.new`;
mkdirSync(made, { recursive: true });
const isSeed = new Set(seeds.map(fileName));
for (const { bytes } of kept) {
  if (!isSeed.has(fileName(bytes))) writeFileSync(join(made, fileName(bytes)), bytes);
}
rmSync(corpus, { recursive: true });
renameSync(made, corpus);
process.send?.({ runs, blocks: known.size, kept: kept.length, done: true }, () => process.exit());
