// What a network makes of its inputs, as ONNX operators: the goodness of every label, and the logits of the softmax readout.
//
// Where labels are inputs, every example has a row for each label and, last, one for the neutral label; layer 1 multiplies the
// example once for all. Where layers tell classes apart, it has one.

import { InputError } from '../errors.ts';
import { sizeOf } from '../layers/shape.ts';
import { slope } from '../layers/slope.ts';
import { inputShape, shapesOf } from '../recipes/check.ts';
import { type Contrast, layerGoodness } from '../recipes/recipe.ts';
import { scoresByClasses } from './class-scores.ts';
import type { Graph } from './graph.ts';
import { type OnnxSource, TINY } from './source.ts';

/** The goodness of every label, and the logits of the softmax readout. */
export function scoresOf(graph: Graph, source: OnnxSource, encoded: string) {
  const { learning, channelMeans } = source.recipe;
  if (channelMeans === 'image') {
    throw new InputError("expected channelMeans that are numbers, found 'image': only loadNetwork runs that");
  }
  const seen = channelMeans ? lessMeans(graph, encoded, channelMeans, source.inputs) : encoded;
  if (learning.kind === 'classes' && learning.groups === undefined) {
    return scoresByClasses(graph, source, learning, seen);
  }
  if (learning.kind !== 'contrast' || learning.label.kind !== 'first') {
    throw new InputError(
      `an ONNX file is written of networks that learned by classes, or by contrast with the label in the first inputs, found learning by ${learning.kind}`,
    );
  }
  return scoresByContrast(graph, source, learning, seen);
}

/** Inputs less the mean of their channel, which lie side by side. */
function lessMeans(graph: Graph, encoded: string, means: readonly number[], inputs: number): string {
  const all = Float32Array.from({ length: inputs }, (_, k) => means[k % means.length]);
  return graph.node('Sub', [encoded, graph.floats('/channel.means', all)]);
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
