// A network as an ONNX model (https://onnx.ai/onnx/repo-docs/IR.html), for any runtime that reads those: both readouts in one
// graph, for any number of images at once.
//
//   input          (images, inputs)   as in training; what the label's inputs hold is ignored
//   label          (images)           int64, the answer of the goodness readout
//   goodness       (images, classes)  summed over the layers that are read
//   probabilities  (images, classes)  of the softmax readout
//
// Inside, where labels are inputs, every image has a row for each label and, last, one for the neutral label; layer 1 multiplies the
// image once for all. Where layers tell classes apart, it has one.

import { InputError } from '../errors.ts';
import { sizeOf } from '../layers/shape.ts';
import { slope } from '../layers/slope.ts';
import { inputShape, shapesOf } from '../recipes/check.ts';
import { type Classes, layerGoodness, type Recipe } from '../recipes/recipe.ts';
import { Message } from './protobuf.ts';

/** Of 2021; the operators below have not changed their meaning since. */
const OPSET = 17;
const IR_VERSION = 8;
/** Protocol buffers count their bytes in 31 bits. */
const LARGEST = 2 ** 31 - 1;
const TINY = 1e-20;

const FLOAT = 1;
const INT64 = 7;

/** What the graph is made of. */
export interface OnnxSource {
  readonly recipe: Recipe;
  readonly inputs: number;
  readonly classes: number;
  /** Goes into the file's metadata beside the graph. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The values of a tensor of the model file. */
  tensor(name: string, shape: readonly number[]): Float32Array;
}

/** The bytes of an ONNX file as chunks to write end to end; throws an InputError above 2 GiB, which the format cannot hold. */
export function encodeOnnx(source: OnnxSource): Uint8Array[] {
  const model = new Message()
    .number(1, IR_VERSION)
    .string(2, 'forward-forward')
    .message(7, buildGraph(source));
  model.message(8, new Message().string(1, '').number(2, OPSET));
  for (const [key, value] of Object.entries(source.metadata)) {
    model.message(14, new Message().string(1, key).string(2, value));
  }
  if (model.length > LARGEST) {
    throw new InputError(
      `an ONNX file ends at 2 GiB, this network makes ${(model.length / 2 ** 30).toFixed(1)} GiB: keep the safetensors file`,
    );
  }
  return model.chunks;
}

