// Training as it goes by: one live line on a terminal, one plain line an epoch when piped.

import type { EpochEvent } from '../network/events.ts';
import type { Network } from '../network/network.ts';
import { colors, duration, grouped, percent, wrapped } from './text.ts';

const BAR = 12;
const REDRAW_MS = 120;

export class Progress {
  readonly #network: Network;
  readonly #timer: NodeJS.Timeout | undefined;

  /** Shows the training of `network`, until `end`. */
  constructor(network: Network) {
    this.#network = network;
    if (process.stdout.isTTY) this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
  }

  /** Leaves a line about a finished epoch. */
  epoch(event: EpochEvent): void {
    const { epoch, epochs, validationError, testError, trainSeconds } = event;
    const errors = [
      `train ${percent(event.trainError)}`,
      ...(validationError === undefined ? [] : [`validation ${percent(validationError)}`]),
      ...(testError === undefined ? [] : [`test ${percent(testError)}`]),
    ];
    this.#print(
      `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}  ${errors.join('  ')}  ` +
        `${goodness(event)}${grouped(event.imagesPerSecond)} examples/s  ${duration(trainSeconds)}`,
    );
  }

  /** Removes the live line. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#timer) process.stdout.write('\r\x1b[K');
  }

  #draw(): void {
    const event = this.#network.progress;
    const { batch } = this.#network.position;
    const { examples = 0 } = event;
    const share = Math.min(1, (batch * this.#network.session.recipe.batch) / Math.max(1, examples));
    const filled = Math.round(share * BAR);
    // As if the epochs that follow were as long as this one.
    const left = ((event.epochs - event.epoch + 1 - share) * examples) / event.imagesPerSecond;
    const parts = [
      `epoch ${event.epoch}/${event.epochs} ${'█'.repeat(filled)}${'░'.repeat(BAR - filled)}`,
      `error ${percent(event.trainError)}`,
      ...(Number.isFinite(left) ? [`${duration(left)} left`] : []),
      `${goodness(event)}${grouped(event.imagesPerSecond)} examples/s`,
    ];
    const line = parts.join('  ').slice(0, (process.stdout.columns ?? 80) - 1);
    process.stdout.write(`\r\x1b[K${colors.dim(line)}`);
  }

  #print(line: string): void {
    const { columns } = process.stdout;
    process.stdout.write(`${this.#timer ? '\r\x1b[K' : ''}${wrapped(line, columns)}\n`);
  }
}

/** Goodness of positive over that of negative data, layer by layer, or the log probability of the right class, where there is such. */
function goodness({ positiveGoodness, negativeGoodness }: EpochEvent): string {
  const short = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));
  if (positiveGoodness.length === 0) return '';
  if (negativeGoodness.length === 0) return `log probability ${positiveGoodness.map(short).join(' ')}  `;
  const pairs = positiveGoodness.map((value, l) => `${short(value)}/${short(negativeGoodness[l])}  `);
  return `goodness +/− ${pairs.join('')}`;
}
