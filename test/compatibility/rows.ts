// What the compatibility tests have seen, kept for the table that scripts/compatibility.mjs makes of it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One environment, and what was tried in it. */
export interface Row {
  readonly group: 'browsers' | 'bundlers' | 'runtimes' | 'types';
  readonly environment: string;
  readonly version: string;
  readonly tried: string;
  readonly result: string;
}

/** Keeps a row where somebody wants the table, once what it says has been found to be so. */
export function keepRow(row: Row): void {
  const folder = process.env.FF_COMPATIBILITY;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  const name = `${row.group}-${row.environment}`.replaceAll(/\W+/g, '-');
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(row));
}
