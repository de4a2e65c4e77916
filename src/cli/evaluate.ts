// ff evaluate: a model against labelled data.

import type { Dataset } from '../data/dataset.ts';
import { encodeLabelled, imageSize, notesOnLabelled } from '../data/encode-examples.ts';
import { readExamples } from '../data/examples/open-examples.ts';
import type { TextOptions } from '../data/formats/text-table.ts';
import type { ModelDescription } from '../network/encode.ts';
import { loadDescribed } from '../network/model.ts';
import { errorsOf, perClass } from './describe.ts';
import { print, printJson, warnOf } from './output.ts';
import { refuseReading, textOptions } from './reading.ts';
import { ReadingProgress } from './reading-progress.ts';
import { pairs, percent } from './text.ts';
import { testSetOf } from './train.ts';

export interface EvaluateOptions extends TextOptions {
  readonly threads?: number;
  readonly skipBad?: boolean;
  readonly json?: boolean;
}

export async function evaluate(model: string, source: string, options: EvaluateOptions): Promise<void> {
  const { network, description } = await loadDescribed(
    model,
    options.threads === undefined ? {} : { threads: options.threads },
  );
  try {
    const data = await labelledFor(description, source, options);
    const startedAt = performance.now();
    const evaluation = await network.evaluate(data);
    const seconds = (performance.now() - startedAt) / 1000;
    const { goodnessReadout, softmaxReadout } = evaluation;
    if (options.json) {
      printJson({
        event: 'evaluated',
        data: data.name,
        count: data.count,
        ...(goodnessReadout && { goodnessError: goodnessReadout.error }),
        softmaxError: softmaxReadout.error,
        seconds,
      });
      return;
    }
    const { learning } = network.session.recipe;
    print(perClass(evaluation, learning, data));
    print(`\n${data.name}, ${data.count} examples in ${seconds.toFixed(2)} s`);
    print(pairs(errorsOf(evaluation, learning).map(([by, error]) => [by, percent(error)])));
  } finally {
    await network.close();
  }
}

async function labelledFor(
  { encoding }: ModelDescription,
  source: string,
  { skipBad = false, threads: _, json: __, ...reading }: EvaluateOptions,
): Promise<Dataset> {
  if (!encoding) {
    refuseReading({ skipBad, ...reading });
    return testSetOf(source);
  }
  const progress = new ReadingProgress({}, process.stderr);
  const { examples, test } = await readExamples(source, {
    ...textOptions(reading),
    size: imageSize(encoding),
    skipBad,
    onProgress: progress.tell,
  }).finally(() => progress.end());
  const labelled = test ?? examples;
  warnOf(notesOnLabelled(encoding, labelled));
  return encodeLabelled(encoding, labelled);
}
