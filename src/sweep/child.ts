// A process that does trainings of sweeps, one after the other, for the process that has started it: learning-process.ts, which says where the data are and
// keeps what it has learned.

import { hostname } from 'node:os';
import type { Dataset } from '../data/dataset.ts';
import { type Failure, InputError, toFailure } from '../errors.ts';
import { readBytes } from '../files/read.ts';
import { joinChunks } from '../files/safetensors.ts';
import { unpackDataset } from './data.ts';
import { digestOfBytes } from './digest.ts';
import { type LearnedTrial, learn, type Told, type TrialTask, type WorkerSettings } from './learn.ts';

/** What the process is started with, as JSON. */
export type ChildSettings = Omit<WorkerSettings, 'worker'>;

/** The file that has data, or their bytes, where no file could be written. */
export type PackedSource = string | Uint8Array;

interface Given {
  readonly kind: 'task';
  readonly task: TrialTask;
  readonly checkpoint?: Uint8Array | undefined;
}

export type ToChild =
  /** What trainings learn from until there is something else. */
  | { readonly kind: 'data'; readonly digest: string; readonly source: PackedSource }
  | Given
  | { readonly kind: 'kept'; readonly isKept: boolean }
  | { readonly kind: 'stop' };

export type FromChild =
  /** It still listens. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'told'; readonly told: Told }
  | {
      readonly kind: 'keep';
      readonly checkpoint: Uint8Array;
      readonly epoch: number;
      readonly isNeeded: boolean;
    }
  | { readonly kind: 'learned'; readonly learned?: LearnedTrial | undefined }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** Milliseconds after which it says again that it listens. */
const ALIVE_EVERY = 2500;

const settings = JSON.parse(process.argv[2]) as ChildSettings;
const worker = `${hostname()}:${process.pid}`;
let data: Promise<Dataset>;
let stop = new AbortController();
let kept: (isKept: boolean) => void = () => {};

function send(message: FromChild): void {
  // Whoever is not there any more to be told is missed by 'disconnect'.
  process.send?.(message, () => {});
}

async function open(digest: string, source: PackedSource): Promise<Dataset> {
  if (typeof source !== 'string') return unpackDataset(source);
  const bytes = await readBytes(source);
  if (digestOfBytes([bytes]) !== digest) {
    throw new InputError(`${source} is damaged: begin the sweep again, which mends it`);
  }
  return unpackDataset(bytes);
}

async function work({ task, checkpoint }: Given, signal: AbortSignal): Promise<LearnedTrial | undefined> {
  return learn(
    task,
    await data,
    { ...settings, worker },
    {
      checkpoint,
      keep: (chunks, epoch, isNeeded) =>
        new Promise(resolve => {
          kept = resolve;
          send({ kind: 'keep', checkpoint: joinChunks(chunks), epoch, isNeeded });
        }),
      tell: told => send({ kind: 'told', told }),
      signal,
    },
  );
}

// Ctrl-C is for the process that has started this one, and so are a terminal that closes and an end that a whole group of processes is told of.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit(1));
// It may have ended while this one began.
if (!process.connected) process.exit(1);
process.on('message', (message: ToChild) => {
  switch (message.kind) {
    case 'data':
      data = open(message.digest, message.source);
      // Told by the training that wants them.
      data.catch(() => {});
      break;
    case 'task':
      stop = new AbortController();
      work(message, stop.signal).then(
        learned => send({ kind: 'learned', learned }),
        error => send({ kind: 'failed', failure: toFailure(error) }),
      );
      break;
    case 'kept':
      kept(message.isKept);
      break;
    case 'stop':
      stop.abort();
  }
});
setInterval(() => send({ kind: 'alive' }), ALIVE_EVERY);
