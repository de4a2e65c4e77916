// One network of the page, where it comes from, and what is known of its training so far.

import type { Dataset, EpochEvent, Evaluation, Network } from 'forward-forward';
import { PIXELS, SIDE } from './digits.ts';
import type { State } from './state.ts';

/** A place on a curve: epochs done, and what was measured there. */
export type Point = readonly [epoch: number, value: number];

/** Where a network comes from. */
export interface Origin {
  /** The settings that make it; absent where a file's are none of this page's. */
  readonly state?: State;
  /** The file that it was loaded from. */
  readonly file?: string;
}

/** Of an epoch, what has a mean over its digits. */
type Means = Pick<EpochEvent, 'trainError' | 'positiveGoodness' | 'negativeGoodness'>;

/** Share of an epoch that a place on a curve is the mean of, at least: fewer digits make it rough. */
const SPAN = 0.04;

export class Training {
  readonly network: Network;
  readonly origin: Origin;
  readonly trainErrors: Point[] = [];
  readonly testErrors: Point[] = [];
  /** For each layer. */
  readonly positive: Point[][];
  readonly negative: Point[][];
  /** Whether it has learned more than its settings say: for longer, or from the visitor's digits. */
  isBeyond = false;
  #running: Promise<void> | undefined;
  /** Where the last place on the curves ends, and the sums of its epoch until there. */
  #last = { epoch: 1, share: 0, sums: [] as number[] };

  constructor(network: Network, origin: Origin) {
    this.network = network;
    this.origin = origin;
    this.positive = network.recipe.layers.map(() => []);
    this.negative = network.recipe.layers.map(() => []);
    this.#last.epoch = network.position.epoch;
  }

  /** Whether it has begun to learn here, or in what its file can go on from. */
  get hasBegun(): boolean {
    const { epoch, batch } = this.network.position;
    return epoch > 1 || batch > 0;
  }

  get isTrained(): boolean {
    return this.hasBegun || this.origin.file !== undefined;
  }

  /** Epochs done, with the part of the one in progress. */
  get epochs(): number {
    return this.network.position.epoch - 1 + this.#share();
  }

  /** Trains until `epochs` are done or until `signal` stops it, after the batch in progress. */
  async run(
    train: Dataset,
    test: Dataset,
    epochs: number,
    signal: AbortSignal,
    onEpoch: (event: EpochEvent) => void,
  ): Promise<void> {
    this.#running = (async () => {
      for await (const event of this.network.fit(train, { epochs, test, signal })) {
        this.#add(event.epoch, 1, event);
        this.testErrors.push([event.epoch, event.testError!]);
        onEpoch(event);
      }
    })();
    await this.#running;
  }

  /** Ends when training, which somebody has stopped, has. */
  async ended(): Promise<void> {
    await this.#running?.catch(() => {});
  }

  /** Adds what the epoch in progress looks like to the curves; true where there is anything new. */
  sample(): boolean {
    const { network, epochs } = this;
    const { epoch, share } = this.#last;
    if (epochs - (epoch - 1 + share) < SPAN || network.position.batch < 2) return false;
    this.#add(network.position.epoch, this.#share(), network.progress);
    return true;
  }

  /** The share of the epoch in progress that is done. */
  #share(): number {
    const { batch, examples } = this.network.position;
    return examples ? Math.min(1, (batch * this.network.recipe.batch) / examples) : 0;
  }

  /**
   * Adds the means of what has gone by since the last place. What an epoch tells are means from its beginning on, which leap from one epoch
   * to the next.
   */
  #add(epoch: number, share: number, { trainError, positiveGoodness, negativeGoodness }: Means): void {
    const sums = [trainError, ...positiveGoodness, ...negativeGoodness].map(mean => mean * share);
    const last = this.#last.epoch === epoch ? this.#last : { share: 0, sums: [] };
    const span = share - last.share;
    this.#last = { epoch, share, sums };
    // Too few digits at the end of an epoch go with those at the beginning of the next, as nearly as their number lets them.
    if (span < SPAN / 2) return;
    const means = sums.map((sum, i) => (sum - (last.sums[i] ?? 0)) / span);
    const at = epoch - 1 + share;
    this.trainErrors.push([at, Math.max(0, means[0])]);
    const layers = this.positive.length;
    for (let l = 0; l < layers; l++) {
      this.positive[l].push([at, means[1 + l]]);
      this.negative[l].push([at, means[1 + layers + l]]);
    }
  }

  /** What it thinks of one digit of (28, 28) bytes, with the goodness of each layer. */
  look(pixels: Uint8Array): Promise<Evaluation> {
    const labels = new Uint8Array(1);
    return this.network.evaluate({
      name: 'the drawing',
      count: 1,
      width: PIXELS,
      classes: 10,
      shape: [SIDE, SIDE],
      inputs: pixels,
      labels,
    });
  }
}
