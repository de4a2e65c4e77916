// ff sweep status, results and stop: of a sweep on this machine, or at a server.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { InputError } from '../errors.ts';
import { writerOf } from '../files/lock.ts';
import { readBytes } from '../files/read.ts';
import { folderOf } from '../sweep/folder.ts';
import { isThrough, type Told, type TrialOutcome } from '../sweep/learn.ts';
import { connectTo, persist, type Server, shownUrl } from '../sweep/nats.ts';
import { lastOutcomes } from '../sweep/ranking.ts';
import { decodeRecord, type SweepRecord } from '../sweep/record.ts';
import { entryOf, leasesIn, outcomesIn, planIn, removeServed, stopServed } from '../sweep/served.ts';
import { sweepName } from '../sweep/spec.ts';
import { statusIn } from '../sweep/status-file.ts';
import { print, printJson, warn } from './output.ts';
import { type ResultsOptions, tellResults } from './sweep-results.ts';
import { colors, duration, percent, table } from './text.ts';

export interface StandingOptions extends ResultsOptions {
  readonly nats?: string;
  readonly out?: string;
}

export async function sweepStatus(name: string, options: StandingOptions): Promise<void> {
  const { record, outcomes, told, state } = await standingOf(checkName(name), options);
  const { plan } = record;
  const running = new Map(told.map(each => [each.trial, each]));
  const last = lastOutcomes(outcomes);
  const rows = plan.trials.map(trial => {
    const candidate = plan.candidates[trial.candidate];
    return {
      trial: trial.id,
      candidate: candidate.label,
      seed: trial.seed,
      epochs: candidate.recipe.epochs,
      ...standingOfTrial(last.get(trial.id), running.get(trial.id)),
    };
  });
  if (options.json) {
    for (const row of rows) printJson({ event: 'training', ...row });
    printJson({ event: 'sweep', name, state });
    return;
  }
  const done = rows.filter(row => ['done', 'failed'].includes(row.state)).length;
  print(`${colors.bold(name)}: ${done} of ${rows.length} trainings are through; the sweep is ${state}\n`);
  print(
    table(
      ['training', 'state', 'epoch', 'error', 'left', 'seed', 'worker', 'candidate'],
      rows.map(row => [
        row.trial.slice(0, 8),
        row.state,
        `${row.epoch}/${row.epochs}`,
        row.error === undefined ? '–' : percent(row.error),
        row.secondsLeft === undefined ? '' : duration(row.secondsLeft),
        String(row.seed),
        row.worker ?? '',
        row.candidate,
      ]),
      true,
    ),
  );
}

interface TrialStanding {
  readonly state: 'done' | 'failed' | 'running' | 'compared' | 'waiting';
  readonly epoch: number;
  readonly error?: number | undefined;
  readonly secondsLeft?: number | undefined;
  readonly worker?: string;
}

/** How far a training is that has come to `last`, if to anything, and that somebody may have at the moment. */
function standingOfTrial(last: TrialOutcome | undefined, running: Running | undefined): TrialStanding {
  if (last && isThrough(last)) {
    const { until: epoch, error, failure, worker } = last;
    return { state: failure === undefined ? 'done' : 'failed', epoch, error, worker };
  }
  if (running) {
    const { epoch, error, secondsLeft, worker } = running;
    return { state: 'running', epoch, error, secondsLeft, worker };
  }
  return last ? { state: 'compared', epoch: last.until, error: last.error } : { state: 'waiting', epoch: 0 };
}

export async function sweepResults(name: string, options: StandingOptions): Promise<void> {
  const { record, outcomes } = await standingOf(checkName(name), options);
  if (outcomes.length === 0) throw new InputError(`sweep ${name} has no result yet`);
  const { path } = folderOf(name, options);
  await mkdir(path, { recursive: true });
  await tellResults(record, outcomes, undefined, path, options);
}

export async function sweepStop(name: string, options: StandingOptions): Promise<void> {
  checkName(name);
  if (options.nats !== undefined) {
    await withServer(options.nats, server => stopServed(server, name));
  } else {
    const holder = await writerOf(folderOf(name, options).record);
    if (holder === undefined) throw new InputError(`sweep ${name} is not running on this machine`);
    process.kill(holder, 'SIGTERM');
  }
  if (options.json) printJson({ event: 'stopped', name });
  else print(`${name} ends; what was learned is kept`);
}

export async function sweepRemove(name: string, options: StandingOptions): Promise<void> {
  checkName(name);
  const { nats } = options;
  if (nats === undefined) {
    const { path } = folderOf(name, options);
    throw new InputError(`on this machine a sweep is a folder, ${path}: delete it; --nats names a server`);
  }
  await withServer(nats, server => removeServed(server, name, warn));
  if (options.json) printJson({ event: 'removed', name });
  else print(`${name} is removed from ${shownUrl(nats)}`);
}

/** A training that somebody has at the moment; without an error before its first epoch is over. */
type Running = Pick<Told, 'trial' | 'epoch' | 'worker'> & Partial<Pick<Told, 'error' | 'secondsLeft'>>;

interface StandingOf {
  readonly record: SweepRecord;
  readonly outcomes: readonly TrialOutcome[];
  readonly told: readonly Running[];
  readonly state: string;
}

async function standingOf(name: string, options: StandingOptions): Promise<StandingOf> {
  const { nats } = options;
  if (nats !== undefined) {
    return withServer(nats, async server => {
      const entry = await entryOf(server, name);
      if (!entry) throw new InputError(`the server at ${shownUrl(nats)} has no sweep ${name}`);
      const bucket = await persist(() => server.openBucket(name));
      const record = await planIn(bucket);
      const told = (await leasesIn(bucket)).filter(({ isHeld }) => isHeld);
      return { record, outcomes: await outcomesIn(bucket), told, state: entry.state };
    });
  }
  const folder = folderOf(name, options);
  const path = folder.record;
  if (!existsSync(path)) {
    throw new InputError(
      `no sweep ${name} in ${folder.path}: give its folder with --out, or its server with --nats`,
    );
  }
  const record = decodeRecord(await readBytes(path), path);
  const isRunning = (await writerOf(path)) !== undefined;
  const outcomes = await folder.outcomes();
  const told = isRunning ? await statusIn(folder.status) : [];
  return { record, outcomes, told, state: isRunning ? 'open' : 'not running' };
}

async function withServer<T>(url: string, work: (server: Server) => Promise<T>): Promise<T> {
  const server = await connectTo(url, 'ff sweep');
  try {
    return await work(server);
  } finally {
    await server.connection.close();
  }
}

/** The name of a sweep that somebody has typed. */
function checkName(name: string): string {
  return sweepName(name, 'the name of a sweep');
}