function buildGraph(source: OnnxSource): Message {
  const { recipe, inputs, classes, tensor } = source;
  const { learning } = recipe;
  if (learning.kind === 'classes' && learning.groups === undefined) return classesGraph(source, learning);
  if (learning.kind !== 'contrast' || learning.label.kind !== 'first') {
    throw new InputError(
      `an ONNX file is written of networks that learned by classes, or by contrast with the label in the first inputs, found learning by ${learning.kind}`,
    );
  }
  const { strength: labelStrength } = learning.label;
  const { from: readFrom } = learning.readout;
  const layers = shapesOf(recipe, inputShape(recipe, inputs)).slice(1).map(sizeOf);
  const graph = new Graph();
  graph.input('input', ['images', inputs]);

  // The label takes the place of the first inputs.
  const image = graph.node('Slice', ['input', graph.ints([classes]), graph.ints([inputs]), graph.ints([1])]);
  const squares = graph.node('ReduceSumSquare', [image], { axes: [1] });
  const labelSquares = new Float32Array(classes + 1).fill(labelStrength ** 2);
  labelSquares[classes] /= classes;
  const means = graph.node('Mul', [
    graph.node('Add', [squares, graph.floats('label.squares', labelSquares)]),
    graph.floats('input.share', Float32Array.of(1 / inputs)),
  ]);
  const length = graph.node('Add', [
    graph.node('Sqrt', [means]),
    graph.floats('tiny', Float32Array.of(TINY)),
  ]);
  const lengths = graph.node('Unsqueeze', [length, graph.ints([2])]);

  const sums: string[] = [];
  const logits: string[] = [];
  let rows = '';
  for (let l = 0; l < layers.length; l++) {
    const units = layers[l];
    const fanIn = l === 0 ? inputs : layers[l - 1];
    const weight = tensor(`layers.${l}.weight`, [fanIn, units]);
    const bias = graph.floats(`layers.${l}.bias`, tensor(`layers.${l}.bias`, [units]));
    let product: string;
    if (l === 0) {
      const pixels = graph.floats('layers.0.weight', weight.subarray(classes * units), [
        inputs - classes,
        units,
      ]);
      const common = graph.node('Unsqueeze', [graph.node('MatMul', [image, pixels]), graph.ints([1])]);
      const labels = labelRows(weight, classes, units, labelStrength);
      const labelled = graph.node('Add', [common, graph.floats('label.rows', labels, [classes + 1, units])]);
      product = graph.node('Div', [labelled, lengths]);
    } else {
      product = graph.node('MatMul', [rows, graph.floats(`layers.${l}.weight`, weight, [fanIn, units])]);
    }
    const activity = graph.node('Relu', [graph.node('Add', [product, bias])]);
    const total = graph.node('ReduceSumSquare', [activity], { axes: [2] });
    const mean = graph.node('Mul', [total, graph.floats(`layers.${l}.share`, Float32Array.of(1 / units))]);
    rows = graph.node('Div', [activity, graph.node('Add', [graph.node('Sqrt', [mean]), 'tiny'])]);
    if (l < readFrom) continue;
    const factor = graph.floats(
      `layers.${l}.slope`,
      Float32Array.of(slope(layerGoodness(learning, recipe.layers[l]), units)),
    );
    sums.push(graph.node('Mul', [total, factor]));
    const neutral = graph.node('Gather', [rows, graph.ints([classes], [])], { axis: 1 });
    const readout = tensor(`readout.${l}.weight`, [units, classes]);
    logits.push(
      graph.node('MatMul', [neutral, graph.floats(`readout.${l}.weight`, readout, [units, classes])]),
    );
  }

  const each = graph.node('Squeeze', [graph.node('Sum', sums), graph.ints([2])]);
  graph.node('Slice', [each, graph.ints([0]), graph.ints([classes]), graph.ints([1])], {}, 'goodness');
  return graph.answer(graph.node('Sum', logits), classes);
}

/** One row an image: the sum of what its layers say, as log probabilities. */
function classesGraph({ recipe, inputs, classes, tensor }: OnnxSource, learning: Classes): Message {
  const graph = new Graph();
  graph.input('input', ['images', inputs]);
  graph.floats('tiny', Float32Array.of(TINY));
  const scaled = (rows: string) => {
    const mean = graph.node('ReduceMean', [graph.node('Mul', [rows, rows])], { axes: [1] });
    return graph.node('Div', [rows, graph.node('Add', [graph.node('Sqrt', [mean]), 'tiny'])]);
  };
  const times = (rows: string, name: string, height: number) =>
    graph.node('MatMul', [rows, graph.floats(name, tensor(name, [height, classes]), [height, classes])]);
  const told: string[] = [];
  const logs: string[] = [];
  const read: string[] = [];
  let rows = scaled('input');
  let fanIn = inputs;
  const sizes = shapesOf(recipe, inputShape(recipe, inputs)).slice(1).map(sizeOf);
  sizes.forEach((units, l) => {
    const weight = graph.floats(`layers.${l}.weight`, tensor(`layers.${l}.weight`, [fanIn, units]), [
      fanIn,
      units,
    ]);
    const bias = graph.floats(`layers.${l}.bias`, tensor(`layers.${l}.bias`, [units]));
    const y = graph.node('Relu', [graph.node('Add', [graph.node('MatMul', [rows, weight]), bias])]);
    rows = scaled(y);
    fanIn = units;
    if (l < learning.readFrom) return;
    const linear = learning.activity === 'squares' ? graph.node('Mul', [y, y]) : y;
    const seen = learning.activity === 'normalized' ? rows : linear;
    const logits = times(seen, `classes.${l}.weight`, units);
    told.push(logits);
    logs.push(graph.node('LogSoftmax', [logits], { axis: 1 }));
    if (learning.readout) read.push(times(rows, `readout.${l}.weight`, units));
  });
  graph.node('Sum', logs, {}, 'goodness');
  return graph.answer(graph.node('Sum', learning.readout ? read : told), classes);
}

