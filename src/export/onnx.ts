// A network as an ONNX model (https://onnx.ai/onnx/repo-docs/IR.html), for any runtime that reads those: both readouts in one
// graph, for any number of examples at once.
//
//   input          (examples, inputs)   as in training; what the label's inputs hold is ignored
//   label          (examples)           int64, the answer of the goodness readout
//   goodness       (examples, classes)  summed over the layers that are read
//   probabilities  (examples, classes)  of the softmax readout
//
// A model of own data takes its columns or images as they are instead of `input` (own-inputs.ts), its probabilities are those of
// Model.predict, and it has one output more:
//
//   class          (examples)           text, the name of the class
//
// Inside, where labels are inputs, every example has a row for each label and, last, one for the neutral label; layer 1 multiplies the
// example once for all. Where layers tell classes apart, it has one.

import { InputError } from '../errors.ts';
import { sizeOf } from '../layers/shape.ts';
import { slope } from '../layers/slope.ts';
import type { OwnDescription } from '../network/encode.ts';
import { inputShape, shapesOf } from '../recipes/check.ts';
import { type Classes, type Contrast, layerGoodness, type Recipe } from '../recipes/recipe.ts';
import { Graph, ML_DOMAIN } from './graph.ts';
import { type OwnInput, ownInputs, type Taken } from './own-inputs.ts';
import { Message } from './protobuf.ts';

/** Of 2021; the operators below have not changed their meaning since. */
const OPSET = 17;
const ML_OPSET = 3;
const IR_VERSION = 8;
/** Protocol buffers count their bytes in 31 bits. */
const LARGEST = 2 ** 31 - 1;
const TINY = 1e-20;
/** The log probability of a class that a layer does not believe at all, as in objectives/classes.ts. */
const LEAST = Math.log(1e-30);

/** What the graph is made of. */
export interface OnnxSource {
  readonly recipe: Recipe;
  readonly inputs: number;
  readonly classes: number;
  /** What a model of own data takes and answers. */
  readonly own?: OwnDescription;
  /** Goes into the file's metadata beside the graph. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The values of a tensor of the model file. */
  tensor(name: string, shape: readonly number[]): Float32Array;
}

/** An ONNX file. */
export interface OnnxFile {
  /** The bytes as chunks to write end to end. */
  readonly chunks: Uint8Array[];
  /** What the graph is to be given. */
  readonly inputs: readonly OwnInput[];
  /** A sentence that says so. */
  readonly about: string;
}

/** A network as an ONNX file; throws an InputError above 2 GiB, which the format cannot hold. */
export function encodeOnnx(source: OnnxSource): OnnxFile {
  const { own, metadata, classes } = source;
  const graph = new Graph();
  const taken = own ? ownInputs(graph, own.encoding) : networkInput(graph, source);
  const { goodness, logits } = scoresOf(graph, source, taken.encoded);
  answer(graph, { own, classes, goodness, logits });
  const { about, ports } = taken;
  const model = new Message()
    .number(1, IR_VERSION)
    .string(2, 'forward-forward')
    .string(6, about)
    .message(7, graph.finish(about))
    .message(8, new Message().string(1, '').number(2, OPSET));
  if (own) model.message(8, new Message().string(1, ML_DOMAIN).number(2, ML_OPSET));
  const more = {
    takes: JSON.stringify(ports),
    ...(own && { class_names: JSON.stringify(own.encoding.classNames) }),
  };
  for (const [key, value] of Object.entries({ ...metadata, ...more })) {
    model.message(14, new Message().string(1, key).string(2, value));
  }
  if (model.length > LARGEST) {
    throw new InputError(
      `an ONNX file ends at 2 GiB, this network makes ${(model.length / 2 ** 30).toFixed(1)} GiB: keep the safetensors file`,
    );
  }
  return { chunks: model.chunks, inputs: ports, about };
}

/** The one input of a network that nothing is known of but what it was trained on. */
function networkInput(graph: Graph, source: OnnxSource): Taken {
  const about = takesEncoded(source);
  const shape = ['examples', source.inputs];
  const encoded = graph.input({ name: 'input', holds: 'float', shape, about });
  return { encoded, about, ports: [{ input: 'input', holds: 'encoded inputs' }] };
}

/** What a network is to be given, in words. */
export function takesEncoded({ recipe, inputs, classes }: Pick<OnnxSource, 'recipe' | 'inputs' | 'classes'>) {
  const { learning } = recipe;
  const labels = learning.kind === 'contrast' ? `, the first ${classes} of them left to the label` : '';
  return `takes inputs that are encoded as in training, ${inputs} an example${labels}; answers numbers of classes`;
}

/** The goodness of every label, and the logits of the softmax readout. */
function scoresOf(graph: Graph, source: OnnxSource, encoded: string) {
  const { learning } = source.recipe;
  if (learning.kind === 'classes' && learning.groups === undefined) {
    return scoresByClasses(graph, source, learning, encoded);
  }
  if (learning.kind !== 'contrast' || learning.label.kind !== 'first') {
    throw new InputError(
      `an ONNX file is written of networks that learned by classes, or by contrast with the label in the first inputs, found learning by ${learning.kind}`,
    );
  }
  return scoresByContrast(graph, source, learning, encoded);
}

