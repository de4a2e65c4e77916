// What is fuzzed: every door that bytes or words of others come in by. A target may throw an InputError, or a DivergenceError where it learns, and
// nothing else.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { gzipSync, zipSync } from 'fflate';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { recipeOf } from '../../demo/src/recipe.ts';
import { defaults, formatState, parseState } from '../../demo/src/state.ts';
import { numpySource } from '../../src/data/examples/numpy-examples.ts';
import { readParquet } from '../../src/data/examples/parquet-examples.ts';
import { readArff } from '../../src/data/formats/arff.ts';
import { parseCsv } from '../../src/data/formats/csv.ts';
import { parseIdxFile } from '../../src/data/formats/idx-file.ts';
import { readJson } from '../../src/data/formats/json.ts';
import { readXlsx } from '../../src/data/formats/xlsx.ts';
import { decodeFiles } from '../../src/data/images/image-files.ts';
import { preprocess } from '../../src/data/preprocess.ts';
import { openLearner } from '../../src/device/learner.ts';
import { readPredictable } from '../../src/device/predictable.ts';
import { loadPredictor } from '../../src/device/predictor.ts';
import { DivergenceError } from '../../src/errors.ts';
import { encodeOnnx } from '../../src/export/onnx.ts';
import { readOnnx } from '../../src/export/read-export.ts';
import { readFloats } from '../../src/files/int8.ts';
import { encodeSafetensors, joinChunks, parseSafetensors } from '../../src/files/safetensors.ts';
import { createNetwork, decodeNetwork, encodeNetwork, InputError, recipes } from '../../src/index.ts';
import { planNetwork } from '../../src/network/build.ts';
import { loadDescribed } from '../../src/network/model.ts';
import { ownOf, parseWholeDescription } from '../../src/network/own-description.ts';
import { checkRecipe } from '../../src/recipes/check.ts';
import { publishedRecipes } from '../../src/recipes/published-recipes.ts';
import type { Recipe } from '../../src/recipes/recipe.ts';
import { known } from '../../src/sweep/data.ts';
import { nextTasks } from '../../src/sweep/halving.ts';
import type { Identity } from '../../src/sweep/identity.ts';
import { checkOutcome } from '../../src/sweep/learn.ts';
import { rank } from '../../src/sweep/ranking.ts';
import type { SweepRecord } from '../../src/sweep/record.ts';
import { bestOnes, renderSweep } from '../../src/sweep/report.ts';
import { checkSweep } from '../../src/sweep/spec.ts';
import { type KnownData, planTrials } from '../../src/sweep/trials.ts';
import { prototypes } from '../support/data.ts';
import { unchecked } from '../support/files.ts';
import { npy } from '../support/npy.ts';
import { pickledObjects } from '../support/pickle.ts';
import { workbook } from '../support/workbook.ts';

export interface Target {
  /** Sound inputs, which others are made of. */
  readonly seeds: () => Promise<readonly Uint8Array[]>;
  readonly run: (bytes: Uint8Array) => unknown;
}

