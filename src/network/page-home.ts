// What every worker of a page runs: the one in which a network lives and which the page talks to, and, where the page is
// cross-origin isolated, its threads.

import type { DatasetLike, NumberArray } from '../data/dataset.ts';
import { InputError, toFailure } from '../errors.ts';
import { declareShared, fuse, unpackBytes } from '../kernels/embedded.ts';
import { type Build, detectBuild } from '../kernels/features.ts';
import { betweenOf, type Recipe } from '../recipes/recipe.ts';
import type { Job } from '../schedules/job.ts';
import { openProgram } from '../schedules/open.ts';
import type { ThreadProgram } from '../schedules/program.ts';
import type { Session } from '../schedules/session.ts';
import { BarrierBroken } from '../threads/barrier.ts';
import { canShare } from '../threads/memory.ts';
import { InlineTeam, type Team } from '../threads/team.ts';
import { type ThreadMessage, WebTeam } from '../threads/web.ts';
import { create, type NetworkOptions } from './build.ts';
import { decodeDescribed, encodeNetwork, type LoadOptions } from './encode.ts';
import type { EpochEvent } from './events.ts';
import type { Host } from './host.ts';
import type { Call, KernelSource, Opened, Reply, Status } from './messages.ts';
import type { FitOptions, Network } from './network.ts';
import type { StateTensor } from './state.ts';

// In the script before this one: the module to make the builds of, as text.
declare const KERNELS: string;

/** How often the page hears of the training, in milliseconds. */
const STATUS_EVERY = 50;

// ----- where the network lives -----------------------------------------------------------------------------------------

/** This worker, with kernels from `source` or from its own script. */
export function hostWith({ wasmUrl, wasmModule }: KernelSource): Host {
  return {
    name: 'this browser',
    cores: canShare ? navigator.hardwareConcurrency : 1,
    detectBuild: () => detectBuild(),
    async compile(build: Build, isShared: boolean): Promise<WebAssembly.Module> {
      if (wasmModule) return wasmModule;
      if (wasmUrl === undefined) return WebAssembly.compile(embedded(build, isShared));
      const url = new URL(`${build}${isShared ? '-shared' : ''}.wasm`, wasmUrl);
      const response = await fetch(url).catch((error: Error) => error);
      if (response instanceof Error || !response.ok) {
        const found = response instanceof Error ? response.message : `status ${response.status}`;
        throw new InputError(
          `cannot fetch the kernels from ${url}: ${found}; wasmUrl is the folder, with a slash at its end`,
        );
      }
      return WebAssembly.compile(await response.arrayBuffer());
    },
    async startTeam(session: Session, threads: number): Promise<Team<Job>> {
      const { name, learning } = session.recipe;
      if (betweenOf(learning)?.kind === 'module') {
        throw new InputError(
          `recipe ${name}: between.kind module needs Node: a page runs no module by its path`,
        );
      }
      if (threads > 1) {
        return WebTeam.start<Session, Job>(location.href, session, threads);
      }
      const whole = openProgram(session, 0, 1);
      return new InlineTeam<Job>(job => whole.run(job), nextMessage);
    },
  };
}

function embedded(build: Build, isShared: boolean): Uint8Array<ArrayBuffer> {
  const module = unpackBytes(KERNELS);
  if (build === 'relaxed') fuse(module);
  if (isShared) declareShared(module);
  return module;
}

const channel = new MessageChannel();

/** A message to oneself comes after all that wait, and at once where none do: timers in a row are held back for 4 ms. */
function nextMessage(): Promise<void> {
  return new Promise(resolve => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(undefined);
  });
}

let network: Network | undefined;
let training: AsyncGenerator<EpochEvent, unknown, void> | undefined;
let stop = new AbortController();

/** More threads than can share memory are one. */
export function possible<Options extends { readonly threads?: number | undefined }>(
  options: Options,
): Options {
  return canShare || options.threads === undefined
    ? options
    : { ...options, threads: Math.min(1, options.threads) };
}

