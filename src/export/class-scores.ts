// What a network whose layers tell classes apart makes of its inputs, as ONNX operators: one row an example, the sum of what its layers
// say, as log probabilities.

import type { ConvSpec } from '../layers/conv/spec.ts';
import { fullSpec } from '../layers/forms.ts';
import { type Shape, sizeOf } from '../layers/shape.ts';
import { inputShape, shapesOf } from '../recipes/check.ts';
import type { Classes } from '../recipes/recipe.ts';
import {
  cellMeans,
  channelByChannel,
  convolved,
  imagesOf,
  localContrast,
  positionsScaled,
  rowsOf,
} from './convolutions.ts';
import type { Graph } from './graph.ts';
import { type OnnxSource, TINY } from './source.ts';

/** The log probability of a class that a layer does not believe at all, as in objectives/classes.ts. */
const LEAST = Math.log(1e-30);

/** What goes on from layer to layer: rows, or images where a convolution has made it. */
interface Passed {
  readonly value: string;
  readonly shape: Shape;
  readonly areImages: boolean;
}

/** A layer: its activities, as they are and normalised, and what it passes on. */
interface Passing {
  readonly activity: string;
  readonly normalized: string;
  readonly passed: Passed;
}

/** The goodness of every label, and the logits of the softmax readout. */
export function scoresByClasses(graph: Graph, source: OnnxSource, learning: Classes, encoded: string) {
  const { recipe, inputs, classes, tensor } = source;
  const least = graph.floats('/least.log', Float32Array.of(LEAST));
  const times = (rows: string, name: string, matrix: Float32Array) => {
    const shape = [matrix.length / classes, classes];
    return graph.node('MatMul', [rows, graph.floats(name, matrix, shape)]);
  };
  const told: string[] = [];
  const logs: string[] = [];
  const read: string[] = [];
  const [input, ...shapes] = shapesOf(recipe, inputShape(recipe, inputs));
  const first = fullSpec(recipe.layers[0]);
  const seen =
    first.kind === 'conv' && first.localMean !== undefined
      ? localContrast(graph, encoded, input, first.size, first.localMean)
      : encoded;
  let passed: Passed = { value: rowsScaled(graph, seen), shape: input, areImages: false };
  const lower: Passed[] = [];
  shapes.forEach((shape, l) => {
    const spec = fullSpec(recipe.layers[l]);
    const isConv = spec.kind === 'conv';
    const layer = isConv
      ? convolution(graph, source, l, passed, shape, lower)
      : dense(graph, source, l, passed, shape);
    passed = layer.passed;
    lower.push(passed);
    if (l < learning.readFrom) return;
    const { activity: y } = layer;
    const linear = learning.activity === 'squares' ? graph.node('Mul', [y, y]) : y;
    const seen = learning.activity === 'normalized' ? layer.normalized : linear;
    const cells = isConv ? (spec.cells ?? 1) : 1;
    const map = tensor(`classes.${l}.weight`, [shape.channels * cells * cells, classes]);
    const logits = times(isConv ? cellMeans(graph, seen, shape, cells) : seen, `classes.${l}.weight`, map);
    told.push(logits);
    logs.push(graph.node('Max', [graph.node('LogSoftmax', [logits], { axis: 1 }), least]));
    if (!learning.readout) return;
    const readout = tensor(`readout.${l}.weight`, [sizeOf(shape), classes]);
    read.push(times(asRows(graph, passed), `readout.${l}.weight`, ordered(readout, passed)));
  });
  return {
    goodness: graph.node('Sum', logs, {}, 'goodness'),
    logits: graph.node('Sum', learning.readout ? read : told),
  };
}

function dense(graph: Graph, { tensor }: OnnxSource, l: number, below: Passed, shape: Shape): Passing {
  const size = [sizeOf(below.shape), shape.channels];
  const weight = ordered(tensor(`layers.${l}.weight`, size), below);
  const bias = graph.floats(`layers.${l}.bias`, tensor(`layers.${l}.bias`, [shape.channels]));
  const product = graph.node('MatMul', [
    asRows(graph, below),
    graph.floats(`layers.${l}.weight`, weight, size),
  ]);
  const activity = graph.node('Relu', [graph.node('Add', [product, bias])]);
  const normalized = rowsScaled(graph, activity);
  return { activity, normalized, passed: { value: normalized, shape, areImages: false } };
}

function convolution(
  graph: Graph,
  source: OnnxSource,
  l: number,
  below: Passed,
  shape: Shape,
  lower: readonly Passed[],
): Passing {
  const images = below.areImages ? below.value : imagesOf(graph, below.value, below.shape);
  const activity = convolved(graph, source, l, images, below.shape);
  const { normalization, shortcut } = source.recipe.layers[l] as ConvSpec;
  const normalized = normalization ? activity : positionsScaled(graph, activity);
  const value = shortcut ? graph.node('Add', [normalized, lower[l - shortcut].value]) : normalized;
  return { activity, normalized, passed: { value, shape, areImages: true } };
}

/** Rows over their root mean square. */
function rowsScaled(graph: Graph, rows: string): string {
  const mean = graph.node('ReduceMean', [graph.node('Mul', [rows, rows])], { axes: [1] });
  const tiny = graph.floats('/tiny', Float32Array.of(TINY));
  return graph.node('Div', [rows, graph.node('Add', [graph.node('Sqrt', [mean]), tiny])]);
}

function asRows(graph: Graph, { value, shape, areImages }: Passed): string {
  return areImages ? rowsOf(graph, value, shape) : value;
}

/** A matrix of what is passed on, in the order in which that comes as rows. */
function ordered(matrix: Float32Array, { shape, areImages }: Passed): Float32Array {
  return areImages ? channelByChannel(matrix, shape) : matrix;
}
