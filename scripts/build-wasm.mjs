// Compiles assembly/ to the four builds that asconfig.json names. Does nothing when they are newer than the sources.

import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const config = JSON.parse(readFileSync('asconfig.json', 'utf8'));
const sources = ['asconfig.json', ...readdirSync('assembly').map(name => `assembly/${name}`)];
const newest = Math.max(...sources.map(path => statSync(path).mtimeMs));

mkdirSync('build', { recursive: true });
for (const [target, { outFile }] of Object.entries(config.targets)) {
  const built = statSync(outFile, { throwIfNoEntry: false });
  if (built && built.mtimeMs > newest) continue;
  const { error, stderr } = await asc.main(['--config', 'asconfig.json', '--target', target]);
  if (error) {
    process.stderr.write(stderr.toString());
    process.exit(1);
  }
}
