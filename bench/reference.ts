// Trains hinton-supervised 3×1000 on 50,000 images, looks at 10,000 others every five epochs, and at the test set once.
// `npm run bench -- reference 200` trains for 200 epochs instead of 120 (12 minutes on two cores). A run that was cut off
// goes on from its checkpoint.

import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { writeFileSafely } from '../src/files/write.ts';
import {
  createNetwork,
  loadDataset,
  loadNetwork,
  recipes,
  saveNetwork,
  splitValidation,
} from '../src/index.ts';
import { writeResult } from './harness.ts';

const EPOCHS = Number(process.argv[3] ?? 120);
const NAME = `reference-${EPOCHS}`;
const CHECKPOINT = `runs/bench-${NAME}.checkpoint.safetensors`;
const CURVE = `runs/bench-${NAME}.curve.json`;
const SEED = 17;

/** Validation errors per 10,000, goodness / softmax readout, of a numpy port of the same settings over 125 epochs. */
const REFERENCE: Record<number, readonly [number, number]> = {
  5: [438, 370],
  10: [343, 285],
  15: [270, 249],
  20: [229, 215],
  30: [178, 194],
  50: [191, 189],
  75: [161, 173],
  100: [146, 162],
  125: [150, 166],
};

export async function run(): Promise<void> {
  const { train: all, test } = await loadDataset('mnist');
  const { train, validation } = splitValidation(all, 10_000);
  const recipe = { ...recipes['hinton-supervised'], epochs: EPOCHS };
  const network = existsSync(CHECKPOINT)
    ? await loadNetwork(CHECKPOINT)
    : await createNetwork(recipe, { inputs: train.width, classes: train.classes, seed: SEED });
  const curve: { epoch: number; goodness: number; softmax: number }[] = existsSync(CHECKPOINT)
    ? JSON.parse(await readFile(CURVE, 'utf8'))
    : [];
  for await (const event of network.fit(train)) {
    const { epoch, trainSeconds } = event;
    if (epoch % 5 !== 0) continue;
    const { answers, softmaxReadout } = await network.evaluate(validation);
    curve.push({ epoch, goodness: answers.error, softmax: softmaxReadout.error });
    const theirs = REFERENCE[epoch]?.map(errors => (errors / 100).toFixed(2)).join(' / ') ?? '–';
    console.log(
      `epoch ${epoch}  validation ${answers.error.toFixed(2)} / ${softmaxReadout.error.toFixed(2)} %` +
        `  reference ${theirs}  ${trainSeconds.toFixed(0)} s`,
    );
    await writeFileSafely(CURVE, JSON.stringify(curve));
    await saveNetwork(network, CHECKPOINT, true);
  }
  const { answers, softmaxReadout } = await network.evaluate(test!);
  const { trainSeconds } = network.position;
  console.log(`test ${answers.error.toFixed(2)} / ${softmaxReadout.error.toFixed(2)} %`);
  await writeResult(NAME, {
    recipe,
    seed: SEED,
    threads: network.threads,
    build: network.session.build,
    trainedOn: train.count,
    testError: { goodness: answers.error, softmax: softmaxReadout.error },
    trainSeconds,
    validationCurve: curve,
    referenceErrorsPer10000: REFERENCE,
    epochs: network.history,
  });
  await network.close();
  for (const file of [CHECKPOINT, CURVE]) await rm(file);
}
