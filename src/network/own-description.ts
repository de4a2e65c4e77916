// What a model file says of somebody's own data, looked at before it is used.

import { checkEncoding } from '../data/encode-examples.ts';
import { checkCalibration } from '../readouts/calibration.ts';
import {
  decodeDescribed,
  type LoadOptions,
  type ModelDescription,
  type OwnDescription,
  parseDescription,
} from './encode.ts';
import type { Host } from './host.ts';

/** The description in the metadata of a model file; throws an InputError where there is none or it makes no sense. */
export function parseWholeDescription(
  metadata: Readonly<Record<string, string>>,
  path: string,
): ModelDescription {
  return parseDescription(metadata, path, checkOwn);
}

/** The network in the bytes of a model file, and all that the file says about it; throws an InputError that begins with `path` and says what is wrong. */
export function decodeWhole(host: Host, bytes: Uint8Array, path: string, options: LoadOptions) {
  return decodeDescribed(host, bytes, path, options, checkOwn);
}

/** What a description says of own data, where it says all of it. */
export function ownOf({ encoding, calibration }: ModelDescription): OwnDescription | undefined {
  return encoding && calibration && { encoding, calibration };
}

function checkOwn({ encoding, calibration, inputs, classes }: ModelDescription): void {
  if (encoding !== undefined) checkEncoding(encoding, inputs, classes);
  if (calibration !== undefined) checkCalibration(calibration);
}
