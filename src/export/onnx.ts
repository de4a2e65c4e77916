// A network as an ONNX model (https://onnx.ai/onnx/repo-docs/IR.html), for any runtime that reads those: both readouts in one
// graph, for any number of examples at once.
//
//   input          (examples, inputs)   as in training; what the label's inputs hold is ignored
//   label          (examples)           int64, the answer of the goodness readout
//   goodness       (examples, classes)  summed over the layers that are read
//   probabilities  (examples, classes)  of the softmax readout
//
// A model of own data takes its columns or images as they are instead of `input` (table-inputs.ts, image-input.ts), its probabilities
// are those of Model.predict, and it has one output more:
//
//   class          (examples)           text, the name of the class

import type { Encoding } from '../data/encode-examples.ts';
import { InputError } from '../errors.ts';
import type { OwnDescription } from '../network/encode.ts';
import { Graph, ML_DOMAIN, type Taken } from './graph.ts';
import { imageInput } from './image-input.ts';
import { Message } from './protobuf.ts';
import { scoresOf } from './scores.ts';
import type { OnnxSource } from './source.ts';
import { tableInputs } from './table-inputs.ts';

/** Of 2021; the operators below have not changed their meaning since. */
const OPSET = 17;
const ML_OPSET = 3;
const IR_VERSION = 8;
/** Protocol buffers count their bytes in 31 bits. */
const LARGEST = 2 ** 31 - 1;

/** An ONNX file. */
export interface OnnxFile {
  /** The bytes as chunks to write end to end. */
  readonly chunks: Uint8Array[];
  /** What the graph is to be given, in words. */
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
  return { chunks: model.chunks, about };
}

/** The inputs of own data. */
function ownInputs(graph: Graph, encoding: Encoding): Taken {
  return encoding.kind === 'table' ? tableInputs(graph, encoding) : imageInput(graph, encoding);
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
