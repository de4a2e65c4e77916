// What pages and devices have in place of @assemblyscript/loader: a kernel takes and gives numbers alone, so that all that the
// loader does for strings and objects would be bytes to download for nothing.

export function instantiateSync<Exports>(
  module: WebAssembly.Module,
  imports: WebAssembly.Imports,
): { exports: Exports } {
  return new WebAssembly.Instance(module, imports) as unknown as { exports: Exports };
}
