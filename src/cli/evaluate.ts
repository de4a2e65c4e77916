// ff evaluate: a model against labelled data.

import { loadNetwork } from '../network/model.ts';
import { percent } from './text.ts';
import { perClass, testSetOf } from './train.ts';

export async function evaluate(
  model: string,
  source: string,
  options: { threads?: number; json?: boolean },
): Promise<void> {
  const data = await testSetOf(source);
  const network = await loadNetwork(model, options.threads === undefined ? {} : { threads: options.threads });
  try {
    const startedAt = performance.now();
    const evaluation = await network.evaluate(data);
    const seconds = (performance.now() - startedAt) / 1000;
    const { goodnessReadout, softmaxReadout } = evaluation;
    if (options.json) {
      console.log(
        JSON.stringify({
          event: 'evaluated',
          data: data.name,
          count: data.count,
          goodnessError: goodnessReadout.error,
          softmaxError: softmaxReadout.error,
          seconds,
        }),
      );
      return;
    }
    console.log(perClass(evaluation));
    console.log(`\n${data.name}, ${data.count} examples in ${seconds.toFixed(2)} s`);
    console.log(`  goodness of every label  ${percent(goodnessReadout.error)}`);
    console.log(`  softmax of one pass      ${percent(softmaxReadout.error)}`);
  } finally {
    await network.close();
  }
}
