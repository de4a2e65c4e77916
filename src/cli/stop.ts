// What ends a training before its time: Ctrl-C, a terminal that is closed, or output that nobody reads or that cannot be written
// (ff train … | head).

import { type OutputEnd, onOutputEnd, warn } from './output.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Stop {
  readonly #controller = new AbortController();
  #outputEnd: OutputEnd | undefined;
  /** There is nothing to stop any more. */
  #isOver = false;

  /** From now on, until the command ends, output that ends stops the training and not the process. */
  constructor() {
    onOutputEnd(end => {
      this.#outputEnd = end;
      this.#controller.abort();
      if (end.kind === 'unread') return;
      process.exitCode = 1;
      if (this.#isOver) warn(end.reason);
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Does `work`, which ends soon, with all saved, once the signal tells it to: during it the first Ctrl-C stops the training and not the
   * process, nor does a second one; a third has had no patience.
   */
  async during<T>(work: () => Promise<T>): Promise<T> {
    let times = 0;
    const onSignal = (signal: NodeJS.Signals) => {
      // A terminal that closes may send several others.
      if (signal === 'SIGINT') times++;
      if (times === 2) warn('saves what was learned; once more ends at once, without');
      if (times > 2) process.exit(130);
      this.#controller.abort();
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
    try {
      return await work();
    } finally {
      this.#isOver = true;
      for (const signal of SIGNALS) process.off(signal, onSignal);
    }
  }

  /** Says how to go on, where somebody may read it, and lets the command end as stopped. */
  tell(text: string, say: (text: string) => void): void {
    const end = this.#outputEnd;
    if (!end) say(text);
    else warn(end.kind === 'unread' ? `nobody reads the output any more: ${text}` : `${end.reason}: ${text}`);
    process.exitCode ??= end?.kind === 'unwritable' ? 1 : 130;
  }
}