/** From now on the page's calls are about the network `made`. */
export function opened(made: Network): Opened {
  network = made;
  const { recipe, inputs, classes, seed, build, plans, readoutPlan } = made.session;
  return {
    session: { recipe, inputs, classes, seed, build, plans, readoutPlan },
    threads: made.threads,
    memoryBytes: made.memoryBytes,
  };
}

/** From now on `next` goes on with what `begin` begins, until its signal tells it to stop. */
export function startTraining(
  isStopped: boolean,
  begin: (signal: AbortSignal) => AsyncGenerator<EpochEvent, unknown, void>,
): void {
  if (training) throw new InputError('the network is in training: wait for fit to end, or stop it');
  stop = new AbortController();
  if (isStopped) stop.abort();
  training = begin(stop.signal);
}

/** What a page can ask of the worker of a network. */
export const networkMethods = {
  create: async (source: KernelSource, recipe: Recipe, options: NetworkOptions) =>
    opened(await create(hostWith(source), recipe, possible(options))),
  decode: async (source: KernelSource, bytes: Uint8Array, path: string, options: LoadOptions) =>
    opened((await decodeDescribed(hostWith(source), bytes, path, possible(options))).network),
  encode: async (checkpoint: boolean) => encodeNetwork(network!, checkpoint),
  tensor: (name: string) => network!.tensor(name),
  evaluate: (data: DatasetLike) => network!.evaluate(data),
  goodnessOverTime: (data: DatasetLike) => network!.goodnessOverTime(data),
  probabilities: (data: DatasetLike) => network!.probabilities(data),
  predict: (example: NumberArray) => network!.predict(example),
  fit: async (train: DatasetLike, options: FitOptions, isStopped: boolean) =>
    startTraining(isStopped, signal => network!.fit(train, { ...options, signal })),
  next: async () => {
    const timer = setInterval(() => answer(status()), STATUS_EVERY);
    try {
      return await training?.next();
    } finally {
      clearInterval(timer);
    }
  },
  stop: async () => stop.abort(),
  end: async () => {
    await training?.return(undefined);
    training = undefined;
  },
};

/** What a page can ask of the worker of a network. */
export type NetworkMethods = typeof networkMethods;

/** How the network is, once there is one. */
function status(): { status?: Status } {
  return network ? { status: { position: network.position, progress: network.progress } } : {};
}

function answer(message: Reply, transfer: Transferable[] = []): void {
  globalThis.postMessage(message, { transfer });
}

/** The memory of a large result, which nobody here looks at again: handed over it costs the page nothing. */
export function memoryOf(result: unknown): Transferable[] {
  const array = result instanceof Uint8Array ? result : (result as Partial<StateTensor> | undefined)?.data;
  return array?.buffer instanceof ArrayBuffer ? [array.buffer] : [];
}

type Methods = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

async function reply(methods: Methods, handOver: typeof memoryOf, { id, method, args }: Call): Promise<void> {
  try {
    const result = await methods[method](...(args as never[]));
    answer({ id, result, ...status() }, handOver(result));
  } catch (error) {
    answer({ id, failure: toFailure(error), ...status() });
  }
}

// ----- a thread --------------------------------------------------------------------------------------------------------

let program: ThreadProgram;

function work(message: ThreadMessage<Session, Job>): void {
  let failure: unknown;
  try {
    if (message.kind === 'begin') program = openProgram(message.data, message.part, message.parts);
    else for (const _ of program.run(message.job));
  } catch (error) {
    // The thread that failed says why.
    if (!(error instanceof BarrierBroken)) failure = error;
  }
  globalThis.postMessage(failure);
}

/** Answers the page's calls of `methods` with memory that `handOver` names, and works as a thread for a worker that asks for it. */
export function serve(methods: Methods, handOver = memoryOf): void {
  addEventListener('message', ({ data: message }: MessageEvent<Call | ThreadMessage<Session, Job>>) => {
    if (message.kind === 'call') void reply(methods, handOver, message);
    else work(message);
  });
}
