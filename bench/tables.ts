// Somebody's own data with default settings against scikit-learn's MLPClassifier (two layers of 500, 40 epochs) on the same
// splits. The data come with packages, and nothing is downloaded here:
//
//   scikit-learn's own sets   apt-get install python3-sklearn
//   seven sets of WEKA        apt-get download weka && dpkg -x weka_*.deb weka (or apt-get install weka, with Java), and
//                             WEKA=weka/usr/share/doc/weka/examples where it is not installed
//   seven sets of mlbench     apt-get install --no-install-recommends r-base-core r-cran-mlbench
//   penguins                  npm install --no-save vega-datasets, or VEGA=the folder of the package
//
// Sets that are not there are named. The result says where each came from, with the SHA-256 of its file.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { numbers, type Table, texts } from '../src/data/formats/columns.ts';
import { parseCsv } from '../src/data/formats/csv.ts';
import { preprocess } from '../src/data/preprocess.ts';
import { labelColumn, tableFrom } from '../src/data/tables/table.ts';
import { trainModel } from '../src/train/train-model.ts';
import { median, writeResult } from './harness.ts';

const SEEDS = [1, 2, 3, 4, 5];
const SCRIPT = fileURLToPath(new URL('tables.py', import.meta.url));
const R_SCRIPT = fileURLToPath(new URL('tables.R', import.meta.url));
/** Sets of mlbench, and the column to learn of each. */
const MLBENCH = {
  BreastCancer: 'Class',
  DNA: 'Class',
  Satellite: 'classes',
  Sonar: 'Class',
  Vehicle: 'Class',
  Vowel: 'Class',
  Zoo: 'type',
};
const WEKA = process.env.WEKA ?? '/usr/share/doc/weka/examples';
const WEKA_SETS = ['credit-g', 'diabetes', 'glass', 'ionosphere', 'segment-challenge', 'soybean', 'vote'];
const VEGA = process.env.VEGA ?? fileURLToPath(new URL('../node_modules/vega-datasets', import.meta.url));
const ORIGINS = {
  sklearn: 'scikit-learn (apt-get install python3-sklearn)',
  weka: 'examples of WEKA 3.6 (apt-get download weka && dpkg -x weka_*.deb weka; WEKA=weka/usr/share/doc/weka/examples)',
  mlbench: 'mlbench of R (apt-get install --no-install-recommends r-base-core r-cran-mlbench)',
  vega: 'vega-datasets (npm install --no-save vega-datasets)',
};

/** A set, and where it came from. */
interface Given {
  readonly set: string;
  readonly table: Table;
  readonly origin: string;
  readonly sha256: string;
}

interface Rival {
  readonly set: string;
  readonly seed: number;
  readonly error: number;
  readonly seconds: number;
  readonly sklearn: string;
}

interface Ours {
  readonly set: string;
  readonly seed: number;
  readonly error: number;
  readonly softmaxError: number;
  readonly seconds: number;
  readonly bestEpoch: number;
}

