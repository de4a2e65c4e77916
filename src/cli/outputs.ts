// The files that a command will write: where they lie, and whether they can lie there. It is asked before any work is done
// for them.

import { realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { isIdxFile } from '../data/examples/idx-examples.ts';
import { isDataFile } from '../data/examples/open-examples.ts';
import { InputError } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { checkWritable, writeFileSafely } from '../files/write.ts';
import { type ReportData, renderReport } from '../report/report.ts';
import { type OnSaveTrouble, saveSomewhere } from '../train/saving.ts';
import { warn } from './output.ts';

/** Where a model goes by default. Part of `name` may be out of a file, which must not choose a place. */
export function defaultModel(name: string): string {
  const safe = name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+/, '');
  return `runs/${safe || 'model'}.safetensors`;
}

/** The files beside the model of a training. */
export interface TrainingFiles {
  readonly report: string;
  readonly checkpoint: string;
}

/**
 * Does `work`, which trains a model and writes it and the files beside it, while no other training may. Throws an InputError as
 * `checkOutputs` does; the checkpoint, and nothing else, may be the one that is gone on from.
 */
export async function withTrainingFiles<Done>(
  model: string,
  inputs: readonly string[],
  resume: string | undefined,
  work: (files: TrainingFiles) => Promise<Done>,
): Promise<Done> {
  const stem = model.replace(/\.safetensors$/, '');
  const [report, checkpoint] = [`${stem}.html`, `${stem}.checkpoint.safetensors`];
  const kept = resume === undefined ? inputs : [...inputs, resume];
  await checkOutputs([model, report], kept);
  await checkOutputs([checkpoint], inputs);
  return withLock(model, () => withLock(report, () => work({ report, checkpoint })));
}

/** Says that a file cannot be where it belongs; where it is kept elsewhere for good, the command ends as failed. */
export const tellTrouble: OnSaveTrouble = (text, keptIn) => {
  warn(text);
  if (keptIn !== undefined) process.exitCode = 1;
};

/** Writes a report, if need be elsewhere; returns its path. */
export function saveReport(path: string, report: ReportData): Promise<string> {
  const html = renderReport(report);
  return saveSomewhere(path, place => writeFileSafely(place, html), tellTrouble);
}

/** Throws an InputError unless all of `outputs` can be written, and none would replace a file that is read for them. */
export async function checkOutputs(outputs: readonly string[], inputs: readonly string[]): Promise<void> {
  for (const path of outputs) {
    for (const input of inputs) {
      const replaced = await replacedBy(path, input);
      if (replaced === undefined) continue;
      throw new InputError(`${path} would replace ${replaced}, which is read: give another name with --out`);
    }
    await checkWritable(path);
  }
}

/** What of `input` is the file `path`, by this or another name. */
async function replacedBy(path: string, input: string): Promise<string | undefined> {
  const [output, read] = await Promise.all([identityOf(path), identityOf(input)]);
  if (!output || !read) return undefined;
  if (output.dev === read.dev && output.ino === read.ino) return input;
  // IDX files are read with those beside them.
  const folder = read.isDirectory() ? input : isIdxFile(input) ? dirname(input) : undefined;
  if (folder === undefined || !isDataFile(path)) return undefined;
  const between = relative(await realpath(folder), await realpath(path));
  return between.split(sep)[0] === '..' || isAbsolute(between) ? undefined : join(folder, between);
}

function identityOf(path: string) {
  return stat(path, { bigint: true }).catch(() => undefined);
}
