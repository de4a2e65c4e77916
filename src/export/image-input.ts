// Images on their way into a network, as ONNX operators: bytes in, the network's inputs out, by the steps of
// data/images/image-encoding.ts.

import { type ImageEncoding, imageInputs } from '../data/images/image-encoding.ts';
import { describeSize } from '../data/images/images.ts';
import type { Graph, Taken } from './graph.ts';

/** Adds the input of images and their encoding. */
export function imageInput(graph: Graph, encoding: ImageEncoding): Taken {
  const { height, width, channels, centre } = encoding;
  const size = height * width * channels;
  const about = `takes images of ${describeSize(encoding)} as bytes from 0 to 255 (examples, ${height}, ${width}, ${channels}), not encoded`;
  const shape = ['examples', height, width, channels];
  const pixels = graph.input({ name: 'pixels', holds: 'uint8', shape, about });
  const rows = graph.node('Reshape', [pixels, graph.ints([-1, size])]);
  let values: string;
  if (centre) {
    const distance = graph.node('Sub', [
      graph.node('Cast', [rows], { to: 11 }),
      graph.doubles('/mean', centre.mean),
    ]);
    const scaled = graph.node('Div', [distance, graph.doubles('/deviation', [centre.deviation], [])]);
    values = graph.node('Cast', [scaled], { to: 1 });
  } else {
    const share = graph.floats('/share', Float32Array.of(1 / 255), []);
    values = graph.node('Mul', [graph.node('Cast', [rows], { to: 1 }), share]);
  }
  const before = imageInputs(encoding) - size;
  const zero = graph.floats('/zero', Float32Array.of(0), []);
  return {
    encoded: graph.node('Pad', [values, graph.ints([0, before, 0, 0]), zero]),
    ports: [{ input: 'pixels', holds: `bytes of images of ${describeSize(encoding)}` }],
    about,
  };
}
