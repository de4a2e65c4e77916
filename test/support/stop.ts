// Training that is stopped in the middle of an epoch, at a place that does not hang on how fast the machine is.

import { vi } from 'vitest';
import type { Dataset } from '../../src/data/dataset.ts';
import type { Network } from '../../src/network/network.ts';
import { Control } from '../../src/schedules/control.ts';

/**
 * Trains until batch number `batch` of `epoch` is done: with one thread exactly, with several a little longer, since they go on
 * while the stop is on its way.
 */
export async function fitUntil(network: Network, data: Dataset, epoch: number, batch: number): Promise<void> {
  const stop = new AbortController();
  const stopWhenThere = () => {
    const { position } = network;
    if (position.epoch === epoch && position.batch >= batch) stop.abort();
  };
  const decide = Control.prototype.decideToHalt;
  // One thread trains on this one, which lets no timer in between two batches.
  const spy = vi.spyOn(Control.prototype, 'decideToHalt').mockImplementation(function (this: Control) {
    stopWhenThere();
    decide.call(this);
  });
  const timer = setInterval(stopWhenThere, 1);
  try {
    for await (const _event of network.fit(data, { signal: stop.signal }));
  } finally {
    clearInterval(timer);
    spy.mockRestore();
  }
}
