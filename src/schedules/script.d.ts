// Made when the package is built (scripts/build-worker.mjs): what pages load where a recipe asks for it.

/** All kernels, out of those that a page has. */
export const allKernels: (page: string) => string;
/** What the script of a worker ends with, to have what extras.ts and kinds of layers lack: register.ts with all it needs. */
export const extrasScript: string;