/** What each label, and last the neutral one, adds to the product with the image (classes + 1, units). */
function labelRows(weight: Float32Array, classes: number, units: number, strength: number): Float32Array {
  const rows = new Float32Array((classes + 1) * units);
  for (let unit = 0; unit < units; unit++) {
    let sum = 0;
    for (let label = 0; label < classes; label++) {
      const value = strength * weight[label * units + unit];
      rows[label * units + unit] = value;
      sum += value / classes;
    }
    rows[classes * units + unit] = sum;
  }
  return rows;
}

/** A graph under construction; values are known by their names. */
class Graph {
  readonly #nodes: Message[] = [];
  readonly #initializers = new Map<string, Message>();
  readonly #inputs: Message[] = [];
  readonly #outputs: Message[] = [];

  /** Adds an operator of one output and gives its name; attributes are whole numbers or lists of them. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, number | readonly number[]>> = {},
    output = `${operator}.${this.#nodes.length}`,
  ): string {
    const node = new Message();
    for (const input of inputs) node.string(1, input);
    node.string(2, output).string(3, output).string(4, operator);
    for (const [name, value] of Object.entries(attributes)) {
      const attribute = new Message().string(1, name);
      if (typeof value === 'number') attribute.number(3, value).number(20, 2);
      else value.reduce((message, item) => message.number(8, item), attribute).number(20, 7);
      node.message(5, attribute);
    }
    this.#nodes.push(node);
    return output;
  }

  /** A constant of floats; without a shape, a vector. */
  floats(name: string, values: Float32Array, shape: readonly number[] = [values.length]): string {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return this.#constant(name, FLOAT, shape, bytes);
  }

  /** A constant of a few whole numbers; without a shape, a vector. */
  ints(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const bytes = new Uint8Array(new BigInt64Array(values.map(BigInt)).buffer);
    return this.#constant(`${shape.length ? 'list' : 'number'}.${values.join('.')}`, INT64, shape, bytes);
  }

  input(name: string, shape: readonly (number | string)[]): void {
    this.#inputs.push(valueInfo(name, FLOAT, shape));
  }

  output(name: string, type: number, shape: readonly (number | string)[]): void {
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /** The answer by `goodness`, and the probabilities that `logits` stand for: all that is asked of a graph. */
  answer(logits: string, classes: number): Message {
    this.node('ArgMax', ['goodness'], { axis: 1, keepdims: 0 }, 'label');
    this.node('Softmax', [logits], { axis: 1 }, 'probabilities');
    this.output('label', INT64, ['images']);
    this.output('goodness', FLOAT, ['images', classes]);
    this.output('probabilities', FLOAT, ['images', classes]);
    return this.finish('forward-forward');
  }

  finish(name: string): Message {
    const graph = new Message();
    for (const node of this.#nodes) graph.message(1, node);
    graph.string(2, name);
    for (const initializer of this.#initializers.values()) graph.message(5, initializer);
    for (const input of this.#inputs) graph.message(11, input);
    for (const output of this.#outputs) graph.message(12, output);
    return graph;
  }

  #constant(name: string, type: number, shape: readonly number[], bytes: Uint8Array): string {
    const constant = new Message();
    for (const size of shape) constant.number(1, size);
    this.#initializers.set(name, constant.number(2, type).string(8, name).bytes(9, bytes));
    return name;
  }
}

/** The type of an input or output; a name in place of a size stands for any size. */
function valueInfo(name: string, type: number, shape: readonly (number | string)[]): Message {
  const dimensions = new Message();
  for (const size of shape) {
    const dimension = new Message();
    dimensions.message(1, typeof size === 'number' ? dimension.number(1, size) : dimension.string(2, size));
  }
  const tensor = new Message().number(1, type).message(2, dimensions);
  return new Message().string(1, name).message(2, new Message().message(1, tensor));
}
