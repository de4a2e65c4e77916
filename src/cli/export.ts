// ff export: a model for where this library is not, or for where every byte counts.

import '../schedules/register.ts';
import { few } from '../data/notes.ts';
import { readPredictable } from '../device/predictable.ts';
import { InputError } from '../errors.ts';
import { encodeJavaScript } from '../export/javascript.ts';
import { encodeOnnx, takesEncoded } from '../export/onnx.ts';
import { FORMAT } from '../files/format.ts';
import { quantize, readFloats } from '../files/int8.ts';
import { readBytes } from '../files/read.ts';
import { encodeSafetensors, joinChunks, parseSafetensors, type Safetensors } from '../files/safetensors.ts';
import { writeFileSafely } from '../files/write.ts';
import type { ModelDescription } from '../network/encode.ts';
import { ownOf, parseWholeDescription } from '../network/own-description.ts';
import { ownExamples } from './describe.ts';
import { print } from './output.ts';
import { checkOutputs } from './outputs.ts';
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
  const { position: _, data: __, learning, ...description } = parseWholeDescription(file.metadata, model);
  if (learning) {
    throw new InputError(
      `${model} is a checkpoint of own data, not a model: finish its training with ff train --resume, and export what that writes`,
    );
  }
  // The description is as files have it today, whatever this one's was.
  const metadata = { ...file.metadata, format: FORMAT, description: JSON.stringify(description) };
  // Everything that reads the export is this strict.
  readPredictable({ ...file, metadata }, model);
  const out = options.out ?? defaultOut(model, options);
  await checkOutputs([out], [model]);
  const { chunks, takes } = onnx
    ? onnxOf(file.tensors, description, metadata, model)
    : await packed(file.tensors, description, metadata, model, options);
  await writeFileSafely(out, chunks);
  const size = chunks.reduce((sum, { length }) => sum + length, 0);
  print(`${out}: ${grouped(size)} bytes, ${((100 * size) / bytes.length).toFixed(0)} % of the model`);
  print(takes);
}

/** What is written, and a sentence that says what it is to be given. */
interface Export {
  readonly chunks: Uint8Array[];
  readonly takes: string;
}

function defaultOut(model: string, { onnx, js, int8 }: ExportOptions): string {
  const stem = model.replace(/\.safetensors$/, '') + (int8 ? '.int8' : '');
  return `${stem}${onnx ? '.onnx' : js ? '.js' : '.safetensors'}`;
}

function onnxOf(
  tensors: Safetensors['tensors'],
  description: ModelDescription,
  metadata: Readonly<Record<string, string>>,
  model: string,
): Export {
  const { recipe, inputs, classes } = description;
  const own = ownOf(description);
  const { chunks, about } = encodeOnnx({
    recipe,
    inputs,
    classes,
    ...(own && { own }),
    metadata,
    tensor: (name, shape) => readFloats(tensors, name, shape, model),
  });
  return { chunks, takes: own ? `${about}; answers ${few(own.encoding.classNames)}` : about };
}

/** The file without what only training needs, with bytes for weights where asked for, as itself or as a module. */
async function packed(
  tensors: Safetensors['tensors'],
  description: ModelDescription,
  metadata: Readonly<Record<string, string>>,
  model: string,
  { int8, js }: ExportOptions,
): Promise<Export> {
  const isLearned = (name: string) =>
    /^(layers\.\d+\.(weight|bias|norm\.(mean|variance))|(readout|classes)\.\d+\.weight)(\.scale)?$/.test(
      name,
    );
  const learned = [...tensors.values()].filter(({ name }) => isLearned(name));
  const isSmall = learned.some(({ dtype }) => dtype === 'I8');
  if (isSmall && int8 && !js) throw new InputError(`${model} has weights of int8 already`);
  const chunks = encodeSafetensors(int8 && !isSmall ? quantize(learned) : learned, {
    ...metadata,
    ...(int8 && { quantization: QUANTIZATION }),
  });
  const own = ownOf(description);
  const takes = own
    ? `${js ? 'predict' : 'modelOf'} takes ${ownExamples(own.encoding)}, not encoded; answers ${few(own.encoding.classNames)}`
    : takesEncoded(description);
  if (!js) return { chunks, takes };
  const text = await encodeJavaScript(joinChunks(chunks), own !== undefined);
  return { chunks: [new TextEncoder().encode(text)], takes };
}
