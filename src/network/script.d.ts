// Made when the package is built (scripts/build-worker.mjs): page-worker.ts with all it needs but the kernels, as one script.

export const script: string;
