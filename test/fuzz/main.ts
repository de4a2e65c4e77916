// npm run fuzz: every target for ten minutes, as many at once as there are cores; npm run fuzz -- --seconds 60 csv model: those, for a minute
// each. Inputs that ran new code go to test/fuzz/corpus/TARGET, what fails to test/fuzz/failures, and the figures of each target's last run of
// ten minutes or more to bench/results/trust/fuzz.json; exit 1 where something failed.

import { fork } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { provenance } from '../../src/experiments/provenance.ts';
import { writeFileSafely } from '../../src/files/write.ts';

/** Seconds on one input after which its process hangs. */
const HANGS = 120;
/** A run that is shorter is none to tell of. */
const TOLD = 600;
const here = fileURLToPath(new URL('.', import.meta.url));
const results = fileURLToPath(new URL('../../bench/results/trust/fuzz.json', import.meta.url));

interface Told {
  readonly runs: number;
  readonly blocks: number;
  readonly kept: number;
  readonly done?: boolean;
}

interface Fuzzed extends Told {
  readonly failures: readonly string[];
}

async function fuzz(target: string, seconds: number): Promise<Fuzzed> {
  const folder = mkdtempSync(join(tmpdir(), 'ff-fuzz-'));
  const current = join(folder, 'current');
  const failed = join(here, 'failures');
  mkdirSync(failed, { recursive: true });
  const failures: string[] = [];
  let last: Told = { runs: 0, blocks: 0, kept: 0 };
  const child = fork(
    join(here, 'loop.ts'),
    [target, `${seconds}`, join(here, 'corpus', target), current, failed],
    {
      execArgv: ['--import', 'tsx', '--expose-gc', '--max-old-space-size=1024'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, TMPDIR: folder },
    },
  );
  child.on('message', (message: Told | { readonly failure: string; readonly path: string }) => {
    if ('failure' in message) {
      failures.push(message.failure);
      console.log(`${target}: ${message.failure}\n  ${message.path}`);
    } else last = message;
  });
  let isLost = false;
  const lose = (what: string) => {
    isLost = true;
    const path = join(failed, `${target}-${what.replace(/\W+/g, '-')}`);
    if (existsSync(current)) copyFileSync(current, path);
    failures.push(what);
    console.log(`${target}: ${what}\n  ${path}`);
  };
  const watch = setInterval(() => {
    const since = existsSync(current) ? Date.now() - statSync(current).mtimeMs : 0;
    if (since < 1000 * HANGS) return;
    clearInterval(watch);
    lose(`hangs for ${HANGS} s`);
    child.kill('SIGKILL');
  }, 1000);
  const code = await new Promise<number | null>(resolve => child.on('exit', resolve));
  clearInterval(watch);
  if (!last.done && !isLost) lose(`the process ended with ${code}`);
  rmSync(folder, { recursive: true });
  return { ...last, failures };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '600' } },
});
const { targets } = await import('./targets.ts');
const unknown = positionals.find(name => !Object.hasOwn(targets, name));
if (unknown !== undefined) {
  console.error(`no target is called ${unknown}: expected ${Object.keys(targets).join(', ')}`);
  process.exit(2);
}
const seconds = Number(values.seconds);
if (!(seconds > 0)) {
  console.error(`--seconds must be a number above 0, found ${values.seconds}`);
  process.exit(2);
}

/** What was found in `target`, beside what others and earlier runs have found. */
async function tell(target: string, found: Omit<Fuzzed, 'done'>): Promise<void> {
  const before = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : {};
  const content = { ...before, [target]: { ...provenance(), seconds, ...found } };
  const sorted = Object.fromEntries(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFileSafely(results, `${JSON.stringify(sorted, null, 2)}\n`);
}

const left = positionals.length > 0 ? positionals : Object.keys(targets);
let hasFailed = false;
let telling = Promise.resolve();
const fuzzThose = async () => {
  for (let target = left.shift(); target !== undefined; target = left.shift()) {
    const { done: _, ...found } = await fuzz(target, seconds);
    const { runs, blocks, kept, failures } = found;
    console.log(`${target}: ${runs} inputs, ${blocks} blocks, ${kept} kept, ${failures.length} failures`);
    hasFailed ||= failures.length > 0;
    if (seconds < TOLD) continue;
    telling = telling.then(() => tell(target, found));
    await telling;
  }
};
await Promise.all(Array.from({ length: availableParallelism() }, fuzzThose));
process.exit(hasFailed ? 1 : 0);
