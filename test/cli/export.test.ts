// ff export with model files that are broken and options that make no sense: an error of ours or a whole file, never a stack
// trace and never half of a file.

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { exportModel } from '../../src/cli/export.ts';
import { loadPredictor } from '../../src/device/predictor.ts';
import { InputError } from '../../src/errors.ts';
import { encodeSafetensors, parseSafetensors } from '../../src/files/safetensors.ts';
import { loadNetwork } from '../../src/index.ts';
import { generator, prototypes } from '../support/data.ts';
import { randomModel } from '../support/model.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-options-'));
  vi.spyOn(console, 'log').mockImplementation(() => {});
});
afterAll(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

const model = randomModel({ layers: [12, 9] }, 30, 4);
const random = generator(17);
const below = (count: number) => Math.floor(random() * count);
const pick = <T>(list: readonly T[]): T => list[below(list.length)];
const choices = [{ onnx: true }, { int8: true }, { js: true }, { js: true, int8: true }] as const;

/** Bytes of the file changed, or the file cut off. */
function damaged(sound: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(sound.subarray(0, below(3) === 0 ? below(sound.length) : sound.length));
  for (let n = below(4); n >= 0 && bytes.length > 0; n--) {
    // Most of a file is weights, most of what can be wrong is before them.
    bytes[below(Math.min(bytes.length, below(2) ? 1500 : bytes.length))] = pick([
      0,
      0xff,
      0x30,
      0x2d,
      below(256),
    ]);
  }
  return bytes;
}

/** A sound file whose description says something else in one place. */
function misdescribed(sound: Uint8Array): Uint8Array {
  const { tensors, metadata } = parseSafetensors(sound, 'm');
  const description = JSON.parse(metadata.description);
  let at: Record<string, unknown> = description;
  let key = pick(Object.keys(at));
  for (;;) {
    const inner = at[key];
    if (typeof inner !== 'object' || inner === null || Object.keys(inner).length === 0 || below(4) === 0)
      break;
    at = inner as Record<string, unknown>;
    key = pick(Object.keys(at));
  }
  const odd = [null, -1, 0, 3, 1e12, 0.5, '', 'x', [], {}, [1e9], true];
  if (below(5) === 0) delete at[key];
  else at[key] = pick(odd);
  const list = [...tensors.values()].slice(0, below(4) === 0 ? below(tensors.size) : tensors.size);
  return Buffer.concat(encodeSafetensors(list, { ...metadata, description: JSON.stringify(description) }));
}

it.each<[string, (sound: Uint8Array) => Uint8Array]>([
  ['damaged', damaged],
  ['misdescribed', misdescribed],
])('meets 300 %s models with an error of ours or a whole file', async (_, change) => {
  const path = join(folder, 'm.safetensors');
  const out = join(folder, 'out');
  let refused = 0;
  for (let trial = 0; trial < 300; trial++) {
    await writeFile(path, change(trial % 2 ? model.bytes : model.quantized));
    const failure = await exportModel(path, { ...choices[trial % 4], out }).catch(error => error);
    if (failure !== undefined) {
      refused++;
      expect(failure).toBeInstanceOf(InputError);
    }
    expect(await readdir(folder)).toEqual(failure ? ['m.safetensors'] : ['m.safetensors', 'out']);
    await rm(out, { force: true });
  }
  expect(refused).toBeGreaterThan(100);
});

it('leaves an older file as it was where the export fails', async () => {
  const [path, out] = [join(folder, 'm.safetensors'), join(folder, 'old.onnx')];
  await writeFile(path, model.bytes.subarray(0, 900));
  await writeFile(out, 'old');
  await expect(exportModel(path, { onnx: true, out })).rejects.toThrow(InputError);
  expect(await readFile(out, 'utf8')).toBe('old');
  await rm(out);
});

it.each<[string, Parameters<typeof exportModel>[1], RegExp]>([
  ['nothing to export', {}, /--onnx, --int8 or --js/],
  ['ONNX and bytes', { onnx: true, int8: true }, /--onnx stands alone/],
  ['ONNX and a module', { onnx: true, js: true }, /--onnx stands alone/],
  ['no name', { onnx: true, out: '' }, /cannot write/],
  ['a folder', { onnx: true, out: 'folder' }, /cannot write .*folder/],
  ['a file for a folder', { onnx: true, out: 'm.safetensors/x.onnx' }, /cannot write .*x\.onnx/],
  [
    'the model itself',
    { int8: true, out: 'folder/../m.safetensors' },
    /would replace .*m\.safetensors, which is read/,
  ],
  ['a null byte', { onnx: true, out: 'a\0b' }, /null byte/],
])('refuses %s', async (_, { out, ...options }, message) => {
  await mkdir(join(folder, 'folder'), { recursive: true });
  const path = join(folder, 'm.safetensors');
  await writeFile(path, model.bytes);
  const place = out === undefined ? {} : { out: out && `${folder}/${out}` };
  const failure = await exportModel(path, { ...options, ...place }).catch(error => error);
  expect(failure).toBeInstanceOf(InputError);
  expect(failure.message).toMatch(message);
  expect((await readdir(folder)).sort()).toEqual(['folder', 'm.safetensors']);
  expect(await readFile(path)).toEqual(Buffer.from(model.bytes));
});

it('exports a file of the first edition as one of today, which answers the same', async () => {
  const file = await readFile(new URL('../fixtures/edition-1/quick.safetensors', import.meta.url));
  const old = join(folder, 'first-edition.safetensors');
  await writeFile(old, file);
  await exportModel(old, { int8: true, out: join(folder, 'today.safetensors') });
  await expect(loadPredictor(file)).rejects.toThrow(/what loadNetwork opens, saveNetwork writes as that$/);
  const before = await loadNetwork(old, { threads: 1 });
  const after = await loadPredictor(await readFile(join(folder, 'today.safetensors')));
  const example = prototypes(1, after.inputs, after.classes, 3).inputs as Uint8Array;
  const [expected, found] = [await before.predict(example), after.predict(example)];
  await before.close();
  found.probabilities.forEach((value, c) => {
    expect(value).toBeCloseTo(expected.probabilities[c], 1);
  });
});
