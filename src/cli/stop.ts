// What ends a training before its time: Ctrl-C, or that nobody reads its output any more (ff train … | head).

import { onUnread, warn } from './output.ts';

export class Stop {
  readonly #controller = new AbortController();
  #isUnread = false;

  /** From now on, until the command ends, a reader that goes away stops the training and not the process. */
  constructor() {
    onUnread(() => {
      this.#isUnread = true;
      this.#controller.abort();
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Does `work`, during which the first Ctrl-C stops the training and not the process. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const onSignal = () => this.#controller.abort();
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
    try {
      return await work();
    } finally {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    }
  }

  /** Says how to go on, where somebody may read it, and lets the command end as stopped. */
  tell(text: string, say: (text: string) => void): void {
    if (this.#isUnread) warn(`nobody reads the output any more: ${text}`);
    else say(text);
    process.exitCode = 130;
  }
}
