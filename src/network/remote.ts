// A network as a page sees it: the one of network.ts, but it lives in a worker, so that the page is never held up. What
// does not wait (position, progress) is as the worker last told, 50 ms ago at most.

import type { DatasetLike, NumberArray } from '../data/dataset.ts';
import { fromFailure, InputError } from '../errors.ts';
import type { Prediction } from '../readouts/prediction.ts';
import { isShared, sharedBuffer, viewLike } from '../threads/memory.ts';
import { Described } from './described.ts';
import type { EpochEvent } from './events.ts';
import type { Call, Opened, Reply, SessionDescription } from './messages.ts';
import type { Evaluation, FitOptions, Network } from './network.ts';
import type { NetworkMethods } from './page-home.ts';
import type { Position } from './position.ts';
import type { StateTensor } from './state.ts';

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

type Arguments<Method> = Method extends (...args: infer Args) => unknown ? Args : never;
type Result<Method> = Method extends (...args: never[]) => infer Result ? Result : never;

/** The worker, whose methods are called by messages. */
export class Home<Methods extends NetworkMethods = NetworkMethods> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #failure: Error | undefined;
  /** What the worker last told of its network. */
  status: Reply['status'];

  constructor(url: string) {
    this.#worker = new Worker(url, { name: 'forward-forward' });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => this.#hear(data));
    this.#worker.addEventListener('error', ({ message }) => {
      const reason = message || 'its script was refused; give one that the page may load as workerUrl';
      this.#end(new Error(`the worker failed: ${reason}`));
    });
  }

  call<Name extends keyof Methods & string>(
    method: Name,
    args: Arguments<Methods[Name]>,
    transfer: Transferable[] = [],
  ): Result<Methods[Name]> {
    const made = new Promise((resolve, reject) => {
      if (this.#failure) throw this.#failure;
      const message: Call = { kind: 'call', id: this.#calls, method, args };
      this.#worker.postMessage(message, transfer);
      this.#waiting.set(this.#calls++, { resolve, reject });
    });
    return made as Result<Methods[Name]>;
  }

  close(): void {
    this.#end(new InputError('the network is closed'));
  }

  #hear({ id, result, failure, status }: Reply): void {
    if (status) this.status = status;
    if (id === undefined) return;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (failure) waiting?.reject(fromFailure(failure));
    else waiting?.resolve(result as never);
  }

  #end(failure: Error): void {
    this.#failure ??= failure;
    // Its threads are workers of its own, which end with it.
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

/** Made by createNetwork or decodeNetwork. */
export class RemoteNetwork extends Described implements Omit<Network, 'session' | 'atRest'> {
  /** @internal */
  readonly session: SessionDescription;
  /** Threads that share the work: one where the page is not cross-origin isolated. */
  readonly threads: number;
  /** Bytes of each layer's memory and of the readout's: all that training will ever use for the network. */
  readonly memoryBytes: number[];
  /** @internal The worker it lives in. */
  readonly home: Home;

  /** @internal */
  constructor(home: Home, { session, threads, memoryBytes }: Opened) {
    super();
    this.home = home;
    this.session = session;
    this.threads = threads;
    this.memoryBytes = memoryBytes;
  }

  /** Where training stands. */
  get position(): Position {
    return this.home.status!.position;
  }

  /** What was told of every epoch so far, those before a resume included. */
  get history(): readonly EpochEvent[] {
    return this.position.history;
  }

  /** The epoch in progress, as far as it has come. */
  get progress(): EpochEvent {
    return this.home.status!.progress;
  }

  /**
   * Trains up to `epochs`, telling after each. A network that has been trained or resumed goes on from where it stands.
   * Meanwhile it can be asked: training steps aside between two batches, which changes none of its bits. Throws an
   * InputError for data that do not fit the network or differ where the recipe puts the label, or where another `fit` has begun and
   * not ended.
   */
  async *fit(train: DatasetLike, options: FitOptions = {}): AsyncGenerator<EpochEvent, void, void> {
    const { signal, validation, test, ...plain } = options;
    const data = await postable(train);
    const watched = {
      ...(validation && { validation: await postable(validation) }),
      ...(test && { test: await postable(test) }),
    };
    const transfer = transferable(data, ...Object.values(watched));
    await this.home.call('fit', [data, { ...plain, ...watched }, signal?.aborted ?? false], transfer);
    const stop = () => void this.home.call('stop', []);
    signal?.addEventListener('abort', stop);
    try {
      if (signal?.aborted) stop();
      for (;;) {
        const told = await this.home.call('next', []);
        if (!told || told.done) return;
        yield told.value;
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      await this.home.call('end', []);
    }
  }

  /** What the softmax readout makes of every example, (count, classes), from one pass each: the labels are not looked at. */
  async probabilities(data: DatasetLike): Promise<Float32Array> {
    const posted = await postable(data);
    return this.home.call('probabilities', [posted], transferable(posted));
  }

  /** Both readouts on labelled data. */
  async evaluate(data: DatasetLike): Promise<Evaluation> {
    const posted = await postable(data);
    return this.home.call('evaluate', [posted], transferable(posted));
  }

  /**
   * The goodness of each label in each layer at each step of a recurrent network, (count, iterations, layers, classes), all
   * steps and not only those that count. Throws an InputError where the network is not recurrent.
   */
  async goodnessOverTime(data: DatasetLike): Promise<Float32Array> {
    const posted = await postable(data);
    return this.home.call('goodnessOverTime', [posted], transferable(posted));
  }

  /** What the network thinks of one example: `inputs` bytes (standing for value / 255) or finite numbers. */
  async predict(example: NumberArray): Promise<Prediction> {
    return this.home.call('predict', [await postableArray(example)]);
  }

  /**
   * A copy of one of the arrays that a model file holds, by its name there: `layers.0.weight` (inputs, units),
   * `layers.0.bias`, … In training it is as one of the batches has left it.
   */
  async tensor(name: string): Promise<StateTensor> {
    return this.home.call('tensor', [name]);
  }

  /** Ends the worker and its threads; the network cannot be used any more. */
  async close(): Promise<void> {
    this.home.close();
  }
}

/** The dataset in memory that all workers see, or, where there is none such, a copy to hand over. */
export async function postable(dataset: DatasetLike): Promise<DatasetLike> {
  // Where plain JavaScript leaves something out, the worker says so.
  const { inputs, labels, ...rest } = { ...dataset };
  return { ...rest, inputs: await postableArray(inputs), labels: await postableArray(labels) };
}

/** Bytes that are copied in one go: a few milliseconds, where new memory is slow. */
const PIECE = 256 * 1024;

export async function postableArray(values: NumberArray): Promise<NumberArray> {
  // A view is posted with all of the memory behind it.
  if (!ArrayBuffer.isView(values)) return values;
  if (isShared(values.buffer)) return values;
  const from = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const room = sharedBuffer(values.byteLength);
  const to = new Uint8Array(room);
  for (let begin = 0; begin < from.length; begin += PIECE) {
    if (begin > 0) await new Promise(resolve => setTimeout(resolve));
    to.set(from.subarray(begin, begin + PIECE), begin);
  }
  return viewLike(values, room);
}

/** The memory of datasets that can be handed over. */
export function transferable(...datasets: Pick<DatasetLike, 'inputs' | 'labels'>[]): Transferable[] {
  const arrays = datasets.flatMap(({ inputs, labels }) => [inputs, labels]);
  const buffers = arrays.map(array => ArrayBuffer.isView(array) && array.buffer);
  return buffers.filter(buffer => buffer instanceof ArrayBuffer);
}
