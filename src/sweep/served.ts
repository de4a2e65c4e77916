// A sweep whose trainings are done by workers anywhere, who meet at a NATS server.

import { setTimeout as pause } from 'node:timers/promises';
import type { KvEntry, KvWatchEntry } from '@nats-io/kv';
import { InputError } from '../errors.ts';
import type { SweepData } from './data.ts';
import { type Engine, type Listener, Stopped } from './engine.ts';
import { checkOutcome, namesModule, type TrialOutcome, type TrialTask } from './learn.ts';
import { checkLease, type LeaseWords } from './lease.ts';
import {
  type Bucket,
  bytesIn,
  codeOf,
  consumerOf,
  isEnded,
  keys,
  meanwhile,
  OTHERS_WROTE,
  objects,
  persist,
  persistIn,
  readEntry,
  type Server,
  SILENT,
  type SweepEntry,
  streamOf,
  subjectOf,
  subjectsOf,
  TASKS,
} from './nats.ts';
import { decodeRecord, encodeRecord, type SweepRecord } from './record.ts';

export interface ServedOptions {
  readonly server: Server;
  readonly record: SweepRecord;
  readonly data: readonly SweepData[];
  /** Who is told of what an earlier command has left. */
  readonly trouble: (text: string) => void;
}

/** Milliseconds after which what was not told is asked for, and what looked wrong is looked at again. */
const [ASK, AGAIN] = [5000, 500];
/** Milliseconds without a word of any worker after which that is told. */
const ALONE = 15_000;
/** Milliseconds without a word after which a worker counts as gone, by a clock that may be another than the server's. */
const FORGOTTEN = 60_000;
const NANOSECONDS = 1e6;

/**
 * Makes a sweep known at a server, or goes on with it. Throws an InputError where it is there with trainings that come to other bits.
 */
export async function openServed(options: ServedOptions): Promise<Engine> {
  const { server, record } = options;
  const { identity, plan } = record;
  const { name } = record.sweep;
  const needsModule = plan.candidates.some(({ recipe }) => namesModule(recipe));
  const entry = { identity, ...(needsModule && { needsModule }) };
  const bucket = await announce(options, entry);
  for (const needs of needsModule ? [false, true] : [false]) {
    await giveTo(server, consumerOf(identity, needs));
  }
  return {
    finished: await outcomesIn(bucket),
    run: (tasks, listener, signal) => new Waiting(options, bucket, tasks, listener).through(signal),
    model: trial => modelIn(bucket, trial),
    async done() {
      // Of candidates that have ended early.
      const trials = new Set(plan.trials.map(({ id }) => id));
      for (const object of (await meanwhile(() => bucket.bytes.list())) ?? []) {
        const trial = objects.trialOf(object.name);
        if (trial !== undefined && trials.has(trial)) await meanwhile(() => bucket.bytes.delete(object.name));
      }
      // Unless somebody has ended it meanwhile.
      await change(server, name, known =>
        known?.state === 'open' ? { ...known, state: 'done' } : undefined,
      );
    },
    close: () => server.connection.close(),
  };
}

/** Lets those be given tasks who ask under a name. */
async function giveTo({ manager }: Server, consumer: string, signal?: AbortSignal): Promise<void> {
  const settings = {
    durable_name: consumer,
    filter_subject: `${subjectsOf(consumer)}.>`,
    ack_policy: 'explicit',
    ack_wait: SILENT * NANOSECONDS,
    max_ack_pending: -1,
  } as const;
  await persist(() => manager.consumers.add(TASKS, settings), signal);
}

/**
 * A server that is killed just after its queue was emptied counts from the first task again, but not what it has given: tasks would be taken to be
 * given long ago. Where it has more tasks than it is going to give, it forgets what it has given; outcomes and leases know what is done.
 */
async function mend(server: Server, consumer: string, signal?: AbortSignal): Promise<void> {
  const { consumers, streams } = server.manager;
  const toGive = async () => {
    const { num_pending, num_ack_pending } = await consumers.info(TASKS, consumer);
    return num_pending + num_ack_pending;
  };
  const isBroken = () =>
    persist(async () => {
      const before = await toGive();
      const { state } = await streams.info(TASKS, { subjects_filter: `${subjectsOf(consumer)}.>` });
      const tasks = Object.values(state.subjects ?? {}).reduce((sum, count) => sum + count, 0);
      return tasks > Math.max(before, await toGive());
    }, signal);
  if (!(await isBroken())) return;
  // Of several servers, one may not know yet what another has done.
  await pause(AGAIN);
  if (!(await isBroken())) return;
  await persist(() => consumers.delete(TASKS, consumer), signal);
  await giveTo(server, consumer, signal);
}

