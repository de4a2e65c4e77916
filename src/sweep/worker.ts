// A worker: takes trainings of any sweep from a NATS server, some at a time, and gives back what they come to.

import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer, JsMsg } from '@nats-io/jetstream';
import type { KvEntry } from '@nats-io/kv';
import { InputError, refuse } from '../errors.ts';
import { readBytes } from '../files/read.ts';
import { WriteError, writeFileSafely } from '../files/write.ts';
import { checkRecipe } from '../recipes/check.ts';
import { object, oneOf, type Schema, text, union, whole } from '../schema.ts';
import type { ChildSettings, PackedSource } from './child.ts';
import { digestOfBytes } from './digest.ts';
import { differenceOf, type Identity } from './identity.ts';
import {
  isThrough,
  type Keeping,
  namesModule,
  type Told,
  type TrialOutcome,
  type TrialTask,
} from './learn.ts';
import { LearningFailed, LearningProcess, ProcessEnded } from './learning-process.ts';
import { Lease, Superseded } from './lease.ts';
import {
  type Bucket,
  bytesIn,
  codeOf,
  consumerOf,
  isEnded,
  isPassing,
  keys,
  meanwhile,
  NO_CONSUMER,
  OTHERS_WROTE,
  objects,
  persist,
  persistIn,
  Removed,
  readEntry,
  type Server,
  SILENT,
  type SweepEntry,
  streamOf,
  TASKS,
} from './nats.ts';
import { sweepName } from './spec.ts';

/** Who is told of what a worker does. */
export interface WorkerListener {
  /** `isFurther` where another worker has begun it. */
  readonly begun: (sweep: string, trial: string, isFurther: boolean) => void;
  readonly told: (sweep: string, told: Told) => void;
  readonly finished: (sweep: string, outcome: TrialOutcome) => void;
  readonly trouble: (text: string) => void;
}

/** Milliseconds that a worker waits for a task before it looks again whether it is to end. */
const WAIT = 1000;
/** Milliseconds for which a worker stays with tasks of one kind, as long as there are any. */
const TURN = 60_000;
/** Milliseconds after which a worker looks again which sweeps there are that are not for it. */
const LOOK_EVERY = 20_000;
/** A training with which so many workers have fallen silent or failed, one after the other, is taken by none. */
const MOST_STUMBLES = 20;

/**
 * Milliseconds after which a worker says how far it is: as seldom as takes a fiftieth of the time, where many share a processor. Its task it
 * holds by other words.
 */
function renewalPause(took: number): number {
  return Math.min(SILENT, Math.max(SILENT / 4, 50 * took));
}

const trialId: Schema<string> = (value, path) =>
  /^[0-9a-f]{16}$/.test(`${value}`) ? `${value}` : refuse(path, 'the number of a training', value);

const task = object({
  sweep: sweepName,
  trial: object({
    id: trialId,
    candidate: whole(0),
    recipe: checkRecipe,
    seed: whole(0),
    build: oneOf('relaxed', 'simd'),
    digest: text,
    heldOut: union({
      last: object({ kind: oneOf('last'), count: whole(1) }),
      fold: object({ kind: oneOf('fold'), fold: whole(0), of: whole(2) }),
    }),
  }),
  until: whole(1),
});

/** Who does one training at a time. */
interface Hand {
  readonly learner: LearningProcess;
  /** What others know it by: another one where its process has ended. */
  holder: string;
}

export class Worker {
  readonly #server: Server;
  readonly #identities: readonly Identity[];
  readonly #settings: ChildSettings;
  readonly #listener: WorkerListener;
  /** Data that are on their way, by their digests. */
  readonly #fetching = new Map<string, Promise<PackedSource>>();
  readonly #told = new Set<string>();
  #lookAt = 0;
  /** Milliseconds that it took the last time to say how far a training is. */
  #renewal = 0;
  /** What the server was asked for before, by name. */
  readonly #consumers = new Map<string, Consumer>();
  readonly #buckets = new Map<string, Bucket>();

