// Made when the package is built (scripts/build-worker.mjs): page-worker.ts with all it needs but the kernels.

/** What the scripts of all workers begin with. */
export const shared: string;
/** What the script of a network's worker goes on with. */
export const script: string;
