// ff inspect: what is in a model file, or in what was exported of one.

import '../schedules/register.ts';
import { few } from '../data/notes.ts';
import { InputError } from '../errors.ts';
import type { OwnInput } from '../export/graph.ts';
import { modelInModule, readOnnx } from '../export/read-export.ts';
import { readBytes } from '../files/read.ts';
import { parseSafetensors, type Tensor } from '../files/safetensors.ts';
import { planNetwork } from '../network/build.ts';
import type { ModelDescription } from '../network/encode.ts';
import { parseWholeDescription } from '../network/own-description.ts';
import { MOST_PAIRED } from '../readouts/by-class.ts';
import { describeRecipe } from '../recipes/describe.ts';
import { isConvolutional } from '../recipes/recipe.ts';
import { ownExamples } from './describe.ts';
import { print, printJson, warn } from './output.ts';
import { grouped, mebibytes, pairs, table } from './text.ts';

/** A model in whichever form it was found. */
interface Found {
  readonly form: 'model' | 'module' | 'onnx';
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: readonly Tensor[];
}

export async function inspect(model: string, options: { json?: boolean }): Promise<void> {
  const { form, metadata, tensors } = find(await readBytes(model), model);
  const description = parseWholeDescription(metadata, model);
  const { recipe, inputs, classes, seed, build, position, encoding } = description;
  const { plans } = planNetwork(recipe, inputs, classes, 1);
  const memory = plans.map(plan => plan.bytes);
  const takes = form === 'onnx' ? onnxInputs(metadata, model) : undefined;
  const list = tensors.map(({ name, dtype, shape, data }) => {
    let squares = 0;
    for (const value of data) squares += value * value;
    return { name, dtype, shape, values: data.length, rms: Math.sqrt(squares / Math.max(1, data.length)) };
  });
  if (options.json) {
    printJson({
      event: 'inspected',
      form,
      ...description,
      ...(takes && { takes }),
      memoryBytes: memory,
      tensors: list,
    });
    return;
  }
  print(
    pairs([
      ...describeRecipe(recipe),
      ...forms[form],
      ['takes', takes ? few(takes.map(({ input }) => input)) : describeTaken(description, form)],
      ['inputs', describeInputs(description)],
      ['classes', encoding ? namesOf(encoding.classNames) : `${classes}`],
      ['trained', `seed ${seed}, ${build} kernels`],
      ...(position
        ? ([['checkpoint', `epoch ${position.epoch}, ${position.batch} batches done`]] as [string, string][])
        : []),
      ...(form === 'model'
        ? ([['memory', `${memory.map(mebibytes).join(' + ')} while training`]] as [string, string][])
        : []),
    ]),
  );
  if (takes) {
    print(
      `\n${table(
        ['input', 'holds'],
        takes.map(({ input, holds }) => [input, holds]),
        true,
      )}`,
    );
  }
  const rows = list.map(({ name, dtype, shape, values, rms }) => [
    name,
    dtype,
    shape.join(' × '),
    grouped(values),
    rms.toPrecision(4),
  ]);
  print(`\n${table(['tensor', 'type', 'shape', 'values', 'rms'], rows)}`);
  const bad = list.find(({ rms }) => !Number.isFinite(rms));
  if (bad) warn(`${model}: ${bad.name} has values that are not finite: nothing else reads this file`);
}

/** All of a few, the first of many. */
function namesOf(names: readonly string[]): string {
  return names.length > MOST_PAIRED ? few(names) : names.join(', ');
}

const forms: Readonly<Record<Found['form'], readonly (readonly [string, string])[]>> = {
  model: [],
  module: [['form', 'JavaScript module with kernels and weights']],
  onnx: [['form', 'ONNX graph']],
};

function find(bytes: Uint8Array, path: string): Found {
  const onnx = readOnnx(bytes, path);
  if (onnx) return { form: 'onnx', ...onnx };
  const inModule = modelInModule(bytes, path);
  const { tensors, metadata } = parseSafetensors(inModule ?? bytes, path);
  return { form: inModule ? 'module' : 'model', metadata, tensors: [...tensors.values()] };
}

/** What the metadata of an ONNX file say that it takes. */
function onnxInputs({ takes = '' }: Readonly<Record<string, string>>, path: string): readonly OwnInput[] {
  try {
    const list = JSON.parse(takes);
    if (list.every(({ input, holds }: OwnInput) => typeof input === 'string' && typeof holds === 'string')) {
      return list;
    }
  } catch {
    // The same as a list of something else.
  }
  throw new InputError(`${path}: its metadata do not say what it takes; export it again`);
}

/** What whoever asks the model has to give. */
function describeTaken(
  { recipe, encoding, calibration, inputs }: ModelDescription,
  form: Found['form'],
): string {
  if (!encoding || !calibration) return `${inputs} numbers an example, encoded as in training`;
  const loads = isConvolutional(recipe) ? 'loadModel' : 'modelOf';
  const who = form === 'module' ? 'predict' : `ff predict and ${loads}`;
  return `${ownExamples(encoding)}, by ${who}`;
}

function describeInputs({ recipe, inputs, classes, encoding }: ModelDescription): string {
  const { learning } = recipe;
  const count = encoding ? `${inputs} once encoded` : `${inputs}`;
  if (learning.kind === 'recurrent') return `${count}, and ${classes} at the top for the label`;
  if (learning.kind !== 'contrast') return `${count}, none of them for a label`;
  return learning.label.kind === 'first'
    ? `${count}, the first ${classes} of them for the label`
    : `${count}, and ${classes} behind them for the label`;
}
