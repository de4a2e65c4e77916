// A table of one's own in a page and in Node, with as many threads: seconds from the bytes to the model, in turns, and how long the page
// was ever held up.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { isolation, launch, serve } from '../test/browser/chromium.ts';
import { generator } from '../test/support/data.ts';
import { median, writeResult } from './harness.ts';
import { learn } from './learn-table.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const ROUNDS = 3;
const THREADS = 2;
const [ROWS, COLUMNS] = [10_000, 20];

type Round = Awaited<ReturnType<typeof learn>>;

/** Rows of numbers around one of three means, as CSV. */
function table(): string {
  const random = generator(1);
  const means = Array.from({ length: 3 }, () => Array.from({ length: COLUMNS }, () => 10 * random()));
  const rows = Array.from({ length: ROWS }, (_, i) => {
    const values = means[i % 3].map(mean => (mean + 12 * (random() + random() - 1)).toFixed(2));
    return `${values.join(',')},${['oak', 'elm', 'ash'][i % 3]}`;
  });
  const header = [...means[0].map((_, k) => `column${k}`), 'kind'].join(',');
  return `${header}\n${rows.join('\n')}\n`;
}

function summaryOf(rounds: readonly Round[]) {
  const { seconds: _, longTasks: __, ...same } = rounds[0];
  const seconds = rounds.map(round => round.seconds);
  return { ...same, median: median(seconds), least: Math.min(...seconds), most: Math.max(...seconds) };
}

export async function run(): Promise<void> {
  const text = table();
  const folder = await mkdtemp(join(tmpdir(), 'ff-page-'));
  await build({ entryPoints: [`${root}bench/learn-table.ts`], format: 'esm', outdir: folder });
  await writeFile(join(folder, 'index.html'), '<!doctype html><meta charset="utf-8"><title>bench</title>');
  const { server, url } = await serve({ '/': folder, '/dist/': `${root}dist` }, isolation);
  const browser = await launch();
  const inNode: Round[] = [];
  const inPage: Round[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      inNode.push(await learn('forward-forward/own-data', text, THREADS));
      const page = await browser.newPage();
      await page.goto(url);
      const learned = await page.evaluate(
        async ([text, threads]) => {
          const page: typeof import('./learn-table.ts') = await import('/learn-table.js' as string);
          return page.learn('/dist/standalone/index.js', text, threads);
        },
        [text, THREADS] as const,
      );
      inPage.push(learned);
      await page.close();
    }
    const [node, page] = [inNode, inPage].map(summaryOf);
    const longTasks = inPage.flatMap(round => round.longTasks);
    const ratio = page.median / node.median;
    console.log(
      `${ROWS} rows × ${COLUMNS}: Node ${node.median.toFixed(2)} s, Chromium ${browser.version()} ${page.median.toFixed(2)} s, ` +
        `${ratio.toFixed(2)} times; ${longTasks.length} tasks of 50 ms or more on the page's thread`,
    );
    const what = { rows: ROWS, columns: COLUMNS, rounds: ROUNDS, chromium: browser.version() };
    await writeResult('own-data-page', { ...what, inNode: node, inPage: page, ratio, longTasks });
  } finally {
    await browser.close();
    server.close();
    await rm(folder, { recursive: true });
  }
}