async function announce(options: ServedOptions, entry: Omit<SweepEntry, 'state'>): Promise<Bucket> {
  const { server, record, trouble } = options;
  const { name } = record.sweep;
  // Before anything else: what is open is not removed.
  await change(server, name, before => {
    if (before?.state === 'removing') throw beingRemoved(name);
    if (before && consumerOf(before.identity, false) !== consumerOf(entry.identity, false)) {
      throw new InputError(
        `the server has a sweep ${name} of forward-forward ${before.identity.version} with ${before.identity.build} kernels: give this one another name`,
      );
    }
    return { ...entry, state: 'open' };
  });
  const bucket = await persist(() => server.createBucket(name));
  const left = await leftOut(bucket, record);
  if (left > 0) {
    trouble(
      `the server had another plan of sweep ${name}: ${left} of its trainings are not in this one, and are not counted any more`,
    );
  }
  await persist(() => bucket.bytes.putBlob({ name: objects.plan }, encodeRecord(record)));
  // Whoever was stuck is tried again: something may have been mended.
  for (const { isHeld: _, failure: __, stuck, ...words } of await leasesIn(bucket)) {
    if (stuck === undefined) continue;
    const free: LeaseWords = { ...words, stumbles: 0, isFree: true };
    await persistIn(bucket, () => bucket.values.put(keys.lease(words.trial), JSON.stringify(free)));
  }
  await offer(options);
  return bucket;
}

/** Gives a server the data that it does not have. */
async function offer({ server, data }: ServedOptions, signal?: AbortSignal): Promise<void> {
  for (const { digest, chunks } of data) {
    const info = await persist(() => server.data.info(digest), signal);
    if (info && !info.deleted) continue;
    // Once begun it is put to its end: of what was not answered for, the client has taken back the bytes, but not the name.
    await persist(() => server.data.put({ name: digest }, streamOf(chunks), { timeout: 60_000 }), signal);
  }
}

/** How many trainings the server's plan of a sweep has that its new one has not; 0 where it has none that can be read. */
async function leftOut(bucket: Bucket, { plan }: SweepRecord): Promise<number> {
  try {
    const before = await planIn(bucket);
    const ids = new Set(plan.trials.map(({ id }) => id));
    return before.plan.trials.filter(({ id }) => !ids.has(id)).length;
  } catch (error) {
    if (error instanceof InputError) return 0;
    throw error;
  }
}

/**
 * Says of a sweep what `next` makes of what is known of it, and not of what somebody says at the same moment; nothing where it gives nothing.
 * Resolves with what is said.
 */
async function change<Next extends SweepEntry | undefined>(
  server: Server,
  name: string,
  next: (known: SweepEntry | undefined) => Next,
): Promise<Next> {
  for (;;) {
    const before = await persist(() => server.sweeps.get(name));
    const entry = next(readEntry(before));
    if (entry === undefined || (await say(server, name, entry, before))) return entry;
  }
}

/** Whether it is said, since nobody has said anything after `before`. */
function say(server: Server, name: string, entry: SweepEntry, before: KvEntry | null): Promise<boolean> {
  const words = JSON.stringify(entry);
  return persist(async () => {
    try {
      if (before) await server.sweeps.update(name, words, before.revision);
      else await server.sweeps.create(name, words);
      return true;
    } catch (error) {
      if (codeOf(error) !== OTHERS_WROTE) throw error;
      // One's own words, of which the answer was lost, are as good.
      const now = await server.sweeps.get(name);
      return now?.operation === 'PUT' && now.string() === words;
    }
  });
}

/** What a server says of a sweep; undefined where it knows none of that name. */
export async function entryOf(server: Server, name: string): Promise<SweepEntry | undefined> {
  return readEntry(await persist(() => server.sweeps.get(name)));
}

function beingRemoved(name: string): InputError {
  return new InputError(`sweep ${name} is being removed: wait, or say npx ff sweep remove ${name} once more`);
}

/** All values whose keys begin with `kind`, in the order of their keys. */
async function valuesOf<T>(bucket: Bucket, kind: string, check: (entry: KvEntry) => T): Promise<T[]> {
  const names = await persistIn(bucket, async () => {
    const found: string[] = [];
    for await (const key of await bucket.values.keys(`${kind}.>`)) found.push(key);
    return found.sort();
  });
  const entries = await Promise.all(names.map(key => persistIn(bucket, () => bucket.values.get(key))));
  return entries.flatMap(entry => (entry?.operation === 'PUT' ? [check(entry)] : []));
}

/** Every outcome of a sweep that there is. */
export function outcomesIn(bucket: Bucket): Promise<TrialOutcome[]> {
  return valuesOf(bucket, 'outcome', entry => checkOutcome(entry.json()));
}

