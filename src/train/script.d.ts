// Made when the package is built (scripts/build-worker.mjs): what page-worker.ts has that the worker of a network has not.

export const ownDataScript: string;
