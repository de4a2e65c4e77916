// A network as its user sees it: fit, evaluate, predict, save. The same in Node and in a page; what differs (threads,
// files, where the Wasm comes from) is given to it.

import {
  checkLabelRoom,
  checkLabelStrength,
  type Dataset,
  type DatasetLike,
  type NumberArray,
  shareDataset,
  toDataset,
} from '../data/dataset.ts';
import { shuffledOrder } from '../data/shuffle.ts';
import { DivergenceError, InputError } from '../errors.ts';
import { firstNotFinite } from '../files/finite.ts';
import { bindKernels, type Kernels } from '../kernels/kernels.ts';
import { stream } from '../kernels/random-streams.ts';
import type { RolledOut } from '../negatives/rolled-out.ts';
import type { StopSignal } from '../platform.ts';
import { type Scored, scoreAnswers, sumOverLayers } from '../readouts/goodness.ts';
import type { Prediction } from '../readouts/prediction.ts';
import {
  hasNegatives,
  isLayerwise,
  isRolledOut,
  type ReadoutName,
  readFrom,
  readoutOf,
  scoresLabels,
} from '../recipes/recipe.ts';
import { Control } from '../schedules/control.ts';
import { extras } from '../schedules/extras.ts';
import type { EvaluateJob, Job } from '../schedules/job.ts';
import type { Session } from '../schedules/session.ts';
import { sharedBuffer } from '../threads/memory.ts';
import type { Team } from '../threads/team.ts';
import { Described } from './described.ts';
import type { EpochEvent } from './events.ts';
import type { Position } from './position.ts';
import { notFinite, readState, type StateTensor } from './state.ts';

export interface FitOptions {
  /** Epochs since the beginning of training, those before a resume included; the recipe's by default. */
  readonly epochs?: number;
  /** Held out of the training set and evaluated after each epoch: what settings are chosen by. */
  readonly validation?: DatasetLike;
  /** Evaluated after each epoch: for watching only. */
  readonly test?: DatasetLike;
  /** Ends training after the batch in progress; what was learned stays. */
  readonly signal?: StopSignal;
}

/** The answers of both readouts on labelled data. */
export interface Evaluation {
  /** The answers that count: those of `readout`. */
  readonly answers: Scored;
  /** The goodness readout where there is one, the softmax readout elsewhere. */
  readonly readout: ReadoutName;
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

/** Made by createNetwork or loadNetwork. */
export class Network extends Described {
  /** @internal */
  readonly session: Session;
  readonly #team: Team<Job>;
  readonly #control: Control;
  readonly #kernels: Kernels;
  #history: EpochEvent[] = [];
  #count = 0;
  #epoch = 1;
  #epochs: number;
  #trainSeconds = 0;
  #rolledOut: readonly number[] | undefined;
  /** Where examples may rest; and of which inputs, once they are known. */
  #settledIn: Uint16Array | undefined;
  #settledOf: NumberArray | undefined;
  #epochExamples = 0;
  /** Examples of the epochs before, where some have rested. */
  #seen: number | undefined;
  #startedAt: number | undefined;
  /** From the first step of a `fit` to its end. */
  #isTraining = false;
  /** Ends when everybody who has asked for the threads so far has had them. */
  #queue: Promise<void> = Promise.resolve();
  #waiting = 0;
  /** Why it cannot be used any more: it is closed, or a thread has failed in the middle of a batch. */
  #ended: InputError | undefined;