const python = (...words: string[]) =>
  execFileSync('/usr/bin/python3', [SCRIPT, ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ff-tables-'));
  try {
    const tables = await readTables(folder);
    const ours: Ours[] = [];
    for (const { set, table } of tables) {
      for (const seed of SEEDS) {
        const { index: label } = labelColumn(table, set === 'penguins' ? 'Species' : '-1');
        const data = preprocess({ examples: table }, { label: table.columns[label].name, seed });
        await exportJob(folder, set, seed, table, label, data.rows);
        const startedAt = performance.now();
        const { model, bestEpoch } = await trainModel(data, { seed });
        const seconds = (performance.now() - startedAt) / 1000;
        const { answers, softmaxReadout } = await model.network.evaluate(data.test);
        await model.close();
        ours.push({
          set,
          seed,
          error: answers.error,
          softmaxError: softmaxReadout.error,
          seconds,
          bestEpoch,
        });
      }
    }
    const rivals: Rival[] = python('run', folder)
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    const summary = tables.map(({ set, table, origin, sha256 }) => {
      const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
      const [mine, theirs] = [ours, rivals].map(runs => runs.filter(found => found.set === set));
      return {
        set,
        examples: table.count,
        error: mean(mine.map(({ error }) => error)),
        softmaxError: mean(ours.filter(found => found.set === set).map(({ softmaxError }) => softmaxError)),
        mlpError: mean(theirs.map(({ error }) => error)),
        medianSeconds: median(mine.map(({ seconds }) => seconds)),
        mlpMedianSeconds: median(theirs.map(({ seconds }) => seconds)),
        origin,
        sha256,
      };
    });
    console.log('mean error over 5 splits'.padEnd(26), 'goodness  softmax  MLPClassifier  seconds');
    for (const { set, error, softmaxError, mlpError, medianSeconds } of summary) {
      const cells = [error, softmaxError, mlpError, medianSeconds].map(value => value.toFixed(2).padStart(9));
      console.log(set.padEnd(24), cells.join(' '));
    }
    await writeResult('tables', { seeds: SEEDS, sklearn: rivals[0].sklearn, summary, ours, rivals });
  } catch (error) {
    if ((error as { status?: number }).status === 3) {
      console.log('skipped: scikit-learn is not there (apt-get install python3-sklearn)');
      return;
    }
    throw error;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readTables(folder: string): Promise<Given[]> {
  python('export', folder);
  const tables: Given[] = [];
  const missing: string[] = [];
  const add = async (set: string, path: string, origin: string, read: (bytes: Buffer) => Promise<Table>) => {
    if (!existsSync(path)) {
      missing.push(`${set}: ${origin}`);
      return;
    }
    const bytes = await readFile(path);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    tables.push({ set, table: await read(bytes), origin, sha256 });
  };
  for (const set of ['iris', 'wine', 'breast-cancer', 'digits']) {
    const path = join(folder, `${set}.csv`);
    await add(set, path, ORIGINS.sklearn, async bytes => parseCsv(bytes, path));
  }
  for (const set of WEKA_SETS) {
    const path = join(WEKA, `${set}.arff`);
    await add(set, path, ORIGINS.weka, async bytes => fromArff(bytes.toString('latin1'), path));
  }
  try {
    execFileSync('Rscript', [R_SCRIPT, folder, ...Object.entries(MLBENCH).flat()], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } catch (error) {
    // No R, or no mlbench: its sets are named below as left out.
    const { code, status } = error as { code?: string; status?: number };
    if (code !== 'ENOENT' && status !== 3) throw error;
  }
  for (const set of Object.keys(MLBENCH)) {
    const path = join(folder, `${set}.csv`);
    await add(set, path, ORIGINS.mlbench, async bytes => parseCsv(bytes, path));
  }
  const penguins = join(VEGA, 'data/penguins.json');
  await add('penguins', penguins, ORIGINS.vega, bytes => tableFrom(JSON.parse(bytes.toString())));
  for (const line of missing) console.log(`left out: ${line}`);
  return tables;
}

/** ARFF is CSV under a list of attributes, with single quotes. */
function fromArff(text: string, path: string): Table {
  const lines = text.split(/\r?\n/).map(line => line.trim());
  const names = lines.flatMap(
    line => /^@attribute\s+('[^']*'|\S+)/i.exec(line)?.[1].replaceAll("'", '') ?? [],
  );
  const begin = lines.findIndex(line => /^@data/i.test(line)) + 1;
  const rows = lines.slice(begin).filter(line => line && !line.startsWith('%'));
  const csv = [names.join(','), ...rows.map(row => row.replaceAll(/,\s+/g, ',').replaceAll("'", '"'))].join(
    '\n',
  );
  return parseCsv(new TextEncoder().encode(csv), path);
}

/** The same rows for both sides: what we hold out for validation, the other side learns from. */
async function exportJob(
  folder: string,
  set: string,
  seed: number,
  table: Table,
  label: number,
  rows: { readonly learned: Uint32Array; readonly test: Uint32Array },
): Promise<void> {
  const columns = table.columns
    .filter((_, k) => k !== label)
    .map(column => {
      const [cells, values] = [texts(column), numbers(column)];
      const numeric =
        cells.every((cell, i) => cell === '' || Number.isFinite(values[i])) && cells.some(Boolean);
      return { numeric, values: cells.map((cell, i) => (cell === '' ? null : numeric ? values[i] : cell)) };
    });
  const job = {
    set,
    seed,
    columns,
    labels: texts(table.columns[label]),
    train: Array.from(rows.learned),
    test: Array.from(rows.test),
  };
  await writeFile(join(folder, `${set}.${seed}.json`), JSON.stringify(job));
}
