// A network as its user sees it: fit, evaluate, predict, save. The same in Node and in a page; what differs (threads,
// files, where the Wasm comes from) is given to it.

import { checkDataset, type Dataset, shareDataset } from '../data/dataset.ts';
import { shuffledOrder } from '../data/shuffle.ts';
import { InputError } from '../errors.ts';
import { bindKernels, type Kernels } from '../kernels/kernels.ts';
import { type Scored, scoreAnswers, sumOverLayers } from '../readout/goodness.ts';
import { hasLabel } from '../recipes/recipe.ts';
import { Control } from '../schedule/control.ts';
import { type EvaluateJob, type Job, stream, type TrainJob } from '../schedule/job.ts';
import type { Session } from '../schedule/session.ts';
import { sharedBuffer } from '../threads/memory.ts';
import type { Team } from '../threads/team.ts';
import type { EpochEvent } from '../train/events.ts';
import { readState, type StateTensor } from './state.ts';

/** Where training stands: in the middle of `epoch`, with `batch` of its batches done. */
export interface Position {
  /** Counts from 1. */
  readonly epoch: number;
  readonly batch: number;
  /** Examples in an epoch; 0 before the first. */
  readonly examples: number;
  readonly trainSeconds: number;
  /** What the epoch has summed up so far, for its event. */
  readonly sums: readonly number[];
  /** What was told of the epochs before. */
  readonly history: readonly EpochEvent[];
}

export interface FitOptions {
  /** Epochs since the beginning of training, those before a resume included; the recipe's by default. */
  readonly epochs?: number;
  /** Held out of the training set and evaluated after each epoch: what settings are chosen by. */
  readonly validation?: Dataset;
  /** Evaluated after each epoch: for watching only. */
  readonly test?: Dataset;
  /** Ends training after the batch in progress; what was learned stays. */
  readonly signal?: AbortSignal;
}

/** The answers of both readouts on labelled data. */
export interface Evaluation {
  /** The answers that count: those of the goodness readout, where there is one. */
  readonly answers: Scored;
  /** Absent where the network is not given labels. */
  readonly goodnessReadout?: Scored;
  readonly softmaxReadout: Scored;
  /** Goodness of each label in each layer, (count, layers, classes); empty where the network is not given labels. */
  readonly goodness: Float32Array;
  /** The same summed over the layers that are read: what the goodness readout compares, (count, classes) or empty. */
  readonly goodnessSums: Float32Array;
  /** Of the softmax readout, (count, classes). */
  readonly probabilities: Float32Array;
}

/** What the network thinks of one example. */
export interface Prediction {
  /** The answer that counts: of the goodness readout, where there is one. */
  readonly label: number;
  /** The goodness of each label, summed over the layers that are read; empty where the network is not given labels. */
  readonly goodness: readonly number[];
  /** Of the softmax readout, which answers from a single pass. */
  readonly probabilities: readonly number[];
}

/** Made by createNetwork or loadNetwork. */
export class Network {
  /** What it is made of, for code that saves, inspects or reports; not covered by semantic versioning. */
  readonly session: Session;
  readonly #team: Team<Job>;
  readonly #control: Control;
  readonly #kernels: Kernels;
  #history: EpochEvent[] = [];
  #count = 0;
  #epoch = 1;
  #epochs: number;
  #trainSeconds = 0;
  #startedAt: number | undefined;
  #isTraining = false;
  /** Ends when everybody who has asked for the threads so far has had them. */
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(session: Session, team: Team<Job>, position?: Position) {
    this.session = session;
    this.#team = team;
    this.#control = new Control(session.plans.length, session.control);
    this.#kernels = bindKernels(session.module, session.readoutMemory);
    this.#epochs = session.recipe.epochs;
    if (position) {
      this.#control.batches = position.batch;
      this.#control.sums.set(position.sums.slice(0, this.#control.sums.length));
      this.#epoch = position.epoch;
      this.#count = position.examples;
      this.#trainSeconds = position.trainSeconds;
      this.#history = [...position.history];
    }
  }

  /** Threads that share the work. */
  get threads(): number {
    return this.#team.threads;
  }

  /** Bytes of each layer's memory and of the readout's: all that training will ever use for the network. */
  get memoryBytes(): number[] {
    return [...this.session.plans.map(plan => plan.bytes), this.session.readoutPlan.bytes];
  }

