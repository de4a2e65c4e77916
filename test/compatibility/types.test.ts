// The types of the published package, under every TypeScript that people have, every way to find modules, with and without `dom`, and with
// all declarations checked: no error in a program that is right, and one in each that is not.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hosts, isInstalled, projectWith, run, versionOf } from './installed.ts';
import { keepRow } from './rows.ts';

const PROGRAM = `
import {
  createNetwork, dataset, decodeNetwork, encodeNetwork, InputError, loadDataset, type Network, preprocess as atOnce, recipes, trainModel as inNode,
} from 'forward-forward';
import { type Model, preprocess, readTable, tableFrom, trainModel } from 'forward-forward/own-data';
import { digitFromPixels, imagesFrom } from 'forward-forward/pictures';
import { loadPredictor } from 'forward-forward/predict';
import { openLearner } from 'forward-forward/learn';
import { modelOf } from 'forward-forward/rows';
import { createNetwork as inPage } from 'forward-forward/standalone';
import { loadPredictor as alone } from 'forward-forward/standalone/predict';
import { openLearner as learning } from 'forward-forward/standalone/learn';

export async function use(bytes: Uint8Array): Promise<string> {
  const network: Network = await createNetwork(recipes.quick, { inputs: 784, classes: 10, workerUrl: '/worker.js', wasmUrl: '/build/' });
  const data = dataset([[1, 2], [3, 4]], [0, 1]);
  for await (const { epoch, trainError } of network.fit(data, { epochs: 2 })) epoch.toFixed(trainError);
  const { answers, readout } = await network.evaluate(data);
  const again: Network = await decodeNetwork(await encodeNetwork(network), { threads: 1 });
  const own = await preprocess({ examples: await tableFrom([{ size: 1, kind: 'oak' }]) }, { label: 'kind', workerUrl: '/worker.js' });
  const trained = await trainModel(own, { wasmUrl: '/build/', onEpoch: event => event.epoch.toFixed() });
  const model: Model = trained.model;
  const [{ text }] = await model.notes(own.whole && (await tableFrom([{ size: 1 }])));
  const predictor = await loadPredictor(bytes);
  const label: number = predictor.predict(bytes).label;
  void [InputError, loadDataset, atOnce, inNode, readTable, digitFromPixels, imagesFrom, openLearner, modelOf, inPage, alone, learning];
  return again.recipe.name + answers.error.toFixed() + readout + text + label;
}

// @ts-expect-error: no such option.
void createNetwork(recipes.quick, { inputs: 784, classes: 10, thread: 1 });
// @ts-expect-error: a recipe is missing.
void createNetwork({ inputs: 784, classes: 10 });
// @ts-expect-error: no such answer.
export const wrong = (network: Network) => network.recipe.nam;
`;

const compilers = ['5.4', '5.6', '5.9', '6.0', '7'].map(version => `typescript-${version}`);
const resolutions = [
  ['bundler', 'esnext'],
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['node10', 'esnext'],
] as const;

let project: string;
beforeAll(() => {
  project = projectWith({ 'package.json': '{ "type": "module" }', 'use.ts': PROGRAM });
});
afterAll(() => rmSync(project, { recursive: true }));

describe.each(compilers)('%s', compiler => {
  const isThere = isInstalled(compiler);

  it.skipIf(!isThere).each(resolutions)('finds the types by %s', (resolution, module) => {
    // It went with version 7.
    if (compiler === 'typescript-7' && resolution === 'node10') return;
    const tsc = join(hosts, 'node_modules', compiler, 'bin/tsc');
    for (const lib of [['es2022'], ['es2022', 'dom']]) {
      const config = {
        compilerOptions: {
          ...{ noEmit: true, strict: true, skipLibCheck: false, target: 'es2022', types: [], lib },
          ...{ module, moduleResolution: resolution },
          ...(compiler === 'typescript-6.0' && resolution === 'node10' && { ignoreDeprecations: '6.0' }),
        },
        files: ['use.ts'],
      };
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
      const ran = run(project, process.execPath, [tsc, '-p', 'tsconfig.json']);
      expect(ran, lib.join()).toEqual({ status: 0, output: '' });
    }
    keepRow({
      group: 'types',
      environment: `TypeScript, moduleResolution ${resolution}, ${compiler}`,
      version: versionOf(compiler),
      tried: 'every entry, with and without dom, skipLibCheck off',
      result: 'no error',
    });
  });
});
