// ff predict: what a model says of new data, as CSV; of a picture of a digit, drawn as the network sees it.

import Papa from 'papaparse';
import { imageSize } from '../data/encode-examples.ts';
import { isTable } from '../data/examples/examples.ts';
import { readQuestions } from '../data/examples/open-examples.ts';
import type { TextOptions } from '../data/formats/text-table.ts';
import { InputError } from '../errors.ts';
import { writeFileSafely } from '../files/write.ts';
import { loadDescribed, Model } from '../network/model.ts';
import { predictDigits } from './digits.ts';
import { print, printJson, warnOf } from './output.ts';
import { checkOutputs } from './outputs.ts';
import { refuseReading, textOptions } from './reading.ts';
import { ReadingProgress } from './reading-progress.ts';

/** How a cell begins that a spreadsheet would work out; a number is none. */
const FORMULA = /^(?![+-]?\d+(\.\d+)?$)[=+\-@＝＋－＠\t\r\n]/;

export interface PredictOptions extends TextOptions {
  readonly out?: string;
  readonly skipBad?: boolean;
  readonly strict?: boolean;
  readonly spreadsheetSafe?: boolean;
  readonly json?: boolean;
}

export async function predictCommand(path: string, data: string[], options: PredictOptions): Promise<void> {
  const { out, json } = options;
  if (json && options.spreadsheetSafe) {
    throw new InputError(
      '--json prints JSON, --spreadsheet-safe is for answers as CSV: leave out one of them',
    );
  }
  if (out !== undefined) {
    if (json) throw new InputError('--json prints its lines, --out writes a CSV: leave out one of them');
    await checkOutputs([out], [path, ...data]);
  }
  const { network, description } = await loadDescribed(path, { threads: 1 });
  try {
    const { encoding, calibration } = description;
    if (encoding && calibration) {
      await predictRows(new Model(network, encoding, calibration), data, options);
    } else if (out !== undefined) {
      throw new InputError('--out is for models of your own data; this one draws its digits: leave it out');
    } else {
      const { strict, spreadsheetSafe, skipBad = false, ...reading } = options;
      if (strict) throw new InputError('--strict is for models of your own data: leave it out');
      if (spreadsheetSafe) throw new InputError('--spreadsheet-safe is for answers as CSV: leave it out');
      refuseReading({ ...reading, skipBad });
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
  { out, skipBad, strict, spreadsheetSafe = false, json, ...options }: PredictOptions,
): Promise<void> {
  const progress = new ReadingProgress({}, process.stderr);
  const examples = await readQuestions(data, {
    ...textOptions(options),
    size: imageSize(model.encoding),
    skipBad,
    onProgress: progress.tell,
  }).finally(() => progress.end());
  const notes = await model.notes(examples);
  const doubt = notes.find(({ isWarning }) => isWarning);
  if (strict && doubt)
    throw new InputError(`${examples.name}: ${doubt.text}; without --strict this is a warning`);
  warnOf(notes);
  if (json) for (const note of notes) printJson({ event: 'note', ...note });
  const files = isTable(examples) ? undefined : examples.sources;
  const written: Uint8Array[] = [];
  let count = 0;
  for await (const answers of model.answers(examples)) {
    const begin = count;
    count += answers.length;
    if (json) {
      answers.forEach((answer, i) => {
        const which = files ? { image: files[begin + i] } : { row: begin + i + 1 };
        printJson({ event: 'predicted', ...which, ...answer });
      });
      continue;
    }
    const rows = answers.map(({ label, confidence }, i) => ({
      ...(files && { file: files[begin + i] }),
      label,
      confidence: confidence.toFixed(4),
    }));
    const escapeFormulae = spreadsheetSafe ? FORMULA : false;
    const csv = `${Papa.unparse(rows, { newline: '\n', header: begin === 0, escapeFormulae })}\n`;
    if (out !== undefined) written.push(Buffer.from(csv));
    // For another program it is exact; a terminal must not obey it.
    else if (process.stdout.isTTY) print(csv.trimEnd());
    else process.stdout.write(csv);
  }
  if (out === undefined) return;
  await writeFileSafely(out, written);
  print(`${count} answers in ${out}`);
}
