// Somebody's own data in a page: the functions of Node, each at work in a worker.

import type { Encoding } from '../data/encode-examples.ts';
import type { Examples, OpenedData } from '../data/examples/examples.ts';
import { blobOf } from '../data/formats/blob-table.ts';
import type { NotedTable, TextOptions } from '../data/formats/text-table.ts';
import type { Note } from '../data/notes.ts';
import type { PreprocessedData, PreprocessOptions } from '../data/preprocessed.ts';
import { InputError } from '../errors.ts';
import type { Answer } from '../network/answers.ts';
import type { LoadOptions } from '../network/encode.ts';
import type { EpochEvent } from '../network/events.ts';
import {
  bytesOf,
  fileWantsExtras,
  type PageOptions,
  PageScript,
  wantsExtras,
} from '../network/page-script.ts';
import { type Home, postable, postableArray, RemoteNetwork, transferable } from '../network/remote.ts';
import { shared } from '../network/script.js';
import type { BlobLike, ResponseLike } from '../platform.ts';
import type { Calibration } from '../readouts/calibration.ts';
import type { HowLearned, LearnedFrom, OwnMethods } from './page-worker.ts';
import { frameOf, Gathering, piecesOf } from './pieces.ts';
import { ownDataScript } from './script.js';
import type { TrainModelOptions as NodeOptions, TrainedModel as NodeTrainedModel } from './train-model.ts';

const ownScript = /* @__PURE__ */ new PageScript<OwnMethods>(shared, ownDataScript);

/** What `trainModel` takes in a page: what it takes in Node, without files. */
export interface TrainModelOptions
  extends PageOptions,
    Omit<NodeOptions, 'checkpoint' | 'resume' | 'onStart'> {
  /** Told before the first epoch, with the network that is trained. */
  readonly onStart?: (network: RemoteNetwork) => void;
}

/** A model and how it was come by. */
export interface TrainedModel extends Omit<NodeTrainedModel, 'model'> {
  readonly model: Model;
}

/**
 * The table in a `File`, a `Blob` or a `Response` of CSV, gzipped or not, read in a worker. How it was read is in its `notes`. Throws an
 * InputError that names what is wrong; so for a text that is not UTF-8 and whose encoding, unlike in Node, is not one of the usual ones.
 */
export async function readTable(
  source: BlobLike | ResponseLike,
  options: TextOptions & PageOptions = {},
): Promise<NotedTable> {
  const blob = await blobOf(source);
  return inWorker(options, async (home, plain) => {
    const gathering = new Gathering(await home.call('read', [blob, plain]));
    for (;;) {
      const piece = await home.call('piece', []);
      if (!piece) return gathering.examples as NotedTable;
      gathering.add(piece);
    }
  });
}

/**
 * What own data need before `trainModel`, done in a worker: splits and encodes examples as `preprocess` does in Node, with the same
 * result. Throws an InputError where there is no column to learn, or too many classes or too few examples.
 */
export async function preprocess(
  { examples, test }: OpenedData,
  options: PreprocessOptions & PageOptions = {},
): Promise<PreprocessedData> {
  return inWorker(options, async (home, plain) => {
    const learned = await give(home, examples);
    return home.call('preprocess', [learned, test && (await give(home, test)), plain]);
  });
}

/**
 * Trains a network on `data` (of `preprocess`) in a worker, as `trainModel` does in Node. Close the model when done. Throws an InputError for a recipe that makes no sense, or where training is stopped before it has looked at the validation examples.
 */
