// Tries the library wherever it is said to run, and writes what was seen to docs/compatibility.md and bench/results/compatibility.json.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provenance } from '../modules/experiments/provenance.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const folder = mkdtempSync(join(tmpdir(), 'ff-compatibility-'));
const words = ['node_modules/vitest/vitest.mjs', 'run', 'test/compatibility', 'test/export/export.test.ts'];
const env = { ...process.env, FF_COMPATIBILITY: folder };
const { status } = spawnSync(process.execPath, words, { stdio: 'inherit', env });
if (status !== 0) {
  console.error('something does not work: docs/compatibility.md is left as it is');
  process.exit(1);
}
const rows = readdirSync(folder).map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')));
rmSync(folder, { recursive: true });
rows.sort((a, b) => a.environment.localeCompare(b.environment, 'en', { numeric: true }));

const seen = { provenance: provenance(), rows };
writeFileSync('bench/results/compatibility.json', `${JSON.stringify(seen, null, 1)}\n`);

const titles = {
  browsers: 'Browsers, without a bundler',
  bundlers: 'Bundlers and frameworks, without configuration',
  runtimes: 'Runtimes',
  types: 'TypeScript',
};
const table = group => {
  const lines = rows
    .filter(row => row.group === group)
    .map(row => `| ${[row.environment, row.version, row.tried, row.result].join(' | ')} |`);
  return `## ${titles[group]}\n\n| environment | version | tried | result |\n|---|---|---|---|\n${lines.join('\n')}\n`;
};
writeFileSync(
  'docs/compatibility.md',
  `# Where it runs

Written by \`npm run compatibility\` from the tests that ran (\`test/compatibility/\`, \`test/export/\`), on ${seen.provenance.cpu}, ${seen.provenance.node}, at
${seen.provenance.commit}. "The bits" are those of a model file that plain SIMD has learned. What is not installed on a machine is left out by the tests with
a word; \`npm ci --prefix test/hosts\` installs bundlers, compilers and runtimes, and browsers come from the system.

${Object.keys(titles).map(table).join('\n')}`,
);
console.log(`wrote docs/compatibility.md: ${rows.length} environments`);