const text = (value: string) => new TextEncoder().encode(value);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const fixture = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../fixtures/edition-1/${name}.safetensors`, import.meta.url)));

/** Gives `read` a file of those bytes. */
function asFile(extension: string, read: (path: string) => Promise<unknown>): Target['run'] {
  return async bytes => {
    const folder = await mkdtemp(join(tmpdir(), 'ff-fuzz-'));
    try {
      const path = join(folder, `f.${extension}`);
      await writeFile(path, bytes);
      await read(path);
    } finally {
      await rm(folder, { recursive: true });
    }
  };
}

const small: Recipe = { ...recipes.quick, layers: [8, 8], shift: 0, batch: 4 };
const images: Recipe = {
  ...recipes['conv-color'],
  layers: [{ kind: 'conv', channels: 9, size: 3, cells: 2, batchNorm: 'before', normalization: 'none' }],
  image: [6, 6, 3],
  learning: { ...recipes['conv-color'].learning, readFrom: 0 },
};

/** Model files of small networks, without checksums: behind those nothing would be reached. */
async function models(checkpoint = false): Promise<Uint8Array[]> {
  const files: Uint8Array[] = [];
  for (const [recipe, inputs] of [
    [small, 20],
    [{ ...recipes['one-pass'], layers: [8], shift: 0 }, 20],
    [images, 108],
  ] as const) {
    const network = await createNetwork(recipe, { inputs, classes: 3, threads: 1 });
    files.push(unchecked(await encodeNetwork(network, checkpoint)));
    await network.close();
  }
  return files;
}

const sweepFile = {
  name: 'rates',
  data: ['mnist', { source: 't.csv', label: 'kind' }],
  recipes: ['quick', small],
  settings: { 'learning.optimizer.rate': [0.001, 0.002], 'layers.0': [8, 16], epochs: [2] },
  seeds: 2,
  holdOut: 5,
  halving: { epochs: 1, factor: 2 },
};
const sweepAtRandom = {
  search: 'random',
  budget: 12,
  settings: { batch: { from: 2, to: 9, scale: 'linear', whole: true }, shift: [0] },
  seeds: [3, 5],
  holdOut: undefined,
  folds: 3,
};
const sweepIdentity: Identity = { version: '1', build: 'simd', kernels: 'k', arithmetic: 'a' };
const sweepData = [1, 2].map(
  (seed): KnownData => ({ ...known(prototypes(40, 20, 3, seed), 5), recipe: small }),
);
const sweepRecord: SweepRecord = (() => {
  const sweep = checkSweep(sweepFile);
  return { sweep, plan: planTrials(sweep, sweepData, sweepIdentity), identity: sweepIdentity };
})();
const sweepOutcomes = sweepRecord.plan.trials.slice(0, 6).flatMap(({ id }, i) =>
  [1, 2].map(until => ({
    trial: id,
    until,
    error: i + until,
    curve: Array.from({ length: until }, (_, k) => ({ epoch: k + 1, trainError: i, error: i + k })),
    trainSeconds: 1,
    ...(until === 2 && { model: 'm' }),
    worker: 'w',
  })),
);

async function opened(bytes: Uint8Array): Promise<void> {
  const network = await decodeNetwork(bytes, { threads: 1 });
  await network.predict(new Uint8Array(network.inputs));
  await encodeNetwork(network);
  await network.close();
}

const own = unchecked(fixture('own-data'));
const { tensors: ownTensors, metadata: ownMetadata } = parseSafetensors(own, 'own-data');

/** A sound file of own data with another description: loaded, and exported where it can be. */
const loadOwn = asFile('safetensors', async path => {
  const { network } = await loadDescribed(path, { threads: 1 });
  await network.close();
});
async function described(bytes: Uint8Array): Promise<void> {
  const metadata = { ...ownMetadata, description: textOf(bytes) };
  const file = unchecked(joinChunks(encodeSafetensors([...ownTensors.values()], metadata)));
  await loadOwn(file);
  const parsed = parseSafetensors(file, 'f');
  const description = parseWholeDescription(parsed.metadata, 'f');
  readPredictable(parsed, 'f');
  const tensor = (name: string, shape: readonly number[]) => readFloats(parsed.tensors, name, shape, 'f');
  const own = ownOf(description);
  const { chunks } = encodeOnnx({ ...description, ...(own && { own }), metadata, tensor });
  readOnnx(joinChunks(chunks), 'f.onnx');
}

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const square = npy('<f4', [3, 2], floats(1, 2, 3, 4, 5, 6));
const pixels = Uint8Array.from({ length: 60 }, (_, i) => i * 4);
const rows = [
  ['a', 'b'],
  [1, 'x'],
  [2.5, null],
  [3, 'z'],
] as const;

export const targets: Readonly<Record<string, Target>> = {
  csv: {
    seeds: async () => [
      text('name,"b ""q""",c\n1,x,2.5\n2,"y, z",\n?,w,1e9\n'),
      text('Datum;Preis;Art\n01.02.2024;1.234,5 €;A\n13.02.2024;7,25 €;B\n'),
      text('# made by hand\n\na\tb\tc\n1\t2\t3\n\nTotal\t\t3\n'),
      Buffer.from('\ufeffa,b\n1,ä\n2,ö\n', 'utf16le'),
      gzipSync(text('a,b\n1,2\n3,4\n')),
    ],
    run: bytes => parseCsv(bytes, 'f.csv'),
  },
  table: {
    seeds: async () => {
      const lines = Array.from(
        { length: 40 },
        (_, i) => `${i % 7},${i % 3}.5,2024-01-${10 + (i % 9)},${'ab'[i % 2]}`,
      );
      return [text(`size,weight,seen,kind\n${lines.join('\n')}\n`)];
    },
    // Read and encoded, as training would have it.
    run: bytes => preprocess({ examples: parseCsv(bytes, 'f.csv') }),
  },
  json: {
    seeds: async () => [
      text('[{"a": 1, "b": {"c": "x"}}, {"a": null, "b": {"c": true}}]'),
      text('{"a": [1, 2], "b": ["x", "y"]}'),
      text('{"a": 1}\n{"a": "2"}\n'),
    ],
    run: asFile('json', readJson),
  },
  arff: {
    seeds: async () => [
      text("@relation r\n@attribute 'a b' numeric\n@attribute c {x,'y z'}\n@data\n1,x\n?,'y z'\n{0 2}\n"),
    ],
    run: asFile('arff', readArff),
  },
  idx: {
    seeds: async () => [
      Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8),
    ],
    run: bytes => parseIdxFile(bytes, 'f.idx'),
  },
  numpy: {
    seeds: async () => [
      square,
      Buffer.concat([npy('|O', [2], new Uint8Array()), pickledObjects([2], ['a', null], 4)]),
      Buffer.concat([npy('|O', [2], new Uint8Array()), pickledObjects([2], ['a', 2], 3)]),
      zipSync({ 'x.npy': square, 'y.npy': npy('|u1', [3], Uint8Array.of(0, 1, 0)) }, { level: 0 }),
    ],
    run: bytes => numpySource(bytes, 'f.npy'),
  },
  image: {
    seeds: async () => [
      encode({ width: 5, height: 4, channels: 3, data: pixels }),
      encode({ width: 5, height: 4, channels: 1, data: pixels.subarray(0, 20) }),
      Buffer.from('424d46000000000000003600000028000000020000000200000001001800000000001000000000', 'hex'),
    ],
    run: bytes => decodeFiles([{ name: 'f.png', path: 'f.png', read: async () => bytes }], 'f.png'),
  },
  workbook: { seeds: async () => [workbook({ first: [], second: rows }, 0)], run: asFile('xlsx', readXlsx) },
  parquet: {
    seeds: async () =>
      (['UNCOMPRESSED', 'SNAPPY'] as const).map(codec => {
        const data = [1, 2, 3, 4];
        const columnData = [
          { name: 'size', data, type: 'DOUBLE' as const },
          { name: 'kind', data: ['a', 'b', 'a', 'b'], type: 'STRING' as const },
        ];
        return new Uint8Array(parquetWriteBuffer({ columnData, codec }));
      }),
    run: asFile('parquet', readParquet),
  },
  safetensors: {
    seeds: async () => [own, ...(await models())].map(file => file.slice(0, 4096)),
    run: bytes => parseSafetensors(bytes, 'f'),
  },
  model: { seeds: async () => [...(await models()), unchecked(fixture('rolled-out'))], run: opened },
  checkpoint: { seeds: async () => models(true), run: opened },
  description: { seeds: async () => [text(ownMetadata.description)], run: described },
  recipe: {
    seeds: async () =>
      Object.values({ ...recipes, ...publishedRecipes }).map(recipe => text(JSON.stringify(recipe))),
    // Planned, too, as a file's recipe is before its weights are looked for.
    run: bytes => {
      const recipe = checkRecipe(parsedJson(bytes));
      const [height, width, channels = 1] = recipe.image ?? [1, 20, 1];
      planNetwork(recipe, height * width * channels, 3, 1);
    },
  },
  device: {
    seeds: () => models(),
    run: async bytes => {
      const predictor = await loadPredictor(bytes);
      predictor.predict(new Uint8Array(predictor.inputs));
      const learner = await openLearner(bytes, { batch: 2 });
      learner.learn(new Uint8Array(2 * learner.inputs).fill(9), [0, 1]);
      learner.save();
    },
  },
  onnx: {
    seeds: async () => {
      const description = parseWholeDescription(ownMetadata, 'f');
      const tensor = (name: string, shape: readonly number[]) => readFloats(ownTensors, name, shape, 'f');
      return [joinChunks(encodeOnnx({ ...description, metadata: { format: 'x' }, tensor }).chunks)];
    },
    run: bytes => readOnnx(bytes, 'f.onnx'),
  },
  sweep: {
    seeds: async () => [
      text(JSON.stringify(sweepFile)),
      text(JSON.stringify({ ...sweepFile, ...sweepAtRandom })),
    ],
    run: bytes => {
      const sweep = checkSweep(parsedJson(bytes));
      planTrials(
        sweep,
        sweep.data.map((_, i) => sweepData[i % 2]),
        sweepIdentity,
      );
    },
  },
  /** What a server, or a folder, says that trainings have come to. */
  outcomes: {
    seeds: async () => [text(JSON.stringify(sweepOutcomes))],
    run: bytes => {
      const found = parsedJson(bytes);
      if (!Array.isArray(found)) throw new InputError('no list');
      const outcomes = found.map(checkOutcome);
      nextTasks(sweepRecord.sweep, sweepRecord.plan, outcomes);
      const ranked = rank(sweepRecord.plan, outcomes);
      bestOnes(ranked);
      if (ranked.some(({ error }) => error)) renderSweep(sweepRecord, ranked);
    },
  },
  address: {
    seeds: async () => [
      text(formatState({ ...defaults, depth: 3, seed: 7, objective: 'symba' })),
      text('#depth=9&width=x&images=2000&none=1'),
    ],
    run: bytes => {
      const { state } = parseState(textOf(bytes));
      // Whatever an address says, what the page makes of it is a recipe, and an address again.
      checkRecipe(recipeOf(state));
      const again = parseState(formatState(state));
      if (JSON.stringify(again) !== JSON.stringify({ state, complaints: [] })) {
        throw new Error(`the address of ${JSON.stringify(state)} says ${JSON.stringify(again)}`);
      }
    },
  },
};

function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    throw new InputError('no JSON');
  }
}

/** Runs a target; gives what it threw that it may not throw. */
export async function faultOf({ run }: Target, bytes: Uint8Array): Promise<unknown> {
  try {
    await run(bytes);
  } catch (error) {
    if (!(error instanceof InputError || error instanceof DivergenceError)) return error;
  }
  return undefined;
}
