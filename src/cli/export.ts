// ff export: a model for where this library is not, or for where every byte counts.

import { resolve } from 'node:path';
import { readModel } from '../device/model.ts';
import { InputError } from '../errors.ts';
import { encodeJavaScript } from '../export/javascript.ts';
import { encodeOnnx } from '../export/onnx.ts';
import { quantize, readFloats } from '../files/int8.ts';
import { readBytes } from '../files/read.ts';
import { encodeSafetensors, joinChunks, parseSafetensors, type Safetensors } from '../files/safetensors.ts';
import { writeFileSafely } from '../files/write.ts';
import { parseWholeDescription } from '../network/encode.ts';
import { grouped } from './text.ts';

interface ExportOptions {
  readonly onnx?: true;
  readonly int8?: true;
  readonly js?: true;
  readonly out?: string;
}

/** How the bytes become weights, for a reader of the file's metadata. */
const QUANTIZATION = 'int8 by column: weight = bytes of NAME * NAME.scale';

export async function exportModel(model: string, options: ExportOptions): Promise<void> {
  const { onnx, int8, js } = options;
  if (!onnx && !int8 && !js) throw new InputError('say what to export: --onnx, --int8 or --js');
  if (onnx && (int8 || js)) {
    throw new InputError(
      '--onnx stands alone: only --js and --int8 go together, as one module with small weights',
    );
  }
  const bytes = await readBytes(model);
  const file = parseSafetensors(bytes, model);
  // Everything that reads the export is this strict.
  parseWholeDescription(file.metadata, model);
  readModel(file, model);
  const out = options.out ?? defaultOut(model, options);
  if (resolve(out) === resolve(model)) {
    throw new InputError(`${out} is the model itself: give another name with --out`);
  }
  const chunks = onnx ? onnxOf(file, model) : await packed(file, model, options);
  await writeFileSafely(out, chunks);
  const size = chunks.reduce((sum, { length }) => sum + length, 0);
  console.log(`${out}: ${grouped(size)} bytes, ${((100 * size) / bytes.length).toFixed(0)} % of the model`);
}

function defaultOut(model: string, { onnx, js, int8 }: ExportOptions): string {
  const stem = model.replace(/\.safetensors$/, '') + (int8 ? '.int8' : '');
  return `${stem}${onnx ? '.onnx' : js ? '.js' : '.safetensors'}`;
}

function onnxOf({ tensors, metadata }: Safetensors, model: string): Uint8Array[] {
  const { recipe, inputs, classes } = parseWholeDescription(metadata, model);
  return encodeOnnx({
    recipe,
    inputs,
    classes,
    metadata,
    tensor: (name, shape) => readFloats(tensors, name, shape, model),
  });
}

/** The file without what only training needs, with bytes for weights where asked for, as itself or as a module. */
async function packed(
  { tensors, metadata }: Safetensors,
  model: string,
  { int8, js }: ExportOptions,
): Promise<Uint8Array[]> {
  const { position: _, ...description } = parseWholeDescription(metadata, model);
  const isLearned = (name: string) =>
    /^(layers\.\d+\.(weight|bias)|readout\.\d+\.weight)(\.scale)?$/.test(name);
  const learned = [...tensors.values()].filter(({ name }) => isLearned(name));
  const isSmall = learned.some(({ dtype }) => dtype === 'I8');
  if (isSmall && int8 && !js) throw new InputError(`${model} has weights of int8 already`);
  const chunks = encodeSafetensors(int8 && !isSmall ? quantize(learned) : learned, {
    ...metadata,
    description: JSON.stringify(description),
    ...(int8 && { quantization: QUANTIZATION }),
  });
  if (!js) return chunks;
  return [new TextEncoder().encode(await encodeJavaScript(joinChunks(chunks)))];
}