/** Of every training that is not through, what its last worker has said, and whether it has lately. */
export function leasesIn(bucket: Bucket): Promise<(LeaseWords & { readonly isHeld: boolean })[]> {
  return valuesOf(bucket, 'lease', entry => {
    const words = checkLease(entry.json());
    const isSilent = Date.now() - entry.created.getTime() > FORGOTTEN;
    return { ...words, isHeld: !words.isFree && words.stuck === undefined && !isSilent };
  });
}

/** The bytes of a training's model. */
async function modelIn(bucket: Bucket, trial: string): Promise<Uint8Array> {
  const found = await persistIn(bucket, () => bytesIn(bucket.bytes, objects.model(trial)));
  if (!found) throw new InputError(`the server has no model of training ${trial}`);
  return found;
}

/** Ends a sweep, whoever works on it: what was learned stays, and `ff sweep` goes on from there. */
export async function stopServed(server: Server, name: string): Promise<void> {
  const entry = await change(server, name, before => {
    if (!before) throw new InputError(`the server has no sweep ${name}`);
    if (before.state === 'removing') throw beingRemoved(name);
    return { ...before, state: 'stopped' };
  });
  await purge(server, name, entry);
}

async function purge(server: Server, name: string, { identity }: SweepEntry): Promise<void> {
  for (const needs of [false, true]) {
    const filter = `${subjectsOf(consumerOf(identity, needs))}.${name}.>`;
    await persist(() => server.manager.streams.purge(TASKS, { filter }));
  }
}

/**
 * Removes all that a server keeps of a sweep, and all data that no other sweep there has. Throws an InputError for one that somebody may be
 * working on; `trouble` is told where data are kept since it cannot be known whose they are.
 */
export async function removeServed(
  server: Server,
  name: string,
  trouble: (text: string) => void,
): Promise<void> {
  // From now on nobody begins it; where this command is killed, the next one goes on with what is left.
  const entry = await change(server, name, before => {
    if (!before) throw new InputError(`the server has no sweep ${name}`);
    if (before.state === 'open') {
      throw new InputError(`sweep ${name} is going on: end it first, with npx ff sweep stop ${name}`);
    }
    return { ...before, state: 'removing' };
  });
  await purge(server, name, entry);
  const bucket = await persist(() => server.openBucket(name));
  await persist(() => bucket.remove());
  await removeUnused(server, trouble);
  await persist(async () => {
    const now = await server.sweeps.get(name);
    if (!now || readEntry(now)?.state !== 'removing') return;
    await server.sweeps.delete(name, { previousSeq: now.revision });
  });
}

/** Removes the data that no sweep has. */
async function removeUnused(server: Server, trouble: (text: string) => void): Promise<void> {
  const names: string[] = [];
  for await (const name of await persist(() => server.sweeps.keys())) names.push(name);
  const used = new Set<string>();
  for (const name of names) {
    try {
      if ((await entryOf(server, name))?.state === 'removing') continue;
      const bucket = await persist(() => server.openBucket(name));
      for (const { digest } of (await planIn(bucket)).plan.trials) used.add(digest);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      trouble(`no data are removed, for those of sweep ${name} are not known: ${error.message}`);
      return;
    }
  }
  for (const { name } of await persist(() => server.data.list())) {
    if (!used.has(name)) await persist(() => server.data.delete(name));
  }
}

/** How often what was not given whole is asked for. */
const PLAN_TRIES = 3;

/** What a server knows of the plan of a sweep that it has; throws an InputError where it has none that is whole. */
export async function planIn({ sweep: name, bytes }: Bucket): Promise<SweepRecord> {
  // Somebody may be writing it.
  for (let tries = 1; ; tries++) {
    try {
      const plan = await bytesIn(bytes, objects.plan);
      if (plan) return decodeRecord(plan, `the plan of sweep ${name}`);
      throw new InputError(`the server has no plan of sweep ${name}`);
    } catch (cause) {
      if (cause instanceof InputError) throw cause;
      if (tries === PLAN_TRIES) {
        const told = (cause as Error).message;
        throw new InputError(`the server does not give the plan of sweep ${name}: ${told}`, { cause });
      }
      await pause(AGAIN);
    }
  }
}

/** Some tasks that workers have been given, until the last one is done. */
class Waiting {
  readonly #options: ServedOptions;
  readonly #bucket: Bucket;
  readonly #left: Map<string, TrialTask>;
  readonly #trials: ReadonlySet<string>;
  readonly #listener: Listener;
  readonly #outcomes: TrialOutcome[] = [];
  #heardAt = performance.now();

