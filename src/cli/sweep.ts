// ff sweep: many trainings, by processes of this machine or by workers anywhere.

import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { InputError } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { writeFileSafely } from '../files/write.ts';
import { conduct } from '../sweep/conduct.ts';
import { openData, type SweepData } from '../sweep/data.ts';
import { type Engine, Stopped } from '../sweep/engine.ts';
import { folderOf, type SweepFolder } from '../sweep/folder.ts';
import { identityOf } from '../sweep/identity.ts';
import { isThrough, namesModule, type TrialOutcome } from '../sweep/learn.ts';
import { openLocal } from '../sweep/local.ts';
import { connectTo, shownUrl } from '../sweep/nats.ts';
import { encodeRecord, type SweepRecord } from '../sweep/record.ts';
import { heldOutWords } from '../sweep/report.ts';
import { openServed } from '../sweep/served.ts';
import { readSweep } from '../sweep/spec.ts';
import { StatusFile } from '../sweep/status-file.ts';
import { planTrials } from '../sweep/trials.ts';
import { print, printJson, warn } from './output.ts';
import { shell } from './shell.ts';
import { Stop } from './stop.ts';
import { SweepProgress } from './sweep-progress.ts';
import { type ResultsOptions, tellResults } from './sweep-results.ts';
import { colors, pairs } from './text.ts';

export interface SweepOptions extends ResultsOptions {
  readonly nats?: string;
  readonly workers?: number;
  readonly threads?: number;
  readonly out?: string;
  readonly allowModule?: boolean;
}

export async function sweepCommand(file: string, options: SweepOptions): Promise<void> {
  refuse(options);
  const sweep = await readSweep(file);
  const folder = folderOf(sweep.name, options);
  const data: SweepData[] = [];
  for (const source of sweep.data) data.push(await openData(source));
  const identity = await identityOf(sweep.build);
  const plan = planTrials(sweep, data, identity);
  const record: SweepRecord = { sweep, plan, identity };
  const isLocal = options.nats === undefined;
  if (isLocal && !options.allowModule && plan.candidates.some(({ recipe }) => namesModule(recipe))) {
    throw new InputError(
      `a recipe of sweep ${sweep.name} names code to be run: say --allow-module, if you trust whoever made it`,
    );
  }
  await mkdir(folder.path, { recursive: true });
  await withLock(folder.record, async () => {
    const engine = await engineOf(record, data, folder, options);
    try {
      // What a server knows is asked of the server.
      if (isLocal) await writeFileSafely(folder.record, encodeRecord(record));
      await run(record, engine, file, folder, options);
    } finally {
      await engine.close();
    }
  });
}

function refuse({ nats, workers, threads, allowModule }: SweepOptions): void {
  if (nats === undefined) return;
  const local = Object.entries({ workers, threads, 'allow-module': allowModule });
  const given = local.find(([, value]) => value !== undefined)?.[0];
  if (given === undefined) return;
  throw new InputError(`--${given} is for processes of this machine: with --nats, give it to ff worker`);
}

async function engineOf(
  record: SweepRecord,
  data: readonly SweepData[],
  folder: SweepFolder,
  options: SweepOptions,
): Promise<Engine> {
  const { nats, threads = 1, allowModule = false } = options;
  if (nats === undefined) {
    const workers = options.workers ?? Math.max(1, Math.floor(availableParallelism() / threads));
    const trials = record.plan.trials.map(({ id }) => id);
    return openLocal({ folder: folder.path, workers, threads, allowModule, data, trials });
  }
  const server = await connectTo(nats, `ff sweep ${record.sweep.name}`, warn);
  return openServed({ server, record, data, trouble: warn }).catch(async error => {
    await server.connection.close();
    throw error;
  });
}

async function run(
  record: SweepRecord,
  engine: Engine,
  file: string,
  folder: SweepFolder,
  options: SweepOptions,
): Promise<void> {
  const { sweep, plan } = record;
  const { nats, json } = options;
  const isLoud = !options.quiet && !json;
  const say = isLoud ? print : () => {};
  const sayJson = json ? printJson : () => {};
  const where = nats === undefined ? 'processes of this machine' : `the workers of ${shownUrl(nats)}`;
  say(colors.bold(`${sweep.name}: ${plan.trials.length} trainings, by ${where}`));
  say(
    pairs([
      ['candidates', `${plan.candidates.length}, ranked by the error on ${heldOutWords(plan.trials[0])}`],
      ['kernels', `${record.identity.build}, of forward-forward ${record.identity.version}`],
      ...(nats === undefined ? [] : [['workers', `npx ff worker${serverWords(nats)}`] as [string, string]]),
    ]),
  );
  const known = new Set(plan.trials.map(({ id }) => id));
  const finished = engine.finished.filter(({ trial }) => known.has(trial));
  const before = new Set(finished.filter(isThrough).map(({ trial }) => trial)).size;
  if (before > 0) say(`${before} of them ${before === 1 ? 'was' : 'were'} finished before`);
  const progress = isLoud ? new SweepProgress(plan, finished) : undefined;
  const status = nats === undefined ? new StatusFile(folder.status) : undefined;
  const stop = new Stop();
  try {
    const outcomes = await stop.during(() =>
      conduct(
        sweep,
        plan,
        engine,
        {
          told: told => {
            sayJson({ event: 'epoch', ...told });
            progress?.told(told);
            status?.told(told);
          },
          finished: outcome => {
            sayJson({ event: 'training', ...withoutCurve(outcome) });
            progress?.finished(outcome);
            status?.finished(outcome);
          },
          trouble: text => {
            progress?.clear();
            warn(text);
          },
        },
        stop.signal,
      ),
    );
    progress?.end();
    await tellResults(record, outcomes, engine, folder.path, options);
  } catch (error) {
    progress?.end();
    if (!(error instanceof Stopped)) throw error;
    const words = nats === undefined ? '' : serverWords(nats);
    sayJson({ event: 'stopped' });
    const again = colors.bold(shell`npx ff sweep ${file}` + words);
    const rest =
      nats === undefined || !stop.signal.aborted
        ? `to go on: ${again}`
        : `the workers go on; to end them: ${colors.bold(shell`npx ff sweep stop ${sweep.name}` + words)}; to look on: ${again}`;
    stop.tell(`stopped; ${rest}`, say);
  } finally {
    await status?.end();
  }
}

/** How a server is named to others; credentials are not for the screen. */
function serverWords(nats: string): string {
  return /@/.test(nats) ? ` --nats nats://${shownUrl(nats)}` : shell` --nats ${nats}`;
}

function withoutCurve({ curve: _, ...others }: TrialOutcome): object {
  return others;
}
