// What the kernels are loaded by, for bundles that leave nothing to be found by its name. Plugins of Rollup.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const loadedBy = path => ({
  name: 'loader',
  resolveId: source => (source === '#loader' ? path : null),
});

export const nodeLoader = loadedBy(fileURLToPath(import.meta.resolve('@assemblyscript/loader')));
export const pageLoader = loadedBy(resolve(import.meta.dirname, '../modules/kernels/loader.js'));
