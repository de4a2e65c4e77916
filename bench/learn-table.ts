// Learns a table, in a page and in Node alike: the seconds from its bytes to the model, and every task on the page's thread meanwhile that
// took 50 ms or more, in ms.

import type * as OwnData from '../src/own-data.ts';

/** `from` is where the library is. */
export async function learn(from: string, text: string, threads: number) {
  const { readTable, preprocess, trainModel }: typeof OwnData = await import(from);
  // What the page has to do with the library itself is over.
  await new Promise(resolve => setTimeout(resolve, 300));
  const longTasks: number[] = [];
  if (typeof document !== 'undefined') {
    const note = (list: PerformanceObserverEntryList) =>
      longTasks.push(...list.getEntries().map(({ duration }) => duration));
    new PerformanceObserver(note).observe({ entryTypes: ['longtask'] });
  }
  const startedAt = performance.now();
  const data = await preprocess({ examples: await readTable(new Blob([text])) }, { label: 'kind' });
  const { model } = await trainModel(data, { threads });
  const seconds = (performance.now() - startedAt) / 1000;
  // They are told a moment later.
  await new Promise(resolve => setTimeout(resolve, 300));
  const { network } = model;
  const { answers } = await network.evaluate(data.test);
  await model.close();
  return { seconds, longTasks, build: network.build, threads: network.threads, testError: answers.error };
}
