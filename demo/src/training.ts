// One network of the page and what is known of its training so far.

import type { Dataset, EpochEvent, Evaluation, Network } from 'forward-forward';
import { PIXELS, SIDE } from './digits.ts';

/** A place on a curve: epochs done, and what was measured there. */
export type Point = readonly [epoch: number, value: number];

export class Training {
  readonly network: Network;
  readonly trainErrors: Point[] = [];
  readonly testErrors: Point[] = [];
  /** For each layer. */
  readonly positive: Point[][];
  readonly negative: Point[][];
  #stop: AbortController | undefined;
  #running: Promise<void> | undefined;

  constructor(network: Network) {
    this.network = network;
    this.positive = network.session.recipe.layers.map(() => []);
    this.negative = network.session.recipe.layers.map(() => []);
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Epochs done, with the part of the one in progress. */
  get epochs(): number {
    const { epoch, batch, examples } = this.network.position;
    const batches = Math.ceil(examples / this.network.session.recipe.batch);
    return epoch - 1 + (batches ? batch / batches : 0);
  }

  /** Trains until `epochs` are done or until it is stopped. */
  async run(
    train: Dataset,
    test: Dataset,
    epochs: number,
    onEpoch: (event: EpochEvent) => void,
  ): Promise<void> {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#running = (async () => {
      for await (const event of this.network.fit(train, { epochs, test, signal })) {
        this.#add(event.epoch, event);
        this.testErrors.push([event.epoch, event.testError!]);
        onEpoch(event);
      }
    })();
    try {
      await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  /** Ends training after the batch in progress. */
  async stop(): Promise<void> {
    this.#stop?.abort();
    await this.#running?.catch(() => {});
  }

  /** Adds what the epoch in progress looks like to the curves; true where there is anything new. */
  sample(): boolean {
    const { network, epochs } = this;
    const last = this.trainErrors.at(-1)?.[0] ?? 0;
    if (epochs - last < 0.02 || network.position.batch < 2) return false;
    this.#add(epochs, network.progress);
    return true;
  }

  #add(epochs: number, { trainError, positiveGoodness, negativeGoodness }: EpochEvent): void {
    this.trainErrors.push([epochs, trainError]);
    for (const [l, points] of this.positive.entries()) {
      points.push([epochs, positiveGoodness[l]]);
      this.negative[l].push([epochs, negativeGoodness[l]]);
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
