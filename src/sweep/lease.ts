// A training as one worker of a server has it. Whoever has it writes how far it is under the training's key, always behind its own last word; whoever
// takes it over writes there, too, and so the first finds out.

import type { KvEntry } from '@nats-io/kv';
import { atLeast0, type Infer, object, optional, text, whole, yes } from '../schema.ts';
import type { Told } from './learn.ts';
import { type Bucket, codeOf, keys, meanwhile, OTHERS_WROTE, persistIn, SILENT } from './nats.ts';

const words = object({
  trial: text,
  /** Epochs that are learned. */
  epoch: whole(0),
  /** The most that ever were; what was learned since the checkpoint is learned again. */
  furthest: optional(whole(0)),
  epochs: whole(1),
  error: optional(atLeast0),
  secondsLeft: optional(atLeast0),
  worker: text,
  /** One process, whatever it is called. */
  holder: text,
  /** The object that training goes on from. */
  checkpoint: optional(text),
  /** Workers that have fallen silent with it or failed, one after the other, without coming any further. */
  stumbles: whole(0),
  /** What the last one that failed has said. */
  failure: optional(text),
  /** Its worker has given it back. */
  isFree: optional(yes),
  /** Why nobody takes it any more. */
  stuck: optional(text),
});

/** What stands under a training's key. */
export type LeaseWords = Infer<typeof words>;

export function checkLease(value: unknown): LeaseWords {
  return words(value, '');
}

/** Somebody else has taken over the training. */
export class Superseded extends Error {}

/** Others may be writing while a training is taken. */
const MOST_TRIES = 5;

export class Lease {
  readonly #bucket: Bucket;
  readonly #signal: AbortSignal;
  #words: LeaseWords;
  #revision: number;
  /** By the clock on the wall, which goes on while a machine sleeps. */
  #saidAt: number;
  /** Words are written one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  #isWriting = false;

  private constructor(
    bucket: Bucket,
    signal: AbortSignal,
    words: LeaseWords,
    revision: number,
    saidAt: number,
  ) {
    this.#bucket = bucket;
    this.#signal = signal;
    this.#words = words;
    this.#revision = revision;
    this.#saidAt = saidAt;
  }

  /**
   * Takes a training, whoever has it; from now on only `holder` changes what it goes on from. Once the signal comes, a server that does not
   * answer is not waited for.
   */
  static async take(
    bucket: Bucket,
    own: Pick<LeaseWords, 'trial' | 'epochs' | 'worker' | 'holder'>,
    signal: AbortSignal,
  ): Promise<Lease> {
    /** What stands there; most trainings are new, so that it is asked for only where something does. */
    let entry: KvEntry | null = null;
    for (let tries = 1; ; tries++) {
      const before = entry?.operation === 'PUT' ? checkLease(entry.json()) : undefined;
      const { epoch = 0, furthest, stumbles = 0, failure, checkpoint } = before ?? {};
      const isStumble = before !== undefined && !before.isFree && before.holder !== own.holder;
      const taken: LeaseWords = {
        ...own,
        epoch,
        stumbles: isStumble ? stumbles + 1 : stumbles,
        ...(furthest !== undefined && { furthest }),
        ...(failure !== undefined && { failure }),
        ...(checkpoint !== undefined && { checkpoint }),
      };
      const revision = entry?.revision ?? 0;
      const startedAt = Date.now();
      try {
        const written = await persistIn(bucket, () => write(bucket, taken, revision), signal);
        return new Lease(bucket, signal, taken, written, startedAt);
      } catch (error) {
        if (codeOf(error) !== OTHERS_WROTE) throw error;
        if (tries === MOST_TRIES) throw superseded(own.trial);
        entry = await persistIn(bucket, () => bucket.values.get(keys.lease(own.trial)), signal);
      }
    }
  }

  get checkpoint(): string | undefined {
    return this.#words.checkpoint;
  }

  get stumbles(): number {
    return this.#words.stumbles;
  }

  get failure(): string | undefined {
    return this.#words.failure;
  }

