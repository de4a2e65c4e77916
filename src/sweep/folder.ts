// The folder in which a sweep of one machine keeps what its trainings come to.

import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { readBytes, readJsonFile } from '../files/read.ts';
import { removeFile, writeFileSafely } from '../files/write.ts';
import type { SweepData } from './data.ts';
import { digestOfBytes } from './digest.ts';
import { checkOutcome, isThrough, type TrialOutcome } from './learn.ts';

export class SweepFolder {
  readonly path: string;
  readonly #trainings: string;

  constructor(path: string) {
    this.path = path;
    this.#trainings = join(path, 'trainings');
  }

  /** What the sweep is, as record.ts has it; whoever runs it has the lock of this file. */
  get record(): string {
    return join(this.path, 'sweep.json');
  }

  /** What is told of trainings that are going on, by status-file.ts. */
  get status(): string {
    return join(this.path, 'status.json');
  }

  /** Makes the folder, and removes what killed processes have left half written in it. Only for who has its lock. */
  async open(): Promise<void> {
    await mkdir(this.#trainings, { recursive: true });
    for (const name of await readdir(this.#trainings)) {
      if (/^\..*\.\d+\.tmp$/.test(name)) await removeFile(join(this.#trainings, name));
    }
  }

  model(trial: string): string {
    return join(this.#trainings, `${trial}.safetensors`);
  }

  checkpoint(trial: string): string {
    return join(this.#trainings, `${trial}.checkpoint.safetensors`);
  }

  data(digest: string): string {
    return join(this.path, `data-${digest.slice(0, 16)}.safetensors`);
  }

  async writeData({ digest, chunks }: SweepData): Promise<void> {
    const path = this.data(digest);
    if (existsSync(path) && digestOfBytes([await readBytes(path)]) === digest) return;
    await writeFileSafely(path, [...chunks]);
  }

  /** Writes what a task has come to, its model first. */
  async finish(outcome: TrialOutcome, model?: Uint8Array): Promise<void> {
    const { trial, until } = outcome;
    if (model) await writeFileSafely(this.model(trial), model);
    await writeFileSafely(join(this.#trainings, `${trial}-${until}.json`), JSON.stringify(outcome));
    if (isThrough(outcome)) await removeFile(this.checkpoint(trial));
  }

  /** Everything that was finished; throws an InputError for a file that is no outcome. */
  async outcomes(): Promise<TrialOutcome[]> {
    const names = await readdir(this.#trainings).catch(() => []);
    const found = names.filter(name => /^[0-9a-f]{16}-\d+\.json$/.test(name)).sort();
    return Promise.all(found.map(name => outcomeIn(join(this.#trainings, name))));
  }
}

async function outcomeIn(path: string): Promise<TrialOutcome> {
  try {
    return checkOutcome(await readJsonFile(path));
  } catch (cause) {
    throw new InputError(`${path} is not the outcome of a training: delete it, and it is trained again`, {
      cause,
    });
  }
}

/** The folder of the sweep `name`, unless `out` says where it is. */
export function folderOf(name: string, { out }: { readonly out?: string }): SweepFolder {
  return new SweepFolder(out ?? join('runs', 'sweeps', name));
}
