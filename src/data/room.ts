// Whether memory holds what is about to be made. A process that runs out of it ends without a word.

import { totalmem } from 'node:os';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InputError } from '../errors.ts';

/** Of what there is, so much is taken: the rest is for what cannot be foreseen. */
const SHARE = 0.9;

/** And of the heap, at least so much is left. */
const LEAST = 2 ** 24;

/** What the heap's limit counts besides, for what is young: V8 has set four times as much of it apart since 13 (Node 24). */
const YOUNG = 2 ** 20 * (Number.parseInt(process.versions.v8, 10) < 13 ? 48 : 192);

/** Memory that something takes, in bytes: of arrays, and of the heap. */
export interface Bytes {
  readonly arrays: number;
  readonly heap: number;
}

/** Memory that there is, in bytes. */
export interface Room {
  /** Of the machine, or of the container that the process is in. */
  readonly total: number;
  /** Of JavaScript's heap, for what stays. */
  readonly heap: number;
  /** What the process takes of them already. */
  readonly used: Bytes;
}

function roomOf(): Room {
  const constrained = process.constrainedMemory();
  const total = totalmem();
  const { used_heap_size: heap, total_heap_size: pages, heap_size_limit: limit } = getHeapStatistics();
  const arrays = process.memoryUsage.rss() - pages;
  return {
    total: constrained > 0 && constrained < total ? constrained : total,
    heap: limit - YOUNG,
    used: { arrays: Math.max(0, arrays), heap },
  };
}

/** As `checkRoom`. */
export type RoomCheck = (needed: Bytes, made: Bytes, what: string, advice: string) => void;

/**
 * Throws an InputError unless `needed`, of which `made` is there already, fits into memory. It begins with `what` needs it and ends with
 * what to do.
 */
export function checkRoom(needed: Bytes, made: Bytes, what: string, advice: string): void {
  if (refusal(needed, made, roomOf()) === undefined) return;
  // What nobody holds any more counts as used until somebody looks.
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const reason = refusal(needed, made, roomOf());
  if (reason === undefined) return;
  throw new InputError(`${what} would take ${reason.text}: ${advice}${reason.more ?? ''}`);
}

/** What would be needed, and what there is; undefined where it fits. */
export function refusal(
  needed: Bytes,
  made: Bytes,
  { total, heap: limit, used }: Room,
): { readonly text: string; readonly more?: string } | undefined {
  const heap = needed.heap - made.heap + used.heap;
  const all = needed.arrays - made.arrays + used.arrays + heap;
  const both = needed.arrays + needed.heap;
  const most = { all: SHARE * total, heap: Math.min(SHARE * limit, limit - LEAST) };
  if (all > most.all) {
    return {
      text: `${gibibytes(both)} of memory, ${gibibytes(all)} with all else, where ${gibibytes(most.all)} of ${gibibytes(total)} may be taken`,
    };
  }
  if (heap <= most.heap) return undefined;
  return {
    text: `${gibibytes(needed.heap)} for text, ${gibibytes(heap)} with all else, where ${gibibytes(most.heap)} of JavaScript's ${gibibytes(limit)} may be taken`,
    more: `, or allow more: NODE_OPTIONS=--max-old-space-size=${Math.ceil((1.5 * heap + LEAST) / 2 ** 20)}`,
  };
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(bytes < 2 ** 30 ? 2 : 1)} GiB`;
}
