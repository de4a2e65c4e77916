// How much may come out of what was packed: somebody who fills memory with nothing needs few bytes for it.

import { InputError } from '../errors.ts';

/** Up to so many bytes, whatever they were packed in. */
const FREE_BYTES = 2 ** 27;
/** Data pack to a hundredth at best; what packs better than this is one value over and over. */
const MOST_RATIO = 200;

/** Throws an InputError that names `path` where `unpacked` bytes, or more, come out of `packed` ones. */
export function checkUnpacked(path: string, packed: number, unpacked: number): void {
  if (unpacked <= FREE_BYTES + MOST_RATIO * packed) return;
  throw new InputError(
    `${path}: ${packed} bytes unpack to ${unpacked} or more, expected at most ${MOST_RATIO} times as many: ` +
      'data do not pack so well; if it is right, unpack it first',
  );
}
