// Made when the package is built (scripts/build-worker.mjs): what pages load where a network has convolutions.

/** The kernels with those of convolutions, out of those that a page has. */
export const allKernels: (page: string) => string;
/** What the script of a worker ends with, to have layers of convolutions: register.ts with all it needs. */
export const convScript: string;
