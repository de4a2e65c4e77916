// The script of a worker that does for a page what its own data ask for: reads and encodes them, has the network that learns them,
// and answers with it. And of that network's threads.

import { notesOn } from '../data/encode-examples.ts';
import { type NamedBlob, parseBlob } from '../data/formats/blob-table.ts';
import type { TextOptions } from '../data/formats/text-table.ts';
import { type PreprocessedData, type PreprocessOptions, preprocessed } from '../data/preprocessed.ts';
import { joinChunks } from '../files/safetensors.ts';
import { Answerer, notOwn } from '../network/answers.ts';
import { encodeModel, type LoadOptions, type OwnDescription } from '../network/encode.ts';
import type { EpochEvent } from '../network/events.ts';
import type { KernelSource, Opened } from '../network/messages.ts';
import { Network } from '../network/network.ts';
import { decodeWhole } from '../network/own-description.ts';
import {
  hostWith,
  memoryOf,
  networkMethods,
  opened,
  possible,
  serve,
  startTraining,
} from '../network/page-home.ts';
import { transferable } from '../network/remote.ts';
import { type Frame, frameOf, Gathering, type Piece, piecesOf } from './pieces.ts';
import { learnOwn, type TrainingOptions, type TrainingResult } from './training.ts';

/** The data that a network learns from. */
export type LearnedFrom = Pick<PreprocessedData, 'encoding' | 'train' | 'validation' | 'whole'>;
/** What the page has to know of how a model was come by. */
export type HowLearned = Omit<TrainingResult, 'network'>;

let pieces: Iterator<Piece, undefined, void>;
/** What has come of the examples that the page has numbered. */
const gatherings = new Map<number, Gathering>();
let model: Answerer<Network>;

/** The examples of a number, all of whose pieces have come, and which come once only. */
function gathered(id: number) {
  const { examples } = gatherings.get(id)!;
  gatherings.delete(id);
  return examples;
}

/** The epochs of the search; the network that learns, and in the end the one that is kept, becomes the one that the page asks. */
async function* epochsOf(
  steps: ReturnType<typeof learnOwn>,
  encoding: OwnDescription['encoding'],
): AsyncGenerator<EpochEvent, HowLearned, void> {
  try {
    for (;;) {
      const { done, value } = await steps.next();
      if (done) {
        const { network, ...how } = value;
        opened(network);
        model = new Answerer(network, encoding, how.calibration);
        return how;
      }
      if (value instanceof Network) opened(value);
      else yield value;
    }
  } finally {
    await steps.return(undefined as never);
  }
}

const ownMethods = {
  ...networkMethods,
  read: async (blob: NamedBlob, options: TextOptions): Promise<Frame> => {
    const table = await parseBlob(blob, {}, options);
    pieces = piecesOf(table);
    return frameOf(table);
  },
  piece: async () => pieces.next().value,
  take: async (id: number, frame: Frame) => {
    gatherings.set(id, new Gathering(frame));
  },
  add: async (id: number, piece: Piece) => gatherings.get(id)!.add(piece),
  preprocess: async (examples: number, test: number | undefined, options: PreprocessOptions) => {
    const source = { examples: gathered(examples), ...(test !== undefined && { test: gathered(test) }) };
    return preprocessed(source, options);
  },
  train: async (
    source: KernelSource,
    { encoding, ...data }: LearnedFrom,
    options: Pick<TrainingOptions, 'recipe' | 'seed' | 'threads'>,
    isStopped: boolean,
  ): Promise<Opened> => {
    let steps!: ReturnType<typeof learnOwn>;
    startTraining(isStopped, signal => {
      steps = learnOwn(hostWith(source), data, { ...possible(options), signal });
      return epochsOf(steps, encoding);
    });
    return opened((await steps.next()).value as Network);
  },
  decodeOwn: async (
    source: KernelSource,
    bytes: Uint8Array,
    path: string,
    options: LoadOptions,
  ): Promise<Opened & OwnDescription> => {
    const { network, description } = await decodeWhole(hostWith(source), bytes, path, possible(options));
    const { encoding, calibration } = description;
    if (!(encoding && calibration)) throw notOwn(path);
    model = new Answerer(network, encoding, calibration);
    return { ...opened(network), encoding, calibration };
  },
  encodeOwn: async () => {
    const { network, encoding, calibration } = model;
    return joinChunks(await encodeModel(network, false, { encoding, calibration }));
  },
  answer: async (examples: number) => model.predict(gathered(examples)),
  notes: async (examples: number) => notesOn(model.encoding, gathered(examples)),
};

/** What a page can ask of the worker of its own data. */
export type OwnMethods = typeof ownMethods;

serve(ownMethods, result => {
  const { train, validation, whole, test } = Object(result) as Partial<PreprocessedData>;
  return train ? transferable(train, validation!, whole!, test!) : memoryOf(result);
});
