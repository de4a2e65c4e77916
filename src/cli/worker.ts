// ff worker: does trainings of sweeps that a NATS server has, until it is ended.

import { InputError } from '../errors.ts';
import { identityOf } from '../sweep/identity.ts';
import { connectTo, shownUrl } from '../sweep/nats.ts';
import { Worker } from '../sweep/worker.ts';
import { print, printJson, warn } from './output.ts';
import { Stop } from './stop.ts';
import { colors, duration, percent } from './text.ts';

export interface WorkerOptions {
  readonly nats?: string;
  readonly workers?: number;
  readonly threads?: number;
  readonly allowModule?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export async function workerCommand(options: WorkerOptions): Promise<void> {
  const { nats = process.env.NATS_URL, workers = 1, threads = 1, allowModule = false, quiet, json } = options;
  if (nats === undefined) {
    throw new InputError('a worker wants the server that gives it trainings: --nats nats://machine:4222');
  }
  const say = quiet || json ? () => {} : print;
  const sayJson = json ? printJson : () => {};
  const fastest = await identityOf();
  const identities = fastest.build === 'simd' ? [fastest] : [fastest, await identityOf('simd')];
  const server = await connectTo(nats, 'ff worker', warn);
  const stop = new Stop();
  const worker = new Worker(
    server,
    identities,
    { threads, allowModule },
    {
      begun: (sweep, trial, isFurther) => {
        sayJson({ event: 'begun', sweep, trial, isFurther });
        say(`${sweep} ${trial.slice(0, 8)}  ${isFurther ? 'goes on' : 'begins'}`);
      },
      told: (sweep, told) => {
        sayJson({ event: 'epoch', sweep, ...told });
        const { trial, epoch, epochs, error, secondsLeft } = told;
        say(
          `${sweep} ${trial.slice(0, 8)}  epoch ${epoch}/${epochs}  error ${percent(error)}  ${duration(secondsLeft)} left`,
        );
      },
      finished: (sweep, { curve: _, ...outcome }) => {
        sayJson({ event: 'training', sweep, ...outcome });
        const { trial, error, failure } = outcome;
        say(`${sweep} ${trial.slice(0, 8)}  ${colors.bold(failure ?? `error ${percent(error!)}`)}`);
      },
      trouble: warn,
    },
  );
  say(
    `waits for trainings of ${shownUrl(nats)}: ${identities.map(({ build }) => build).join(' and ')} kernels of forward-forward ${fastest.version}, ${threads} thread${threads === 1 ? '' : 's'}`,
  );
  try {
    await stop.during(() => worker.work(workers, stop.signal));
  } finally {
    await server.connection.close();
  }
}
