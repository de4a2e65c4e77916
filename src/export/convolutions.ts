// Convolutions as ONNX operators. Between them values are images (examples, channels, height, width); what maps and dense layers read
// of these is (examples, channels · height · width), so that the rows of their weights are put in that order.

import { EPSILON } from '../layers/conv/batch-norm.ts';
import type { ConvSpec } from '../layers/conv/spec.ts';
import { type Shape, sizeOf } from '../layers/shape.ts';
import type { Graph } from './graph.ts';
import { type OnnxSource, TINY } from './source.ts';

/** Of the root mean square of an image, what is added to that of each position: see assembly/positions.ts. */
const FLOOR = 0.01;

/** Rows (examples, height · width · channels) as images. */
export function imagesOf(graph: Graph, rows: string, { height, width, channels }: Shape): string {
  if (channels === 1) return graph.node('Reshape', [rows, graph.ints([-1, 1, height, width])]);
  const positions = graph.node('Reshape', [rows, graph.ints([-1, height, width, channels])]);
  return graph.node('Transpose', [positions], { perm: [0, 3, 1, 2] });
}

/** Images as rows (examples, channels · height · width), in the order of their axes. */
export function rowsOf(graph: Graph, images: string, shape: Shape): string {
  return graph.node('Reshape', [images, graph.ints([-1, sizeOf(shape)])]);
}

/** A matrix (height · width · channels, columns) with the rows of each channel side by side. */
export function channelByChannel(matrix: Float32Array, { height, width, channels }: Shape): Float32Array {
  const positions = height * width;
  const columns = matrix.length / (positions * channels);
  const made = new Float32Array(matrix.length);
  for (let k = 0; k < positions * channels; k++) {
    const place = (k % channels) * positions + Math.floor(k / channels);
    made.set(matrix.subarray(k * columns, (k + 1) * columns), place * columns);
  }
  return made;
}

/** The activities of layer `l`, which is one of convolutions, on images of the shape `below`, pooled. */
export function convolved(
  graph: Graph,
  { recipe, tensor }: OnnxSource,
  l: number,
  images: string,
  below: Shape,
): string {
  const { channels, size, stride = 1, maxPool = 1, batchNorm } = recipe.layers[l] as ConvSpec;
  const patch = { height: size, width: size, channels: below.channels };
  const fanIn = sizeOf(patch);
  const weight = channelByChannel(tensor(`layers.${l}.weight`, [fanIn, channels]), patch);
  // Unit by unit.
  const kernels = Float32Array.from(weight, (_, i) => weight[(i % fanIn) * channels + Math.floor(i / fanIn)]);
  const pad = (size - 1) / 2;
  const vector = (name: string) => graph.floats(name, tensor(name, [channels]));
  const weights = graph.floats(`layers.${l}.weight`, kernels, [channels, below.channels, size, size]);
  const bias = vector(`layers.${l}.bias`);
  const patches = { kernel_shape: [size, size], pads: [pad, pad, pad, pad], strides: [stride, stride] };
  const sums = batchNorm
    ? graph.node(
        'BatchNormalization',
        [
          graph.node('Conv', [images, weights], patches),
          graph.floats(`/ones.${channels}`, new Float32Array(channels).fill(1)),
          bias,
          vector(`layers.${l}.norm.mean`),
          vector(`layers.${l}.norm.variance`),
        ],
        { epsilon: EPSILON },
      )
    : graph.node('Conv', [images, weights, bias], patches);
  // Before the largest of each pool is taken: it stays the largest.
  const activity = graph.node('Relu', [sums]);
  if (maxPool === 1) return activity;
  // What does not fill a pool is left out, as where nothing else is said.
  return graph.node('MaxPool', [activity], { kernel_shape: [maxPool, maxPool], strides: [maxPool, maxPool] });
}

/**
 * Rows (examples, height · width · channels), each value less a share of the mean of its channel over the square around it, as
 * data/images/local-contrast.ts has it.
 */
export function localContrast(graph: Graph, rows: string, shape: Shape, size: number, share: number): string {
  const images = imagesOf(graph, rows, shape);
  const reach = (size - 1) / 2;
  const pads = graph.ints([0, 0, reach, reach, 0, 0, reach, reach]);
  const padded = graph.node('Pad', [images, pads], { mode: 'edge' });
  const means = graph.node('AveragePool', [padded], { kernel_shape: [size, size] });
  const factor = graph.floats('/local.mean', Float32Array.of(share));
  const left = graph.node('Sub', [images, graph.node('Mul', [means, factor])]);
  return rowsOf(graph, graph.node('Transpose', [left], { perm: [0, 2, 3, 1] }), shape);
}

/** Images with each position over its root mean square and a hundredth of that of its image. */
export function positionsScaled(graph: Graph, images: string): string {
  const own = graph.node('ReduceMean', [graph.node('Mul', [images, images])], { axes: [1] });
  const all = graph.node('ReduceMean', [own], { axes: [2, 3] });
  const share = graph.floats('/position.floor', Float32Array.of(FLOOR));
  const floor = graph.node('Mul', [graph.node('Sqrt', [all]), share]);
  const tiny = graph.floats('/tiny', Float32Array.of(TINY));
  const length = graph.node('Add', [graph.node('Add', [floor, tiny]), graph.node('Sqrt', [own])]);
  return graph.node('Div', [images, length]);
}

/** The means of images over each of `cells` · `cells` parts, as rows (examples, channels · cells · cells). */
export function cellMeans(graph: Graph, images: string, shape: Shape, cells: number): string {
  const { height, width, channels } = shape;
  const read = { height: cells, width: cells, channels };
  if (height === cells && width === cells) return rowsOf(graph, images, read);
  if (height % cells === 0 && width % cells === 0) {
    const cell = [height / cells, width / cells];
    return rowsOf(graph, graph.node('AveragePool', [images], { kernel_shape: cell, strides: cell }), read);
  }
  const shares = graph.floats(`/cells.${height}.${width}.${cells}`, cellShares(height, width, cells), [
    height * width,
    cells * cells,
  ]);
  const positions = graph.node('Reshape', [images, graph.ints([-1, channels, height * width])]);
  return rowsOf(graph, graph.node('MatMul', [positions, shares]), read);
}

/** The share of each position in the mean of each cell (height · width, cells · cells). */
function cellShares(height: number, width: number, cells: number): Float32Array {
  const border = (cell: number, length: number) => Math.floor((cell * length) / cells);
  const shares = new Float32Array(height * width * cells * cells);
  for (let cell = 0; cell < cells * cells; cell++) {
    const [i, j] = [Math.floor(cell / cells), cell % cells];
    const [top, bottom] = [border(i, height), border(i + 1, height)];
    const [left, right] = [border(j, width), border(j + 1, width)];
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        shares[(y * width + x) * cells * cells + cell] = 1 / ((bottom - top) * (right - left));
      }
    }
  }
  return shares;
}
