// For bundles that find no package by its name: what the kernels are loaded by, where it is not Node that does.

import { resolve } from 'node:path';

/** A plugin of Rollup. */
export const pageLoader = {
  name: 'page-loader',
  resolveId: source => (source === '#loader' ? resolve('modules/kernels/loader.js') : null),
};