function scoresByContrast(
  graph: Graph,
  { recipe, inputs, classes, tensor }: OnnxSource,
  learning: Contrast,
  encoded: string,
) {
  const { strength: labelStrength } = learning.label;
  const { from: readFrom } = learning.readout;
  const layers = shapesOf(recipe, inputShape(recipe, inputs)).slice(1).map(sizeOf);
  const tiny = graph.floats('/tiny', Float32Array.of(TINY));

  // The label takes the place of the first inputs.
  const image = graph.node('Slice', [encoded, graph.ints([classes]), graph.ints([inputs]), graph.ints([1])]);
  const squares = graph.node('ReduceSumSquare', [image], { axes: [1] });
  const labelSquares = new Float32Array(classes + 1).fill(labelStrength ** 2);
  labelSquares[classes] /= classes;
  const means = graph.node('Mul', [
    graph.node('Add', [squares, graph.floats('/label.squares', labelSquares)]),
    graph.floats('/input.share', Float32Array.of(1 / inputs)),
  ]);
  const length = graph.node('Add', [graph.node('Sqrt', [means]), tiny]);
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
      const labelled = graph.node('Add', [common, graph.floats('/label.rows', labels, [classes + 1, units])]);
      product = graph.node('Div', [labelled, lengths]);
    } else {
      product = graph.node('MatMul', [rows, graph.floats(`layers.${l}.weight`, weight, [fanIn, units])]);
    }
    const activity = graph.node('Relu', [graph.node('Add', [product, bias])]);
    const total = graph.node('ReduceSumSquare', [activity], { axes: [2] });
    const mean = graph.node('Mul', [total, graph.floats(`/layers.${l}.share`, Float32Array.of(1 / units))]);
    rows = graph.node('Div', [activity, graph.node('Add', [graph.node('Sqrt', [mean]), tiny])]);
    if (l < readFrom) continue;
    const factor = graph.floats(
      `/layers.${l}.slope`,
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
  const ends = [graph.ints([0]), graph.ints([classes]), graph.ints([1])];
  return {
    goodness: graph.node('Slice', [each, ...ends], {}, 'goodness'),
    logits: graph.node('Sum', logits),
  };
}

/** One row an example: the sum of what its layers say, as log probabilities. */
function scoresByClasses(
  graph: Graph,
  { recipe, inputs, classes, tensor }: OnnxSource,
  learning: Classes,
  encoded: string,
) {
  const tiny = graph.floats('/tiny', Float32Array.of(TINY));
  const least = graph.floats('/least.log', Float32Array.of(LEAST));
  const scaled = (rows: string) => {
    const mean = graph.node('ReduceMean', [graph.node('Mul', [rows, rows])], { axes: [1] });
    return graph.node('Div', [rows, graph.node('Add', [graph.node('Sqrt', [mean]), tiny])]);
  };
  const times = (rows: string, name: string, height: number) =>
    graph.node('MatMul', [rows, graph.floats(name, tensor(name, [height, classes]), [height, classes])]);
  const told: string[] = [];
  const logs: string[] = [];
  const read: string[] = [];
  let rows = scaled(encoded);
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
    logs.push(graph.node('Max', [graph.node('LogSoftmax', [logits], { axis: 1 }), least]));
    if (learning.readout) read.push(times(rows, `readout.${l}.weight`, units));
  });
  return {
    goodness: graph.node('Sum', logs, {}, 'goodness'),
    logits: graph.node('Sum', learning.readout ? read : told),
  };
}

/** What is answered by the goodness of every label: of own data the name of the class, and how sure that is. */
function answer(
  graph: Graph,
  of: {
    readonly own: OwnDescription | undefined;
    readonly classes: number;
    readonly goodness: string;
    readonly logits: string;
  },
): void {
  const { own, classes, goodness } = of;
  const label = graph.node('ArgMax', [goodness], { axis: 1, keepdims: 0 }, 'label');
  let scores = of.logits;
  if (own) {
    const { classNames } = own.encoding;
    graph.node('Gather', [graph.texts('/class.names', classNames), label], { axis: 0 }, 'class');
    graph.output({ name: 'class', holds: 'text', shape: ['examples'], about: 'the name of the class' });
    const temperature = graph.floats('/temperature', Float32Array.of(own.calibration.temperature));
    scores = graph.node('Div', [goodness, temperature]);
  }
  graph.node('Softmax', [scores], { axis: 1 }, 'probabilities');
  const shape = ['examples', classes];
  const about = own ? 'how likely each class is to be right' : 'of the softmax readout';
  graph.output({
    name: 'label',
    holds: 'int64',
    shape: ['examples'],
    about: 'the number of the class, from 0',
  });
  graph.output({
    name: 'goodness',
    holds: 'float',
    shape,
    about: 'of each class, over the layers that are read',
  });
  graph.output({ name: 'probabilities', holds: 'float', shape, about });
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