  /** An epoch is over: the next word says so. */
  tell({ epoch, error, secondsLeft, worker }: Told): void {
    const { furthest = 0, stumbles } = this.#words;
    this.#words = {
      ...this.#words,
      epoch,
      furthest: Math.max(epoch, furthest),
      error,
      secondsLeft,
      worker,
      stumbles: epoch > furthest ? 0 : stumbles,
    };
  }

  /** Says that it is still there, unless something is being said. Throws a Superseded where somebody else has the training. */
  async renew(): Promise<void> {
    if (this.#isWriting) return;
    await this.#inTurn(() => meanwhile(() => this.#write()));
  }

  /** Training goes on from the object `checkpoint` from now on; gives back the name of that from which it did before. */
  async keep(checkpoint: string): Promise<string | undefined> {
    const before = this.#words.checkpoint;
    await this.#say({ checkpoint });
    return before;
  }

  /** Gives the training back, to be gone on with by others. */
  release(): Promise<void> {
    return this.#say({ isFree: true });
  }

  /** It has failed of something that may be so wherever it is tried again. */
  fail(failure: string): Promise<void> {
    return this.#say({ failure });
  }

  /** Nobody is to take it any more. */
  stick(stuck: string): Promise<void> {
    return this.#say({ stuck });
  }

  /** Makes sure that nobody else has it, unless it was so lately: others are given it after a silence. */
  async confirm(): Promise<void> {
    if (Math.abs(Date.now() - this.#saidAt) > SILENT / 2) await this.#say({});
  }

  /** There is nothing to be done any more: forgets it, unless somebody else has it by now. */
  async end(): Promise<void> {
    await this.#inTurn(() =>
      meanwhile(async () => {
        if (await this.#forget()) return;
        try {
          // One's own last word may be one of which the answer was lost.
          await this.#write();
          await this.#forget();
        } catch (error) {
          if (!(error instanceof Superseded) && codeOf(error) !== OTHERS_WROTE) throw error;
        }
      }),
    );
  }

  /** Whether its last word was the last that was known. */
  async #forget(): Promise<boolean> {
    try {
      await this.#bucket.values.delete(keys.lease(this.#words.trial), { previousSeq: this.#revision });
      return true;
    } catch (error) {
      if (codeOf(error) !== OTHERS_WROTE) throw error;
      return false;
    }
  }

  #say(changes: Partial<LeaseWords>): Promise<void> {
    return this.#inTurn(async () => {
      this.#words = { ...this.#words, ...changes };
      await persistIn(this.#bucket, () => this.#write(), this.#signal);
    });
  }

  #inTurn(work: () => Promise<unknown>): Promise<void> {
    const done = this.#queue.then(async () => {
      this.#isWriting = true;
      try {
        await work();
      } finally {
        this.#isWriting = false;
      }
    });
    this.#queue = done.catch(() => {});
    return done;
  }

  async #write(): Promise<void> {
    const startedAt = Date.now();
    const { trial, holder } = this.#words;
    try {
      this.#revision = await write(this.#bucket, this.#words, this.#revision);
    } catch (error) {
      if (codeOf(error) !== OTHERS_WROTE) throw error;
      const now = await this.#bucket.values.get(keys.lease(trial));
      // One's own words, of which the answer was lost.
      if (now?.operation !== 'PUT' || checkLease(now.json()).holder !== holder) throw superseded(trial);
      this.#revision = await write(this.#bucket, this.#words, now.revision);
    }
    this.#saidAt = startedAt;
  }
}

/** Writes words behind those of `revision`, 0 where nothing stands there; gives their own revision. Throws OTHERS_WROTE where something else does. */
function write({ values }: Bucket, words: LeaseWords, revision: number): Promise<number> {
  const key = keys.lease(words.trial);
  const json = JSON.stringify(words);
  return revision === 0 ? values.create(key, json) : values.update(key, json, revision);
}

function superseded(trial: string): Superseded {
  return new Superseded(`another worker has taken over training ${trial}`);
}
