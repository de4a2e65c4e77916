// A process of this machine that does trainings of a sweep, one after the other, for the process that has started it.

import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Dataset } from '../data/dataset.ts';
import { type Failure, InputError, toFailure } from '../errors.ts';
import { readBytes } from '../files/read.ts';
import { WriteError, writeFileSafely } from '../files/write.ts';
import { unpackDataset } from './data.ts';
import { digestOfBytes } from './digest.ts';
import { SweepFolder } from './folder.ts';
import { learn, type Told, type TrialOutcome, type TrialTask, type WorkerSettings } from './learn.ts';

/** What the process is started with, as JSON. */
export interface ChildSettings extends Omit<WorkerSettings, 'worker'> {
  readonly folder: string;
}

export type ToChild = { readonly kind: 'task'; readonly task: TrialTask } | { readonly kind: 'stop' };

export type FromChild =
  | { readonly kind: 'told'; readonly told: Told }
  | { readonly kind: 'trouble'; readonly text: string }
  | { readonly kind: 'finished'; readonly outcome: TrialOutcome }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly failure: Failure };

const { folder: path, ...settings } = JSON.parse(process.argv[2]) as ChildSettings;
const folder = new SweepFolder(path);
const worker = `${hostname()}:${process.pid}`;
const stop = new AbortController();
const data = new Map<string, Dataset>();

function send(message: FromChild): void {
  process.send?.(message);
}

async function dataOf(digest: string): Promise<Dataset> {
  const known = data.get(digest);
  if (known) return known;
  const bytes = await readBytes(folder.data(digest));
  if (digestOfBytes([bytes]) !== digest) {
    throw new InputError(`${folder.data(digest)} is damaged: remove it, and begin the sweep again`);
  }
  const found = unpackDataset(bytes);
  data.set(digest, found);
  return found;
}

async function work(task: TrialTask): Promise<FromChild> {
  const { id, digest } = task.trial;
  // Finished by a process that has ended before it could tell.
  const before = await folder.outcome(task);
  if (before) return { kind: 'finished', outcome: before };
  const checkpoint = folder.checkpoint(id);
  const learned = await learn(
    task,
    await dataOf(digest),
    { ...settings, worker },
    {
      checkpoint: existsSync(checkpoint) ? await readBytes(checkpoint) : undefined,
      async keep(chunks) {
        try {
          await writeFileSafely(checkpoint, chunks);
          return true;
        } catch (error) {
          // A disk that is full for a while costs no more than what would be repeated.
          if (!(error instanceof WriteError)) throw error;
          send({ kind: 'trouble', text: error.message });
          return false;
        }
      },
      tell: told => send({ kind: 'told', told }),
      signal: stop.signal,
    },
  );
  if (!learned) return { kind: 'stopped' };
  await folder.finish(task, learned.outcome, learned.model);
  return { kind: 'finished', outcome: learned.outcome };
}

/** A disk that is full is no wrong input. */
function failureOf(error: unknown): Failure {
  return toFailure(error instanceof WriteError ? new Error(error.message) : error);
}

// Ctrl-C is for the process that has started this one, and so is a terminal that closes.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit(1));
process.on('message', (message: ToChild) => {
  if (message.kind === 'stop') {
    stop.abort();
    return;
  }
  work(message.task).then(send, error => send({ kind: 'failed', failure: failureOf(error) }));
});