  constructor(options: ServedOptions, bucket: Bucket, tasks: readonly TrialTask[], listener: Listener) {
    this.#options = options;
    this.#bucket = bucket;
    this.#left = new Map(tasks.map(task => [keys.outcome(task.trial.id, task.until), task]));
    this.#trials = new Set(tasks.map(({ trial }) => trial.id));
    this.#listener = listener;
  }

  async through(signal: AbortSignal): Promise<TrialOutcome[]> {
    const { server, record } = this.#options;
    const { name } = record.sweep;
    try {
      await this.#publish(signal);
      const end = new AbortController();
      const either = AbortSignal.any([signal, end.signal]);
      const values = await persist(() => this.#bucket.values.watch({ key: '>' }), signal);
      const sweeps = await persist(() => server.sweeps.watch({ key: name }), signal);
      try {
        await Promise.race([
          this.#ask(either),
          this.#follow(values, entry => this.#take(entry)),
          this.#follow(sweeps, entry => {
            if (isEnded(entry)) throw new Stopped();
          }),
        ]);
      } finally {
        end.abort();
        values.stop();
        sweeps.stop();
      }
    } catch (error) {
      // A server that does not answer is not waited for any more.
      if (signal.aborted) throw new Stopped();
      throw error;
    }
    if (this.#left.size > 0) throw new Stopped();
    return this.#outcomes;
  }

  async #publish(signal: AbortSignal): Promise<void> {
    const { server, record } = this.#options;
    const consumers = new Set<string>();
    for (const task of this.#left.values()) {
      const { trial, until } = task;
      const consumer = consumerOf(record.identity, namesModule(trial.recipe));
      consumers.add(consumer);
      const subject = subjectOf(consumer, record.sweep.name, trial.id, until);
      await persist(async () => {
        try {
          await server.streams.publish(subject, JSON.stringify({ sweep: record.sweep.name, ...task }));
        } catch (error) {
          // It has been there since an earlier command, or since an answer that was lost.
          const isThere = codeOf(error) === NOT_STORED && /per subject/.test((error as Error).message);
          if (!isThere) throw error;
        }
      }, signal);
    }
    for (const consumer of consumers) await mend(server, consumer, signal);
  }

  /** What a server tells by itself; where it does not any more, it is asked. */
  async #follow(entries: AsyncIterable<KvWatchEntry>, each: (entry: KvWatchEntry) => void): Promise<void> {
    for await (const entry of entries) {
      each(entry);
      if (this.#left.size === 0) return;
    }
    await new Promise(() => {});
  }

  /** Asks a server that has fallen silent for what it has not told. */
  async #ask(signal: AbortSignal): Promise<void> {
    let isAlone = false;
    let offeredAt = performance.now();
    while (this.#left.size > 0) {
      await pause(ASK, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      // Somebody may have removed another sweep that had the same data.
      if (performance.now() - offeredAt > ALONE) {
        await offer(this.#options, signal);
        offeredAt = performance.now();
      }
      // What it tells by itself is not asked for.
      if (performance.now() - this.#heardAt < ASK) continue;
      for (const key of [...this.#left.keys()]) {
        const entry = await meanwhile(() => this.#bucket.values.get(key));
        if (signal.aborted) return;
        if (entry) this.#take(entry);
      }
      const isSilent = performance.now() - this.#heardAt > ALONE;
      // Somebody may have taken them out of the queue.
      if (isSilent) await this.#publish(signal);
      if (isSilent && !isAlone) {
        this.#listener.trouble(
          `no worker has said anything for ${ALONE / 1000} s: start some, on this machine or on others, with npx ff worker`,
        );
      }
      isAlone = isSilent;
    }
  }

  #take(entry: KvEntry & { readonly isUpdate?: boolean }): void {
    if (entry.operation !== 'PUT') return;
    if (entry.key.startsWith('lease.')) {
      const lease = checkLease(entry.json());
      const { trial, epoch, epochs, error, secondsLeft, worker, stuck } = lease;
      // Of an earlier plan under the same name, or of what is through by now.
      if (!this.#trials.has(trial)) return;
      if (stuck !== undefined) throw new Error(`training ${trial}: ${stuck}`);
      if (!entry.isUpdate) return;
      this.#heardAt = performance.now();
      if (error !== undefined && secondsLeft !== undefined) {
        this.#listener.told({ trial, epoch, epochs, error, secondsLeft, worker });
      }
      return;
    }
    if (!this.#left.delete(entry.key)) return;
    this.#heardAt = performance.now();
    const outcome = checkOutcome(entry.json());
    this.#outcomes.push(outcome);
    this.#listener.finished(outcome);
  }
}

/** What JetStream answers where a stream takes no message, as where it has as many of a subject as it may. */
const NOT_STORED = 10_077;
