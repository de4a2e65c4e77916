#!/usr/bin/env node
// The `ff` command. Apart from dist/, because npm links a command once, to a file that must be there and executable by then:
// a clone has none in dist/ before it is built, and what the build writes is not executable.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/cli/main.js', import.meta.url);

if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write(`ff: not built, ${fileURLToPath(main)} is missing: run npm ci and npm run build\n`);
  process.exitCode = 2;
}
