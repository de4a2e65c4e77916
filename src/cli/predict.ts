// ff predict: what a model says of new data, as CSV; of a picture of a digit, drawn as the network sees it.

import Papa from 'papaparse';
import { readQuestions } from '../data/examples.ts';
import { isTable } from '../data/own.ts';
import { InputError } from '../errors.ts';
import { writeFileSafely } from '../files/write.ts';
import { loadDescribed, Model } from '../network/model.ts';
import { predictDigits } from './digits.ts';

export async function predict(
  path: string,
  data: string[],
  options: { out?: string; json?: boolean },
): Promise<void> {
  const { network, description } = await loadDescribed(path, { threads: 1 });
  try {
    const { encoding, calibration } = description;
    if (encoding && calibration) {
      await predictRows(new Model(network, encoding, calibration), data, options);
    } else if (options.out !== undefined) {
      throw new InputError('--out is for models of your own data; this one draws its digits: leave it out');
    } else {
      await predictDigits(network, data, options);
    }
  } finally {
    await network.close();
  }
}

/** A line for each row or image, in their order: its file where it has one, the label, and how sure the model is. */
async function predictRows(
  model: Model,
  data: readonly string[],
  { out, json }: { out?: string; json?: boolean },
): Promise<void> {
  const examples = await readQuestions(data, model.encoding);
  const answers = await model.predict(examples);
  const files = isTable(examples) ? undefined : examples.sources;
  if (json) {
    answers.forEach((answer, i) => {
      console.log(
        JSON.stringify({ event: 'predicted', ...(files ? { image: files[i] } : { row: i + 1 }), ...answer }),
      );
    });
    return;
  }
  const rows = answers.map(({ label, confidence }, i) => ({
    ...(files && { file: files[i] }),
    label,
    confidence: confidence.toFixed(4),
  }));
  const csv = `${Papa.unparse(rows, { newline: '\n' })}\n`;
  if (out === undefined) {
    process.stdout.write(csv);
    return;
  }
  await writeFileSafely(out, csv);
  console.log(`${answers.length} answers in ${out}`);
}
