// By what a checkpoint or a result knows the data again that it has learned from.

import { createHash } from 'node:crypto';
import type { Dataset } from '../data/dataset.ts';
import type { Fingerprint } from '../data/fingerprint.ts';
import { type LearnedParts, stretches } from '../data/learned.ts';
import { InputError } from '../errors.ts';

export function fingerprintOf(dataset: Dataset): Fingerprint {
  return fingerprintOfAll(dataset, () => [dataset]);
}

/** The same of all that is learned from, without putting it together. */
export function fingerprintOfLearned(parts: LearnedParts): Fingerprint {
  return fingerprintOfAll({ ...parts.train, count: parts.rows.learned.length }, () => stretches(parts));
}

/** Of a dataset that `pieces`, which can be gone through several times, are one after the other. */
function fingerprintOfAll(
  { name, count, width, classes, shape, predictions, inputs }: Dataset,
  pieces: () => Iterable<Dataset>,
): Fingerprint {
  const isBytes = inputs instanceof Uint8Array;
  const hash = createHash('sha256').update(
    JSON.stringify({ count, width, classes, shape, predictions, isBytes }),
  );
  for (const piece of pieces()) hash.update(piece.inputs);
  for (const piece of pieces()) hash.update(piece.labels);
  return { name, count, width, classes, sha256: hash.digest('hex') };
}

/**
 * Throws an InputError, which ends with `advice`, where the file `path` is of other data than `now` by the fingerprint `kept` in it,
 * whatever that really is. Returns whether they could be compared: older files have none.
 */
export function checkSameData(
  path: string,
  kept: Fingerprint | undefined,
  now: Fingerprint,
  advice: string,
): boolean {
  if (kept === undefined) return false;
  const { name, count, width, classes, sha256 } = kept ?? {};
  const isFingerprint =
    typeof name === 'string' && [count, width, classes].every(Number.isInteger) && typeof sha256 === 'string';
  if (!isFingerprint) throw new InputError(`${path}: what it says of its data cannot be used; ${advice}`);
  if (now.sha256 === sha256) return true;
  const [then, found] = [sizesOf(kept), sizesOf(now)];
  const differs = then === found ? 'other ones' : found;
  throw new InputError(
    `${path} is of other data than ${now.name}: it was made of ${name}, ${then}, found ${differs}; ${advice}`,
  );
}

function sizesOf({ count, width, classes }: Fingerprint): string {
  return `${count} examples of ${width} inputs and ${classes} classes`;
}
