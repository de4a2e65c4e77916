// Where the program is that reads Parquet files in a process of its own (formats/parquet-child.ts). Not beside its user: from as deep in the
// tree as all modules that name files of the package, the address is the same whether they run from src/ (in tests) or from dist/.

export const PARQUET_PROCESS = new URL('../../dist/node/parquet-child.mjs', import.meta.url);
