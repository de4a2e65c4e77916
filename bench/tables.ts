// Somebody's own data with default settings against scikit-learn's MLPClassifier (two layers of 500, 40 epochs) on the same
// splits: scikit-learn's own sets, those of Debian's package weka where it is installed (or unpacked under WEKA), and the
// penguins of the npm package vega-datasets where that is (or its folder is VEGA). Sets that are not there are named.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseCsv, readCsv } from '../src/data/csv.ts';
import { preprocess } from '../src/data/own.ts';
import { labelColumn, numbers, type Table, tableFrom, texts } from '../src/data/table.ts';
import { trainModel } from '../src/train/learn.ts';
import { median, writeResult } from './harness.ts';

const SEEDS = [1, 2, 3, 4, 5];
const SCRIPT = fileURLToPath(new URL('tables.py', import.meta.url));
const WEKA = process.env.WEKA ?? '/usr/share/doc/weka/examples';
const WEKA_SETS = ['credit-g', 'diabetes', 'glass', 'ionosphere', 'segment-challenge', 'soybean', 'vote'];
const VEGA = process.env.VEGA ?? fileURLToPath(new URL('../node_modules/vega-datasets', import.meta.url));

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
    for (const [set, table] of tables) {
      for (const seed of SEEDS) {
        const label = labelColumn(table, set === 'penguins' ? 'Species' : '-1');
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
    const summary = tables.map(([set, table]) => {
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

async function readTables(folder: string): Promise<[set: string, table: Table][]> {
  python('export', folder);
  const tables: [string, Table][] = [];
  for (const set of ['iris', 'wine', 'breast-cancer', 'digits']) {
    tables.push([set, await readCsv(join(folder, `${set}.csv`))]);
  }
  const missing: string[] = [];
  for (const set of WEKA_SETS) {
    const path = join(WEKA, `${set}.arff`);
    if (existsSync(path)) tables.push([set, fromArff(await readFile(path, 'latin1'), path)]);
    else missing.push(set);
  }
  const penguins = join(VEGA, 'data/penguins.json');
  if (existsSync(penguins))
    tables.push(['penguins', await tableFrom(JSON.parse(await readFile(penguins, 'utf8')))]);
  else missing.push('penguins');
  if (missing.length > 0) {
    console.log(
      `left out: ${missing.join(', ')} (apt-get install weka; npm install --no-save vega-datasets)`,
    );
  }
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
