// Types that come with the platform and not with the language. A program without TypeScript's `dom`, or with an older @types/node, has none
// of some: what it cannot name it cannot pass either, and the declarations of this library still are without errors.

type Instance<Name extends string, Otherwise> =
  typeof globalThis extends Record<Name, { readonly prototype: infer Made }> ? Made : Otherwise;

type OfWebAssembly<Name extends string> = typeof globalThis extends {
  readonly WebAssembly: Record<Name, { readonly prototype: infer Made }>;
}
  ? Made
  : object;

/** A compiled `WebAssembly.Module`. */
export type WasmModule = OfWebAssembly<'Module'>;

/** What tells a training to stop. */
export type StopSignal = Instance<'AbortSignal', { readonly aborted: boolean }>;

/** A string, or a `URL`. */
export type Address = string | Instance<'URL', never>;

/** A `File` or a `Blob`. */
export type BlobLike = Instance<'Blob', never>;

/** What `fetch` answers with. */
export type ResponseLike = Instance<'Response', never>;

/** What a page can draw. */
export type Drawable =
  | BlobLike
  | Instance<'ImageBitmap', never>
  | Instance<'ImageData', never>
  | Instance<'HTMLImageElement', never>
  | Instance<'SVGImageElement', never>
  | Instance<'HTMLVideoElement', never>
  | Instance<'HTMLCanvasElement', never>
  | Instance<'OffscreenCanvas', never>
  | Instance<'VideoFrame', never>;
