// What it costs to read large tables: MNIST as CSV, a long table and a wide one, made here; by the reader alone, and by `ff train` of one
// epoch. Each in a process of its own, which says in the end what it took.

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadDataset } from '../src/index.ts';
import { generator } from '../test/support/data.ts';
import { writeResult } from './harness.ts';

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const LIBRARY = new URL('../dist/node/index.js', import.meta.url).href;
const LONG = 4_000_000;
const WIDE = { columns: 100_000, rows: 200 };
/** What the reader alone may take: seconds of processor time, and MiB at its peak. */
const BOUNDS: Readonly<Record<string, { readonly seconds: number; readonly mebibytes: number }>> = {
  mnist: { seconds: 10, mebibytes: 600 },
  long: { seconds: 40, mebibytes: 1536 },
};

const READ = `
  const { readExamples } = await import(${JSON.stringify(LIBRARY)});
  await readExamples(process.argv[1]);
`;
const TELL = `process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  process.stderr.write('\\n' + JSON.stringify({ userCPUTime, systemCPUTime, maxRSS }) + '\\n');
});`;

interface Cost {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly wallSeconds: number;
  readonly peakMebibytes: number;
}

export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ff-reading-'));
  try {
    const results = [];
    for (const [name, label, lines] of [
      ['mnist', 'label', await mnist()],
      ['long', 'kind', long()],
      ['wide', 'kind', wide()],
    ] as const) {
      const file = join(folder, `${name}.csv`);
      write(file, lines);
      const bytes = statSync(file).size;
      const reading = cost(['--input-type=module', '-e', READ, file]);
      const out = join(folder, 'model.safetensors');
      const words = ['train', file, '--label', label, '--epochs', '1', '--out', out, '--quiet'];
      const training = cost([MAIN, ...words]);
      console.log(
        `${name.padEnd(6)} ${(bytes / 1e6).toFixed(0)} MB  read: ${shown(reading)}  train: ${shown(training)}`,
      );
      const bound = BOUNDS[name];
      const seconds = reading.userSeconds + reading.systemSeconds;
      if (bound && (seconds > bound.seconds || reading.peakMebibytes > bound.mebibytes)) {
        console.log(`${name}: more than ${bound.seconds} s or ${bound.mebibytes} MiB`);
        process.exitCode = 1;
      }
      results.push({ name, bytes, ...(bound && { bound }), reading, training });
    }
    await writeResult('reading', { results });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function cost(words: readonly string[]): Cost {
  const preload = `data:text/javascript,${encodeURIComponent(TELL)}`;
  const startedAt = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--import', preload, ...words], {
    encoding: 'utf8',
  });
  const wallSeconds = (performance.now() - startedAt) / 1000;
  if (status !== 0) throw new Error(stderr);
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(stderr.trim().split('\n').at(-1)!);
  return {
    userSeconds: userCPUTime / 1e6,
    systemSeconds: systemCPUTime / 1e6,
    wallSeconds,
    peakMebibytes: maxRSS / 1024,
  };
}

function shown({ userSeconds, systemSeconds, peakMebibytes }: Cost): string {
  return `${(userSeconds + systemSeconds).toFixed(1)} s of processor, ${peakMebibytes.toFixed(0)} MiB`;
}

function write(file: string, lines: Iterable<string>): void {
  const out = openSync(file, 'w');
  let some: string[] = [];
  for (const line of lines) {
    if (some.push(line) < 1000) continue;
    writeSync(out, some.join(''));
    some = [];
  }
  writeSync(out, some.join(''));
  closeSync(out);
}

async function mnist(): Promise<Iterable<string>> {
  const { train, test } = await loadDataset('mnist');
  return (function* () {
    yield `label,${Array.from({ length: train.width }, (_, k) => `pixel${k}`).join(',')}\n`;
    for (const { count, width, inputs, labels } of [train, test!]) {
      for (let i = 0; i < count; i++)
        yield `${labels[i]},${inputs.subarray(i * width, (i + 1) * width).join(',')}\n`;
    }
  })();
}

function* long(): Generator<string> {
  const random = generator(7);
  const cities = ['Oslo', 'Lima', 'Kyoto', 'Accra', 'Quito', 'Perth', 'Turin', 'Lagos'];
  yield 'time,a,b,c,d,e,count,city,kind\n';
  for (let i = 0; i < LONG; i++) {
    const kind = Math.floor(3 * random());
    const numbers = [
      1_600_000_000 + i,
      (10 * random() + kind).toFixed(3),
      (1000 * random()).toFixed(2),
      (1e5 * random() * random()).toFixed(1),
      (random() - 0.5 + kind / 10).toFixed(5),
      (1000 * random() - 500).toFixed(4),
      Math.floor(500 * random()),
    ];
    yield `${numbers.join(',')},${cities[Math.floor(8 * random())]},${['low', 'mid', 'high'][kind]}\n`;
  }
}

function* wide(): Generator<string> {
  const random = generator(9);
  const { columns, rows } = WIDE;
  yield `${Array.from({ length: columns - 1 }, (_, k) => `gene_${k}`).join(',')},kind\n`;
  for (let i = 0; i < rows; i++) {
    const kind = Math.floor(3 * random());
    const genes = Array.from({ length: columns - 1 }, (_, k) =>
      (10 * random() + (k < 200 ? kind * ((k % 3) - 1) : 0)).toFixed(3),
    );
    yield `${genes.join(',')},${'ABC'[kind]}\n`;
  }
}
