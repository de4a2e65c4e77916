// CSV that a program has in hand and not at a path: what somebody has chosen in a page, or what was fetched.

import { InputError, refuse } from '../../errors.ts';
import type { BlobLike, ResponseLike } from '../../platform.ts';
import { readIn } from './passes.ts';
import { type NotedTable, readText, type TextHost, type TextOptions } from './text-table.ts';

/** The bytes are held in memory beside the table. */
const MAX_BYTES = 512 * 2 ** 20;

/** A blob and what to call it in messages. */
export interface NamedBlob {
  readonly blob: BlobLike;
  readonly name: string;
}

/** What a `File`, a `Blob` or a `Response` holds; throws an InputError for other values, and for a response that is no table. */
export async function blobOf(source: BlobLike | ResponseLike): Promise<NamedBlob> {
  if (source instanceof Blob) return { blob: source, name: (source as Partial<File>).name || 'the file' };
  if (!(source instanceof Response)) refuse('source', 'a File, a Blob or a Response', source);
  const name = source.url || 'the response';
  const type = source.headers.get('content-type') ?? '';
  const found = !source.ok
    ? `status ${source.status}`
    : source.bodyUsed
      ? 'one that was read before'
      : /^text\/html\b/i.test(type)
        ? 'a web page'
        : undefined;
  if (found)
    throw new InputError(`${name}: expected a response with a table, found ${found}; check the address`);
  return { blob: await source.blob(), name };
}

/** The table in a blob of CSV, gzipped or not; throws an InputError that names it. */
export async function parseBlob(
  { blob, name }: NamedBlob,
  host: TextHost,
  options: TextOptions,
): Promise<NotedTable> {
  checkSize(blob.size, name);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = isGzip ? await unpacked(blob, name) : bytes;
  return readIn(text, readText({ path: name, size: text.length }, host, options));
}

function checkSize(size: number, name: string): void {
  if (size <= MAX_BYTES) return;
  throw new InputError(
    `${name}: expected at most ${MAX_BYTES / 2 ** 20} MiB of CSV, found ${Math.ceil(size / 2 ** 20)}; take a sample of it, or an NPY file`,
  );
}

async function unpacked(blob: Blob, name: string): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = blob.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(cause => {
      throw new InputError(`${name}: damaged gzip (${(cause as Error).message}); write it again`, { cause });
    });
    if (done) return new Uint8Array(await new Blob(pieces).arrayBuffer());
    size += value.length;
    // What is larger is not unpacked to its end.
    if (size > MAX_BYTES) checkSize(MAX_BYTES + 1, name);
    pieces.push(value as Uint8Array<ArrayBuffer>);
  }
}