  /** @internal */
  constructor(session: Session, team: Team<Job>, position?: Position) {
    super();
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
      this.#rolledOut = position.rolledOut;
      this.#seen = position.seen;
      if (position.settledIn) {
        this.#settledIn = new Uint16Array(sharedBuffer(2 * position.settledIn.length));
        this.#settledIn.set(position.settledIn);
      }
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

  /** Where training stands; up to date at any time, and so in training ahead of the batch in progress: see `atRest`. */
  get position(): Position {
    return {
      epoch: this.#epoch,
      batch: this.#control.batches,
      examples: this.#count,
      trainSeconds: this.#seconds(),
      sums: Array.from(this.#control.sums),
      ...(this.#rolledOut && { rolledOut: this.#rolledOut }),
      ...(this.#settledIn && { settledIn: this.#settledIn, seen: this.#seen ?? 0 }),
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
      (this.#seen ?? (this.#epoch - 1) * this.#count) +
      (this.#control.batches > 0 ? this.#control.images : 0);
    const trainSeconds = this.#seconds();
    return {
      event: 'epoch',
      epoch: this.#epoch,
      epochs: this.#epochs,
      examples: this.#epochExamples,
      readout: readoutOf(recipe.learning),
      trainSeconds,
      imagesPerSecond: images / Math.max(trainSeconds, 1e-9),
      ...this.#control.means(plans.map(plan => plan.units)),
      ...(!isLayerwise(recipe.learning) && { positiveGoodness: [] }),
      ...(!hasNegatives(recipe.learning) && { negativeGoodness: [] }),
    };
  }

  #seconds(): number {
    const running = this.#startedAt === undefined ? 0 : (performance.now() - this.#startedAt) / 1000;
    return this.#trainSeconds + running;
  }

  /**
   * Trains up to `epochs`, telling after each. A network that has been trained or resumed goes on from where it stands.
   * Meanwhile it can be asked: training steps aside between two batches, which changes none of its bits. Throws an
   * InputError for data that do not fit the network or differ where the recipe puts the label, or where another `fit` has begun and
   * not ended; a DivergenceError where weights or activities are no longer finite.
   */
  async *fit(given: DatasetLike, options: FitOptions = {}): AsyncGenerator<EpochEvent, void, void> {
    const { signal, epochs = this.session.recipe.epochs } = options;
    const { recipe, classes } = this.session;
    if (!(Number.isInteger(epochs) && epochs > 0)) {
      throw new InputError(`epochs must be a whole number above 0, found ${epochs}`);
    }
    const train = this.#checked(given);
    const validation = options.validation && this.#checked(options.validation);
    const test = options.test && this.#checked(options.test);
    const { learning } = recipe;
    if (learning.kind === 'contrast') {
      const { label } = learning;
      if (label.kind === 'first') checkLabelRoom(train, classes);
      checkLabelStrength(train, label.kind === 'first' ? classes : 0, label.strength);
    }
    const expected = recipe.image && imageSize(recipe.image);
    const found = train.shape && imageSize(train.shape);
    if (expected && expected !== found) {
      throw new InputError(
        `recipe ${recipe.name} is for images of ${expected}, but ${train.name} has ${found ?? 'no rows and columns'}`,
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
    const rollOut = isRolledOut(recipe.learning) ? new extras.RolledOut(dataset) : undefined;
    if (this.#rolledOut) rollOut?.restore(this.#rolledOut);
    const settledIn = this.#restIn(dataset, given.inputs);
    const stop = () => {
      this.#control.stop = true;
    };
    signal?.addEventListener('abort', stop);
    this.#isTraining = true;
    try {
      while (this.#epoch <= epochs && !signal?.aborted) {
        const firstBatch = this.#control.batches;
        if (firstBatch === 0) {
          this.#control.sums.fill(0);
          if (rollOut && !(await this.#rollOut(rollOut, signal))) continue;
        }
        const order = this.#orderOf(dataset.count, settledIn);
        this.#epochExamples = order.length;
        const more = { ...(rollOut && { rolledOut: rollOut.negatives }), ...(settledIn && { settledIn }) };
        const job = { dataset, ...more, order, epoch: this.#epoch, epochs, firstBatch };
        await this.#train({ kind: 'train', ...job }, signal);
        // Stopped, or somebody else's turn.
        if (this.#control.batches < Math.ceil(order.length / recipe.batch)) continue;
        const done = this.progress;
        const tensor = notFinite(this.session);
        if (tensor) throw this.#diverge(`${tensor} is`);
        const event = {
          ...done,
          ...(validation && { validationError: (await this.#evaluate(validation)).answers.error }),
          ...(test && { testError: (await this.#evaluate(test)).answers.error }),
        };
        // All at once: whoever saves the network meanwhile has the epoch in the history, or still to be told of.
        this.#epoch++;
        this.#control.batches = 0;
        if (settledIn) this.#seen = (this.#seen ?? 0) + order.length;
        this.#rolledOut = undefined;
        this.#history.push(event);
        yield event;
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#isTraining = false;
    }
  }

  /** Where it is noted which examples of `dataset`, made of `inputs`, may rest; undefined where the recipe lets none. */
  #restIn({ count }: Dataset, inputs: NumberArray): Uint16Array | undefined {
    const { learning } = this.session.recipe;
    if (learning.kind !== 'classes' || learning.rest === undefined) return undefined;
    const isOther = this.#settledOf !== undefined && this.#settledOf !== inputs;
    if (isOther || this.#settledIn?.length !== count) {
      this.#settledIn = new Uint16Array(sharedBuffer(2 * count));
    }
    this.#settledOf = inputs;
    return this.#settledIn;
  }

  /** The examples of the epoch in progress, in its order: those that were settled of late rest. */
  #orderOf(count: number, settledIn: Uint16Array | undefined): Uint32Array {
    const { recipe, seed } = this.session;
    const order = shuffledOrder(count, this.#epoch, counter =>
      this.#kernels.randomBits(seed, stream.shuffle, counter),
    );
    const { learning } = recipe;
    if (!settledIn || learning.kind !== 'classes') return order;
    const { rest = 0 } = learning;
    // Those settled in this epoch itself have had their turn in it.
    return order.filter(i => {
      const last = settledIn[i];
      return last === 0 || last === this.#epoch || this.#epoch > last + rest;
    });
  }

  /** Lets the network, as it is before an epoch, write the epoch's negative data; false where it is stopped. */
  async #rollOut(rollOut: RolledOut, signal?: AbortSignal): Promise<boolean> {
    const { seed, classes } = this.session;
    const first = (this.#epoch - 1) * this.#count;
    const isWhole = await rollOut.write(
      async dataset => {
        if (signal?.aborted) return undefined;
        const probabilities = new Float32Array(sharedBuffer(dataset.count * classes * 4));
        await this.#train({ kind: 'evaluate', dataset, goodness: new Float32Array(), probabilities }, signal);
        return probabilities;
      },
      example => (this.#kernels.randomBits(seed, stream.characters, first + example) >>> 0) / 2 ** 32,
    );
    if (isWhole) this.#rolledOut = Array.from(rollOut.negatives.labels);
    return isWhole;
  }

  /** Works on an epoch to its end, or until it is stopped or somebody else wants the threads. */
  async #train(job: Job, signal?: AbortSignal): Promise<void> {
    await this.#inTurn(async () => {
      this.#control.stop = (signal?.aborted ?? false) || this.#waiting > 0;
      this.#control.decideToHalt();
      this.#startedAt = performance.now();
      try {
        await this.#run(job);
        const { diverged } = this.#control;
        if (diverged > 0) {
          const isReadout = diverged > this.session.plans.length;
          throw this.#diverge(`activities of ${isReadout ? 'the readout' : `layer ${diverged}`} are`);
        }
      } finally {
        this.#trainSeconds = this.#seconds();
        this.#startedAt = undefined;
      }
    });
  }

  /** Ends the network, whose weights are of no use any more. */
  #diverge(what: string): DivergenceError {
    const error = new DivergenceError(
      `training diverged in epoch ${this.#epoch}, batch ${this.#control.batches}: ${what} no longer finite; lower the learning rate`,
    );
    this.#ended ??= new InputError(`the network cannot be used any more: ${error.message}`);
    return error;
  }

  /** What the softmax readout makes of every example, (count, classes), from one pass each: the labels are not looked at. */
  async probabilities(data: DatasetLike): Promise<Float32Array> {
    return this.#ask(this.#checked(data), new Float32Array());
  }

  /** Both readouts on labelled data. */
  async evaluate(data: DatasetLike): Promise<Evaluation> {
    return this.#evaluate(this.#checked(data));
  }

  /**
   * The goodness of each label in each layer at each step of a recurrent network, (count, iterations, layers, classes), all
   * steps and not only those that count. Throws an InputError where the network is not recurrent.
   */
  async goodnessOverTime(given: DatasetLike): Promise<Float32Array> {
    const { recipe, classes, plans } = this.session;
    const { learning } = recipe;
    if (learning.kind !== 'recurrent') {
      throw new InputError(`recipe ${recipe.name} has no steps over time: its learning is not recurrent`);
    }
    const data = this.#checked(given);
    const length = data.count * learning.iterations * plans.length * classes;
    const overTime = new Float32Array(sharedBuffer(length * 4));
    await this.#evaluate(data, overTime);
    return overTime;
  }

  #checked(data: DatasetLike): Dataset {
    return toDataset(data, this.session.inputs, this.session.classes);
  }

  async #evaluate(data: Dataset, overTime?: Float32Array): Promise<Evaluation> {
    const { recipe, classes, plans } = this.session;
    const labels = scoresLabels(recipe.learning) ? classes : 0;
    const goodness = new Float32Array(sharedBuffer(data.count * plans.length * labels * 4));
    const probabilities = await this.#ask(data, goodness, overTime);
    // Of all layers: what is not finite is lost in the next one.
    this.#checkScores(data, goodness, plans.length);
    const goodnessSums = sumOverLayers(goodness, plans.length, classes, readFrom(recipe));
    const goodnessReadout = labels ? scoreAnswers(goodnessSums, data.labels, classes) : undefined;
    const softmaxReadout = scoreAnswers(probabilities, data.labels, classes);
    return {
      answers: goodnessReadout ?? softmaxReadout,
      readout: readoutOf(recipe.learning),
      ...(goodnessReadout && { goodnessReadout }),
      softmaxReadout,
      goodness,
      goodnessSums,
      probabilities,
    };
  }

  /** Fills `goodness`, unless it is empty, and `overTime`; gives the softmax readout's probabilities. */
  async #ask(data: Dataset, goodness: Float32Array, overTime?: Float32Array): Promise<Float32Array> {
    const probabilities = new Float32Array(sharedBuffer(data.count * this.session.classes * 4));
    const dataset = shareDataset(data);
    const job: EvaluateJob = {
      kind: 'evaluate',
      dataset,
      goodness,
      probabilities,
      ...(overTime && { overTime }),
    };
    await this.#inTurn(() => this.#run(job));
    this.#checkScores(data, probabilities);
    return probabilities;
  }

  /** Throws an InputError, in training a DivergenceError, where the `scores` of labels (count, layers, classes) are no answer. */
  #checkScores({ name }: Dataset, scores: Float32Array, layers = 1): void {
    const at = firstNotFinite(scores);
    if (at < 0) return;
    const example = Math.floor(at / (layers * this.session.classes));
    const Kind = this.#isTraining ? DivergenceError : InputError;
    throw new Kind(
      `${name}: example ${example} makes scores that are not finite: its inputs are too large for this network, or its weights are`,
    );
  }

  /** What the network thinks of one example: `inputs` bytes (standing for value / 255) or finite numbers. */
  async predict(example: NumberArray): Promise<Prediction> {
    const { classes } = this.session;
    const labels = new Uint8Array(1);
    const { goodnessSums, probabilities, answers } = await this.evaluate({
      name: 'the example',
      count: 1,
      // None where plain JavaScript gives none.
      width: example?.length,
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
   * `layers.0.bias`, … In training it is as one of the batches has left it.
   */
  async tensor(name: string): Promise<StateTensor> {
    const [tensor] = await this.atRest(() => readState(this.session, false, name));
    if (!tensor) throw new InputError(`the network has no tensor called ${name}`);
    return tensor;
  }

  /**
   * Does `work` while no thread works on the network: in training between two batches, so that weights and position are of the
   * same moment. For code that saves, inspects or reports.
   * @internal
   */
  async atRest<Done>(work: () => Done): Promise<Done> {
    return this.#inTurn(async () => work());
  }

  /** Ends the threads; the network cannot be used any more. */
  async close(): Promise<void> {
    this.#ended ??= new InputError('the network is closed');
    await this.#team.close();
  }

  async #run(job: Job): Promise<void> {
    try {
      await this.#team.run(job);
    } catch (error) {
      if (this.#ended) throw this.#ended;
      const reason = error instanceof Error ? error.message : error;
      this.#ended = new InputError(`the network cannot be used any more since a thread failed: ${reason}`);
      throw error;
    }
  }

  /** Does `work` alone on the threads, after all that were there before; training steps aside for it. */
  async #inTurn<Done>(work: () => Promise<Done>): Promise<Done> {
    const before = this.#queue;
    let end!: () => void;
    this.#queue = new Promise(resolve => {
      end = resolve;
    });
    this.#waiting++;
    // Training that is in its turn; its next one begins by looking who waits.
    this.#control.stop = true;
    await before;
    this.#waiting--;
    try {
      if (this.#ended) throw this.#ended;
      return await work();
    } finally {
      end();
    }
  }
}

function imageSize([height, width, channels = 1]: NonNullable<Dataset['shape']>): string {
  return [height, width, ...(channels === 1 ? [] : [channels])].join(' × ');
}