  /** Takes trainings that come to the bits of one of `identities`. */
  constructor(
    server: Server,
    identities: readonly Identity[],
    settings: ChildSettings,
    listener: WorkerListener,
  ) {
    this.#server = server;
    this.#identities = identities;
    this.#settings = settings;
    this.#listener = listener;
  }

  /** Does so many trainings at a time, each in a process of its own, until the signal ends it. */
  async work(count: number, signal: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    // One for each process, and there may be many.
    setMaxListeners(0, either);
    const all = Array.from({ length: count }, async () => {
      const hand = { learner: new LearningProcess(this.#settings), holder: randomUUID() };
      try {
        await this.#workBy(hand, either);
      } finally {
        failed.abort();
        hand.learner.close();
      }
    });
    // What ends one ends all, and nobody is to find the connection closed while there is something to be said.
    for (const ended of await Promise.allSettled(all)) if (ended.status === 'rejected') throw ended.reason;
  }

  async #workBy(hand: Hand, signal: AbortSignal): Promise<void> {
    const { allowModule } = this.#settings;
    const consumers = this.#identities.flatMap(identity =>
      (allowModule ? [false, true] : [false]).map(needsModule => consumerOf(identity, needsModule)),
    );
    while (!signal.aborted) {
      try {
        await unlessEnded(this.#tellOthers(), signal);
        for (const consumer of consumers) {
          const until = performance.now() + TURN;
          while ((await this.#take(consumer, hand, signal)) && performance.now() < until);
        }
      } catch (error) {
        // A server that is gone comes back.
        if (!isPassing(error)) throw error;
        await pause(WAIT);
      }
    }
  }

  /** Does one task, if there is one; whether there was. */
  async #take(name: string, hand: Hand, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    try {
      const consumer = this.#consumers.get(name) ?? (await this.#server.streams.consumers.get(TASKS, name));
      this.#consumers.set(name, consumer);
      const next = consumer.next({ expires: WAIT });
      const message = await unlessEnded(next, signal);
      if (message === undefined) {
        next.then(late => late?.nak()).catch(() => {});
        return false;
      }
      if (message) await this.#do(message, hand, signal);
      return message !== null;
    } catch (error) {
      this.#consumers.delete(name);
      // Without a sweep for such workers there is nobody who gives tasks.
      if (codeOf(error) !== NO_CONSUMER) throw error;
      await pause(WAIT / 2);
      return false;
    }
  }

  /** Says, once of each, which open sweeps are for other workers. */
  async #tellOthers(): Promise<void> {
    if (performance.now() < this.#lookAt) return;
    this.#lookAt = performance.now() + LOOK_EVERY;
    const { sweeps } = this.#server;
    for await (const name of await sweeps.keys()) {
      if (this.#told.has(name)) continue;
      const entry = this.#read(name, await sweeps.get(name));
      if (entry?.state !== 'open') continue;
      const { identity, needsModule } = entry;
      const nearest = this.#identities.find(own => own.build === identity.build) ?? this.#identities[0];
      const difference = differenceOf(nearest, identity);
      const isForbidden = needsModule && !this.#settings.allowModule;
      if (difference === undefined && !isForbidden) continue;
      this.#told.add(name);
      this.#listener.trouble(
        `takes nothing of sweep ${name}: ${difference ?? 'its recipes name code to be run, which ff worker --allow-module does'}`,
      );
    }
  }

  /** What stands there of a sweep; undefined where nothing does, and where this version cannot read it, which is told. */
  #read(sweep: string, entry: KvEntry | null): SweepEntry | undefined {
    try {
      return readEntry(entry);
    } catch (error) {
      this.#told.add(sweep);
      this.#listener.trouble(
        `takes nothing of sweep ${sweep}, which another version has begun: ${(error as Error).message}`,
      );
      return undefined;
    }
  }

  async #do(message: JsMsg, hand: Hand, signal: AbortSignal): Promise<void> {
    // Silence gives the task to another worker.
    const timer = setInterval(() => {
      if (!hand.learner.hangs && !this.#server.connection.isClosed()) message.working();
    }, SILENT / 3);
    let lease: Lease | undefined;
    let which = 'a training';
    try {
      const { sweep, ...given } = checkTask(message);
      const { recipe, id } = given.trial;
      which = `training ${id} of ${sweep}`;
      if (namesModule(recipe) && !this.#settings.allowModule) {
        throw new InputError(`a task that names code to be run, ${id} of ${sweep}, where nobody allows it`, {
          cause: message,
        });
      }
      // Left in the queue by a command that did not know yet.
      if (isEnded(await persist(() => this.#server.sweeps.get(sweep), signal))) {
        message.term();
        return;
      }
      const bucket = this.#buckets.get(sweep) ?? (await this.#server.openBucket(sweep));
      this.#buckets.set(sweep, bucket);
      if (await persistIn(bucket, () => bucket.values.get(keys.outcome(id, given.until)), signal)) {
        message.ack();
        return;
      }
      const worker = `${hostname()}:${process.pid}`;
      const own = { trial: id, epochs: recipe.epochs, worker, holder: hand.holder };
      lease = await Lease.take(bucket, own, signal);
      if (lease.stumbles > MOST_STUMBLES) {
        await lease.stick(
          `${lease.stumbles} times, one after the other, its process has ended or it has failed, without coming any further: ${lease.failure ?? 'give workers more memory, or take a smaller recipe'}`,
        );
        message.term();
      } else if (await this.#train(given, bucket, lease, hand, signal)) {
        message.ack();
      } else {
        await lease.release();
        if (signal.aborted) message.nak();
        else message.term();
      }
    } catch (error) {
      this.#buckets.clear();
      if (error instanceof Superseded || error instanceof Removed) {
        this.#listener.trouble(error.message);
        return;
      }
      if (error instanceof InputError && error.cause === message) {
        message.term();
        this.#listener.trouble(error.message);
        return;
      }
      if (error instanceof ProcessEnded || error instanceof LearningFailed) {
        if (error instanceof LearningFailed) await lease?.fail(error.message).catch(() => {});
        // Whoever takes it next, be it this hand, knows by that how often that was.
        hand.holder = randomUUID();
      }
      // Whatever else it was, this worker is still there.
      else await lease?.release().catch(() => {});
      if (this.#server.connection.isClosed()) return;
      message.nak(5000);
      if (!isPassing(error)) this.#listener.trouble(`gives ${which} back: ${(error as Error).message}`);
    } finally {
      clearInterval(timer);
    }
  }

  /** Whether it is done; otherwise the signal has ended it, or the sweep is ended. */
  async #train(
    given: TrialTask,
    bucket: Bucket,
    lease: Lease,
    { learner, holder }: Hand,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { id } = given.trial;
    const { sweep, bytes } = bucket;
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    /** What has ended it before its time. */
    let ended: unknown;
    const renew = async () => {
      await lease.renew();
      const entry = await meanwhile(() => this.#server.sweeps.get(sweep));
      if (entry !== undefined && isEnded(entry)) stop.abort();
    };
    const over = new AbortController();
    this.#repeat(renew, over.signal).catch(error => {
      ended ??= error;
      stop.abort();
    });
    try {
      const { checkpoint: from } = lease;
      const checkpoint =
        from === undefined ? undefined : await persistIn(bucket, () => bytesIn(bytes, from), either);
      this.#listener.begun(sweep, id, checkpoint !== undefined);
      const keeping: Keeping = {
        checkpoint,
        keep: async (chunks, epoch, isNeeded) => {
          // Under a name of its own: who takes the training over may be reading the last one.
          const name = objects.checkpoint(id, epoch, holder);
          const put = () => bytes.put({ name }, streamOf(chunks));
          const isKept = isNeeded ? await persistIn(bucket, put, signal) : await meanwhile(put);
          if (!isKept) return false;
          const before = await lease.keep(name);
          if (before !== undefined && before !== name) await meanwhile(() => bytes.delete(before));
          return true;
        },
        tell: told => {
          this.#listener.told(sweep, told);
          lease.tell(told);
          if (ended) throw ended;
        },
        signal: either,
      };
      // For all who wait for them, of whom this training may end.
      const dataOf = (digest: string) => this.#dataOf(digest, signal);
      const learned = await learner.learn(given, dataOf, keeping).catch(error => {
        // A process that hangs is killed where another worker has taken over.
        throw ended ?? error;
      });
      if (ended) throw ended;
      if (!learned) return false;
      const { outcome, model } = learned;
      await lease.confirm();
      if (model) {
        await persistIn(bucket, () => bytes.putBlob({ name: objects.model(id) }, model), signal);
      }
      over.abort();
      await this.#finish(bucket, outcome, lease, signal);
      return true;
    } finally {
      over.abort();
    }
  }

  /** Does `renew` again and again until the signal ends that, or it fails. */
  async #repeat(renew: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(renewalPause(this.#renewal), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      const startedAt = performance.now();
      await renew();
      this.#renewal = performance.now() - startedAt;
    }
  }

  async #finish(bucket: Bucket, outcome: TrialOutcome, lease: Lease, signal: AbortSignal): Promise<void> {
    const { trial, until } = outcome;
    // What comes of comparing may be gone on with as soon as the outcome is there.
    if (!isThrough(outcome)) await lease.release();
    const put = async () => {
      try {
        await bucket.values.create(keys.outcome(trial, until), JSON.stringify(outcome));
      } catch (error) {
        // It is there since another worker has ended it, to the same bits, or since an answer that was lost.
        if (codeOf(error) !== OTHERS_WROTE) throw error;
      }
    };
    await persistIn(bucket, put, signal);
    if (isThrough(outcome)) {
      const { checkpoint } = lease;
      await lease.end();
      if (checkpoint !== undefined) await meanwhile(() => bucket.bytes.delete(checkpoint));
    }
    this.#listener.finished(bucket.sweep, outcome);
  }

  #dataOf(digest: string, signal: AbortSignal): Promise<PackedSource> {
    const before = this.#fetching.get(digest);
    if (before) return before;
    const fetched = this.#fetch(digest, signal).finally(() => this.#fetching.delete(digest));
    this.#fetching.set(digest, fetched);
    return fetched;
  }

  /** Data by their digest: kept by an earlier worker, or fetched once and kept. */
  async #fetch(digest: string, signal: AbortSignal): Promise<PackedSource> {
    const path = join(cacheFolder(), `${digest}.safetensors`);
    const kept = await readBytes(path).catch(() => undefined);
    if (kept && digestOfBytes([kept]) === digest) return path;
    const bytes = await persist(() => bytesIn(this.#server.data, digest), signal);
    if (!bytes || digestOfBytes([bytes]) !== digest) {
      throw new InputError(
        `the server does not have the data ${digest.slice(0, 16)}, or not whole: begin the sweep again`,
      );
    }
    try {
      await writeFileSafely(path, bytes);
      return path;
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
      this.#listener.trouble(`${error.message}; the data are fetched again next time`);
      return bytes;
    }
  }
}

/** What `work` comes to; undefined once the signal comes, since a server that is gone may never answer. */
function unlessEnded<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const end = () => resolve(undefined);
    signal.addEventListener('abort', end);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

function checkTask(message: JsMsg): TrialTask & { readonly sweep: string } {
  try {
    return task(message.json(), '');
  } catch (error) {
    throw new InputError(`a task that makes no sense, ${message.subject}: ${(error as Error).message}`, {
      cause: message,
    });
  }
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'forward-forward');
}
