// Every way in which a thread can fail × every call that threads work for × each thread × earlier and later: whether who asked is told why and
// within 5 s, no thread stays, the process lives, every call says so from then on, and the next network works.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetwork, type Network, recipes } from '../../src/index.ts';
import type { Contrast, Recipe } from '../../src/recipes/recipe.ts';
import { prototypes, withLabelRoom } from '../../test/support/data.ts';
import { faults, faultsOfLoading, recipeWithModule, threadsOfProcess } from '../../test/support/faults.ts';
import { writeResult } from '../harness.ts';

const THREADS = 3;
const [inputs, classes] = [80, 5];
const options = { inputs, classes, threads: THREADS };
const data = withLabelRoom(prototypes(400, inputs, classes, 1));
const example = data.inputs.subarray(0, inputs);
const recipe: Recipe & { readonly learning: Contrast } = {
  ...recipes.quick,
  layers: [64, 64],
  batch: 20,
  epochs: 3,
  shift: 0,
};

const calls: Record<string, (network: Network) => Promise<unknown>> = {
  async fit(network) {
    for await (const _event of network.fit(data));
  },
  evaluate: network => network.evaluate(data),
  probabilities: network => network.probabilities(data),
  predict: network => network.predict(example),
};
/** Rows that the thread has seen when it fails. */
const times = { 'in its first row': 0, later: 100 };
interface Where {
  readonly fault: string;
  readonly call: string;
  readonly thread: number;
  readonly time: string;
}

interface Told extends Where {
  /** Milliseconds until it was told; absent where the thread has no row in that call. */
  readonly milliseconds?: number;
  /** What was not as promised. */
  readonly wrong: readonly string[];
}

interface Failure {
  readonly error: Error;
  readonly milliseconds: number;
}

/** The error of a promise, and how long it took; undefined where there is none. */
async function failureOf(work: Promise<unknown>): Promise<Failure | undefined> {
  const startedAt = performance.now();
  return work.then(
    () => undefined,
    error => ({ error, milliseconds: performance.now() - startedAt }),
  );
}

/** What a call is given to work with: each fault, in each call, early and late. */
function* cases() {
  for (const [fault, code, reason] of faults) {
    for (const [call, ask] of Object.entries(calls)) {
      for (const [time, rows] of Object.entries(times)) {
        // One example has no later.
        if (call !== 'predict' || rows === 0) yield { fault, code, reason, call, ask, time, rows };
      }
    }
  }
}

/** What is wrong with how `failure` was told. */
function wrongIn({ error, milliseconds }: Failure, reason: RegExp): string[] {
  const wrong: string[] = [];
  if (!reason.test(error.message)) wrong.push(`said: ${error.message}`);
  if (milliseconds > 5000) wrong.push('told after 5 s');
  return wrong;
}

/** What is wrong with how a network goes on that has failed. */
async function wrongAfter(network: Network): Promise<string[]> {
  const wrong: string[] = [];
  for (const again of Object.values(calls)) {
    const said = (await failureOf(again(network)))?.error.message ?? 'an answer';
    if (!/^the network cannot be used any more/.test(said)) wrong.push(`afterwards: ${said}`);
  }
  return wrong;
}

export async function run(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ff-faults-'));
  const told: Told[] = [];
  let escaped = 0;
  process.on('uncaughtException', () => escaped++);
  const before = await threadsOfProcess();
  const tell = async (what: Where, failure: Failure | undefined, wrong: string[]) => {
    const left = (await threadsOfProcess()) - before;
    if (left > 0) wrong.push(`${left} threads are left`);
    const next = await createNetwork(recipe, options);
    if (await failureOf(next.evaluate(data))) wrong.push('the next network does not work');
    await next.close();
    const { milliseconds } = failure ?? {};
    told.push({ ...what, ...(milliseconds !== undefined && { milliseconds }), wrong });
    const after = milliseconds === undefined ? 'nothing was told' : `${milliseconds.toFixed(0)} ms`;
    console.log([...Object.values(what), after, ...wrong].join(', '));
  };
  /** The head of a module in which `number` is that of the thread, in the order in which they load it, from 1; 0 for who makes the network. */
  let counters = 0;
  const numbered = (): string => {
    const path = join(folder, `loaded-${counters++}`);
    writeFileSync(path, '');
    return `import { appendFileSync, statSync } from 'node:fs';
      if (!isMainThread) appendFileSync(${JSON.stringify(path)}, 'x');
      const number = isMainThread ? 0 : statSync(${JSON.stringify(path)}).size;`;
  };
  try {
    for (const { fault, code, reason, call, ask, time, rows } of cases()) {
      let untold = 0;
      for (let thread = 1; thread <= THREADS; thread++) {
        const where = `if (number === ${thread} && rows > ${rows}) { ${code} }`;
        const made = await recipeWithModule(folder, recipe, where, numbered());
        const network = await createNetwork(made, options);
        const failure = await failureOf(ask(network));
        const wrong = failure ? [...wrongIn(failure, reason), ...(await wrongAfter(network))] : [];
        // One example is the work of some threads only.
        if (!failure && (call !== 'predict' || ++untold === THREADS)) wrong.push('nobody was told');
        await network.close();
        await tell({ fault, call, thread, time }, failure, wrong);
      }
    }
    for (const [fault, code, reason] of faultsOfLoading(THREADS)) {
      for (let thread = 1; thread <= THREADS; thread++) {
        const first = `${numbered()}\nif (number === ${thread}) { ${code} }`;
        const made = await recipeWithModule(folder, recipe, '', first);
        const failure = await failureOf(createNetwork(made, options));
        const wrong = failure ? wrongIn(failure, reason) : ['nobody was told'];
        await tell({ fault, call: 'createNetwork', thread, time: 'while it is loaded' }, failure, wrong);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const wrong = told.filter(one => one.wrong.length > 0);
  if (wrong.length > 0 || escaped > 0) process.exitCode = 1;
  const counts = { cases: told.length, wrong: wrong.length, escaped };
  const slowest = Math.max(...told.map(({ milliseconds = 0 }) => milliseconds));
  console.log(
    `${told.length} cases, ${wrong.length} not as promised, the slowest told after ${slowest.toFixed(0)} ms, ${escaped} errors that reached nobody`,
  );
  await writeResult('trust/faults', { threads: THREADS, ...counts, slowestMilliseconds: slowest, told });
}
