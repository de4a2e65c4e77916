// Writes what bench/results/paper holds into docs/paper.md, between its two marker comments, and into the list that `ff reproduce`
// shows. `node scripts/paper-table.mjs FOLDER` does so in another folder than this repository.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { experiments } from '../modules/experiments/experiments.js';

const MARKERS = ['<!-- paper:begin -->', '<!-- paper:end -->'];

const root = process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url));

/** Full results by the name of their experiment: neither short runs, nor those of one chosen seed or of held-out examples. */
async function readResults(folder) {
  const results = new Map();
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.json')) continue;
    const result = JSON.parse(await readFile(join(folder, file), 'utf8'));
    if (!result.isShort && !result.isOneSeed && !result.heldOut) results.set(result.experiment, result);
  }
  return results;
}

function spread(error) {
  if (!error) return '–';
  const deviation = error.deviation === undefined ? '' : ` ± ${error.deviation.toFixed(2)}`;
  return `${error.mean.toFixed(2)}${deviation} %`;
}

function minutes(value) {
  return value < 9.95 ? value.toFixed(1) : value.toFixed(0);
}

function tableOf(rows) {
  const lines = rows.map(({ experiment, count, variant }) => {
    const name = count === 1 ? `\`${experiment}\`` : `\`${experiment}\`, ${variant.name}`;
    const { paper = '–', goodnessError, softmaxError, runs, epochs } = variant;
    const threads = runs[0].threads === 1 ? ' (one core)' : '';
    const cells = [name, paper, spread(goodnessError), spread(softmaxError), runs.length, epochs];
    cells.push(`${minutes(variant.minutes)}${threads}`);
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| experiment | paper | ours, by goodness | ours, by softmax | seeds | epochs | minutes a seed |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function measuredOf(rows) {
  const entries = rows.map(({ experiment, variant }) => {
    const { goodnessError, softmaxError, runs, minutes } = variant;
    const found = {
      goodness: goodnessError,
      softmax: softmaxError,
      seeds: runs.length,
      minutes,
      threads: runs[0].threads,
    };
    return `  '${experiment}/${variant.name}': ${JSON.stringify(found)},\n`;
  });
  return `export const measured: Readonly<Record<string, Measured>> = {\n${entries.join('')}};\n`;
}

const results = await readResults(join(root, 'bench/results/paper'));
// In the order of the paper.
const rows = experiments.flatMap(({ name }) => {
  const variants = results.get(name)?.variants ?? [];
  return variants.map(variant => ({ experiment: name, count: variants.length, variant }));
});

const pageFile = join(root, 'docs/paper.md');
const page = await readFile(pageFile, 'utf8');
const [begin, end] = MARKERS.map(marker => page.indexOf(marker));
if (begin < 0 || end < begin) {
  console.error(`docs/paper.md: expected ${MARKERS.join(' and ')} where the table goes; add both lines`);
  process.exit(2);
}
const before = page.slice(0, begin + MARKERS[0].length);
await writeFile(pageFile, `${before}\n${tableOf(rows)}\n${page.slice(end)}`);

const measuredFile = join(root, 'src/experiments/measured.ts');
const source = await readFile(measuredFile, 'utf8');
await writeFile(measuredFile, source.slice(0, source.indexOf('export const measured')) + measuredOf(rows));
console.log(`wrote ${rows.length} rows into docs/paper.md and src/experiments/measured.ts`);
