// How far a sweep of one machine is, for others to look at: there is no server to ask.

import { existsSync } from 'node:fs';
import { readJsonFile } from '../files/read.ts';
import { removeFile, writeFileSafely } from '../files/write.ts';
import type { Told, TrialOutcome } from './learn.ts';

/** Milliseconds between two words. */
const STATUS_EVERY = 2000;

/** Writes to a file what was told last of trainings that are going on. */
export class StatusFile {
  readonly #path: string;
  readonly #told = new Map<string, Told>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  told(told: Told): void {
    this.#told.set(told.trial, told);
    if (this.#writing) return;
    // Seldom: it is of no use to what is trained.
    this.#timer ??= setTimeout(() => this.#write(), STATUS_EVERY);
  }

  finished({ trial }: TrialOutcome): void {
    this.#told.delete(trial);
  }

  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writing;
    await removeFile(this.#path);
  }

  #write(): void {
    this.#timer = undefined;
    this.#writing = writeFileSafely(this.#path, JSON.stringify([...this.#told.values()]))
      .catch(() => {})
      .finally(() => {
        this.#writing = undefined;
      });
  }
}

/** What a sweep that runs has told last in the file `path`. */
export async function statusIn(path: string): Promise<Told[]> {
  return existsSync(path) ? ((await readJsonFile(path)) as Told[]) : [];
}