export async function trainModel(
  data: PreprocessedData,
  options: TrainModelOptions = {},
): Promise<TrainedModel> {
  const { signal, onStart, onEpoch, ...rest } = options;
  for (const name of ['checkpoint', 'resume']) {
    if (name in rest) throw new InputError(`${name} needs Node: a page has no files, leave it out`);
  }
  const { encoding } = data;
  const [train, validation, whole] = await Promise.all(
    [data.train, data.validation, data.whole].map(
      async part => (await postable(part)) as LearnedFrom['train'],
    ),
  );
  return ownScript.start(rest, wantsExtras(rest.recipe), async (home, source, plain) => {
    const posted = { encoding, train, validation, whole };
    const isStopped = signal?.aborted ?? false;
    const told = await home.call(
      'train',
      [source, posted, plain, isStopped],
      transferable(train, validation, whole),
    );
    const network = new RemoteNetwork(home, told);
    onStart?.(network);
    const stop = () => void home.call('stop', []);
    signal?.addEventListener('abort', stop);
    try {
      if (signal?.aborted) stop();
      for (;;) {
        const { done, value } = (await home.call('next', []))!;
        if (done) {
          await home.call('end', []);
          const { calibration, ...how } = value as HowLearned;
          return { model: new Model(network, home, encoding, calibration), ...how };
        }
        onEpoch?.(value as EpochEvent);
      }
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  });
}

/** A network that knows what its inputs and classes mean. Made by `trainModel` or `decodeModel`. */
export class Model {
  readonly network: RemoteNetwork;
  readonly encoding: Encoding;
  readonly calibration: Calibration;
  readonly #home: Home<OwnMethods>;

  /** @internal */
  constructor(network: RemoteNetwork, home: Home<OwnMethods>, encoding: Encoding, calibration: Calibration) {
    this.network = network;
    this.#home = home;
    this.encoding = encoding;
    this.calibration = calibration;
  }

  /** An answer for each example, by the goodness readout where there is one. Throws an InputError for examples of another kind. */
  async predict(examples: Examples): Promise<Answer[]> {
    return this.#home.call('answer', [await give(this.#home, examples)]);
  }

  /** What answers about `examples` may be wrong for: cells never seen in training, missing, unreadable, far from all others. */
  async notes(examples: Examples): Promise<Note[]> {
    return this.#home.call('notes', [await give(this.#home, examples)]);
  }

  /** All of it as the bytes of one safetensors file, which `decodeModel` reads. */
  async encode(): Promise<Uint8Array> {
    return this.#home.call('encodeOwn', []);
  }

  /** Ends the worker and its threads; the model cannot be used any more. */
  async close(): Promise<void> {
    await this.network.close();
  }
}

/** The model of own data in the bytes of a file, whether a page or Node wrote it. Throws an InputError where the file is none. */
export async function decodeModel(
  bytes: Uint8Array,
  options: LoadOptions & PageOptions = {},
): Promise<Model> {
  const whole = bytesOf(bytes);
  return ownScript.start(options, fileWantsExtras(whole), async (home, source, plain) => {
    const { encoding, calibration, ...told } = await home.call('decodeOwn', [
      source,
      whole,
      'the model',
      plain,
    ]);
    return new Model(new RemoteNetwork(home, told), home, encoding, calibration);
  });
}

/** What `use` makes of a worker that is ended then. */
function inWorker<Options extends PageOptions, Made>(
  options: Options,
  use: (home: Home<OwnMethods>, plain: Omit<Options, keyof PageOptions>) => Promise<Made>,
): Promise<Made> {
  return ownScript.start(options, false, async (home, _source, plain) => {
    const made = await use(home, plain);
    home.close();
    return made;
  });
}

let examplesGiven = 0;

/** The number by which a worker knows examples that it was given. */
async function give(home: Home<OwnMethods>, examples: Examples): Promise<number> {
  const id = examplesGiven++;
  const frame = frameOf(examples);
  if ('pixels' in frame) {
    const pixels = (await postableArray(frame.pixels)) as Uint8Array;
    await home.call('take', [id, { ...frame, pixels }], transferable({ inputs: pixels, labels: [] }));
  } else await home.call('take', [id, frame]);
  for (const piece of piecesOf(examples)) await home.call('add', [id, piece]);
  return id;
}