  /** Where training stands; up to date at any time. */
  get position(): Position {
    return {
      epoch: this.#epoch,
      batch: this.#control.batches,
      examples: this.#count,
      trainSeconds: this.#seconds(),
      sums: Array.from(this.#control.sums),
      history: this.#history,
    };
  }

  /** What was told of every epoch so far, those before a resume included. */
  get history(): readonly EpochEvent[] {
    return this.#history;
  }

  /** The epoch in progress, as far as it has come. */
  get progress(): EpochEvent {
    const { plans, recipe } = this.session;
    const images =
      (this.#epoch - 1) * this.#count + Math.min(this.#count, this.#control.batches * recipe.batch);
    const trainSeconds = this.#seconds();
    return {
      event: 'epoch',
      epoch: this.#epoch,
      epochs: this.#epochs,
      trainSeconds,
      imagesPerSecond: images / Math.max(trainSeconds, 1e-9),
      ...this.#control.means(plans.map(plan => plan.units)),
    };
  }

  #seconds(): number {
    const running = this.#startedAt === undefined ? 0 : (performance.now() - this.#startedAt) / 1000;
    return this.#trainSeconds + running;
  }

  /**
   * Trains up to `epochs`, telling after each. A network that has been trained or resumed goes on from where it stands.
   * Meanwhile it can be asked: training steps aside between two batches, which changes none of its bits. Throws an
   * InputError for data that do not fit the network.
   */
  async *fit(train: Dataset, options: FitOptions = {}): AsyncGenerator<EpochEvent, void, void> {
    const { validation, test, signal, epochs = this.session.recipe.epochs } = options;
    const { recipe, inputs, classes, seed } = this.session;
    if (!(Number.isInteger(epochs) && epochs > 0)) {
      throw new InputError(`epochs must be a whole number above 0, found ${epochs}`);
    }
    checkDataset(train, inputs, classes);
    if (validation) checkDataset(validation, inputs, classes);
    if (test) checkDataset(test, inputs, classes);
    const expected = recipe.image && imageSize(recipe.image);
    const found = train.shape && imageSize(train.shape);
    if (expected && expected !== found) {
      throw new InputError(
        `recipe ${recipe.name} is for images of ${expected}, but ${train.name} has ${found ?? 'no rows and columns'}`,
      );
    }
    if (recipe.shift > 0 && !train.shape) {
      throw new InputError(
        `recipe ${recipe.name} moves images by pixels, but ${train.name} has no rows and columns`,
      );
    }
    if (this.#control.batches > 0 && train.count !== this.#count) {
      throw new InputError(
        `training stopped in the middle of an epoch of ${this.#count} examples: it cannot go on with ${train.count}`,
      );
    }
    if (this.#isTraining) throw new InputError('the network is in training: wait for fit to end, or stop it');
    const dataset = shareDataset(train);
    this.#epochs = epochs;
    this.#count = dataset.count;
    const batches = Math.ceil(dataset.count / recipe.batch);
    const stop = () => {
      this.#control.stop = true;
    };
    signal?.addEventListener('abort', stop);
    try {
      while (this.#epoch <= epochs && !signal?.aborted) {
        const firstBatch = this.#control.batches;
        if (firstBatch === 0) this.#control.sums.fill(0);
        const order = shuffledOrder(dataset.count, this.#epoch, counter =>
          this.#kernels.randomBits(seed, stream.shuffle, counter),
        );
        await this.#train({ kind: 'train', dataset, order, epoch: this.#epoch, epochs, firstBatch }, signal);
        // Stopped, or somebody else's turn.
        if (this.#control.batches < batches) continue;
        const done = this.progress;
        const isSane = [...done.positiveGoodness, ...done.negativeGoodness].every(Number.isFinite);
        if (!isSane) {
          throw new Error(
            `training diverged in epoch ${this.#epoch}: the goodness is no longer finite; lower the learning rate`,
          );
        }
        this.#epoch++;
        this.#control.batches = 0;
        const event = {
          ...done,
          ...(validation && { validationError: (await this.evaluate(validation)).answers.error }),
          ...(test && { testError: (await this.evaluate(test)).answers.error }),
        };
        this.#history.push(event);
        yield event;
      }
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Trains to the end of the epoch, or until it is stopped or somebody else wants the threads. */
  async #train(job: TrainJob, signal?: AbortSignal): Promise<void> {
    this.#isTraining = true;
    try {
      await this.#inTurn(async () => {
        this.#control.stop = (signal?.aborted ?? false) || this.#waiting > 0;
        this.#control.decideToHalt();
        this.#startedAt = performance.now();
        await this.#team.run(job);
        this.#trainSeconds = this.#seconds();
      });
    } finally {
      this.#startedAt = undefined;
      this.#isTraining = false;
    }
  }

  /** Both readouts on labelled data. */
  async evaluate(data: Dataset): Promise<Evaluation> {
    return this.#evaluate(data);
  }

  /**
   * The goodness of each label in each layer at each step of a recurrent network, (count, iterations, layers, classes), all
   * steps and not only those that count. Throws an InputError where the network is not recurrent.
   */
  async goodnessOverTime(data: Dataset): Promise<Float32Array> {
    const { recipe, classes, plans } = this.session;
    if (!recipe.schedule) {
      throw new InputError(`recipe ${recipe.name} has no steps over time: its schedule is not recurrent`);
    }
    const length = data.count * recipe.schedule.iterations * plans.length * classes;
    const overTime = new Float32Array(sharedBuffer(length * 4));
    await this.#evaluate(data, overTime);
    return overTime;
  }

  async #evaluate(data: Dataset, overTime?: Float32Array): Promise<Evaluation> {
    const { recipe, inputs, classes, plans } = this.session;
    checkDataset(data, inputs, classes);
    const labels = hasLabel(recipe) ? classes : 0;
    const goodness = new Float32Array(sharedBuffer(data.count * plans.length * labels * 4));
    const probabilities = new Float32Array(sharedBuffer(data.count * classes * 4));
    if (this.#isTraining) this.#control.stop = true;
    const job: EvaluateJob = {
      kind: 'evaluate',
      dataset: shareDataset(data),
      goodness,
      probabilities,
      ...(overTime && { overTime }),
    };
    await this.#inTurn(() => this.#team.run(job));
    const goodnessSums = sumOverLayers(goodness, plans.length, classes, recipe.readFrom);
    const goodnessReadout = labels ? scoreAnswers(goodnessSums, data.labels, classes) : undefined;
    const softmaxReadout = scoreAnswers(probabilities, data.labels, classes);
    return {
      answers: goodnessReadout ?? softmaxReadout,
      ...(goodnessReadout && { goodnessReadout }),
      softmaxReadout,
      goodness,
      goodnessSums,
      probabilities,
    };
  }

  /** What the network thinks of one example: `inputs` bytes (standing for value / 255) or floats. */
  async predict(example: Uint8Array | Float32Array): Promise<Prediction> {
    const { classes } = this.session;
    const labels = new Uint8Array(1);
    const { goodnessSums, probabilities, answers } = await this.evaluate({
      name: 'the example',
      count: 1,
      width: example.length,
      classes,
      inputs: example,
      labels,
    });
    return {
      label: answers.predictions[0],
      goodness: Array.from(goodnessSums),
      probabilities: Array.from(probabilities),
    };
  }

  /**
   * A copy of one of the arrays that a model file holds, by its name there: `layers.0.weight` (inputs, units),
   * `layers.0.bias`, … In training they are those of a moment ago.
   */
  async tensor(name: string): Promise<StateTensor> {
    const [tensor] = readState(this.session, false, name);
    if (!tensor) throw new InputError(`the network has no tensor called ${name}`);
    return tensor;
  }

  /** Ends the threads; the network cannot be used any more. */
  async close(): Promise<void> {
    await this.#team.close();
  }

  /** Does `work` alone on the threads, after all that were there before. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const before = this.#queue;
    let end!: () => void;
    this.#queue = new Promise(resolve => {
      end = resolve;
    });
    this.#waiting++;
    await before;
    this.#waiting--;
    try {
      await work();
    } finally {
      end();
    }
  }
}

function imageSize([height, width, channels = 1]: NonNullable<Dataset['shape']>): string {
  return [height, width, ...(channels === 1 ? [] : [channels])].join(' × ');
}
