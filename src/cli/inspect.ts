// ff inspect: what is in a model file.

import { readBytes } from '../files/read.ts';
import { parseSafetensors } from '../files/safetensors.ts';
import { checkSizes, planNetwork } from '../network/build.ts';
import { type ModelDescription, parseDescription } from '../network/encode.ts';
import { describeRecipe } from '../recipes/describe.ts';
import { print, printJson } from './output.ts';
import { grouped, mebibytes, pairs, table } from './text.ts';

export async function inspect(model: string, options: { json?: boolean }): Promise<void> {
  const { tensors, metadata } = parseSafetensors(await readBytes(model), model);
  const description = parseDescription(metadata, model);
  const { recipe, inputs, classes, seed, build, position, encoding } = description;
  checkSizes(recipe, inputs, classes, seed, 1);
  const { plans } = planNetwork(recipe, inputs, classes, 1);
  const memory = plans.map(plan => plan.bytes);
  const list = [...tensors.values()].map(({ name, dtype, shape, data }) => {
    let squares = 0;
    for (const value of data) squares += value * value;
    return { name, dtype, shape, values: data.length, rms: Math.sqrt(squares / Math.max(1, data.length)) };
  });
  if (options.json) {
    printJson({ event: 'inspected', ...description, memoryBytes: memory, tensors: list });
    return;
  }
  print(
    pairs([
      ...describeRecipe(recipe),
      ['inputs', describeInputs(description)],
      ['classes', encoding ? encoding.classNames.join(', ') : `${classes}`],
      ['trained', `seed ${seed}, ${build} kernels`],
      ...(position
        ? ([['checkpoint', `epoch ${position.epoch}, ${position.batch} batches done`]] as [string, string][])
        : []),
      ['memory', `${memory.map(mebibytes).join(' + ')} while training`],
    ]),
  );
  const rows = list.map(({ name, dtype, shape, values, rms }) => [
    name,
    dtype,
    shape.join(' × '),
    grouped(values),
    rms.toPrecision(4),
  ]);
  print(`\n${table(['tensor', 'type', 'shape', 'values', 'rms'], rows)}`);
}

function describeInputs({ recipe, inputs, classes }: ModelDescription): string {
  const { learning } = recipe;
  if (learning.kind === 'recurrent') return `${inputs}, and ${classes} at the top for the label`;
  if (learning.kind !== 'contrast') return `${inputs}, none of them for a label`;
  return learning.label.kind === 'first'
    ? `${inputs}, the first ${classes} of them for the label`
    : `${inputs}, and ${classes} behind them for the label`;
}
