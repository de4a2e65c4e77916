// Made when the package is built (scripts/build-wasm.mjs): the kernels as text, which embedded.ts makes modules of.

declare module '*/build/page-kernels.js' {
  export const kernels: string;
}

declare module '*/build/learn-kernels.js' {
  export const kernels: string;
}

declare module '*/build/predict-kernels.js' {
  export const kernels: string;
}

declare module '*/build/all-kernels.js' {
  /** Of the kernels of pages, as text, all kernels. */
  export const allKernels: (page: string) => string;
}
