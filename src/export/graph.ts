// A graph of ONNX operators under construction (https://onnx.ai/onnx/repo-docs/IR.html).

import { Message } from './protobuf.ts';

/** What a tensor holds, by the numbers of the format. */
export const holds = { float: 1, uint8: 2, int64: 7, text: 8, double: 11 } as const;
export type Holding = keyof typeof holds;

/** Operators beside the standard ones, for what the standard cannot do with text. */
export const ML_DOMAIN = 'ai.onnx.ml';

/** Attributes of an operator: whole numbers from 0 on or others, texts, or lists of whole numbers or texts. */
type Attributes = Readonly<Record<string, number | string | readonly number[] | readonly string[]>>;

/** An input or output; a name in place of a size stands for any size. */
export interface Port {
  readonly name: string;
  readonly holds: Holding;
  readonly shape: readonly (number | string)[];
  /** What it means, for whoever reads the file. */
  readonly about: string;
}

/** An input of the graph, as its metadata tell it. */
export interface OwnInput {
  readonly input: string;
  /** The column of the table. */
  readonly column?: string;
  readonly holds: string;
}

/** What a graph takes: the value that the network is to see, and what the inputs are. */
export interface Taken {
  readonly encoded: string;
  readonly ports: readonly OwnInput[];
  readonly about: string;
}

/** A graph under construction; values are known by their names, and those that it makes up begin with a slash. */
export class Graph {
  readonly #nodes: Message[] = [];
  readonly #initializers = new Map<string, Message>();
  readonly #inputs: Message[] = [];
  readonly #outputs: Message[] = [];

  /** Adds an operator of one output and gives its name. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    output = `/${operator}.${this.#nodes.length}`,
    domain = '',
  ): string {
    const node = new Message();
    for (const input of inputs) node.string(1, input);
    node.string(2, output).string(3, output).string(4, operator);
    for (const [name, value] of Object.entries(attributes)) node.message(5, attribute(name, value));
    if (domain) node.string(7, domain);
    this.#nodes.push(node);
    return output;
  }

  /** A constant of floats; without a shape, a vector. */
  floats(name: string, values: Float32Array, shape: readonly number[] = [values.length]): string {
    return this.#constant(name, 'float', shape, bytesOf(values));
  }

  /** The same in double precision. */
  doubles(name: string, values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.#constant(name, 'double', shape, bytesOf(Float64Array.from(values)));
  }

  /** A constant of whole numbers; without a shape, a vector. Without a name, a few of them are their own. */
  ints(
    values: readonly number[],
    shape: readonly number[] = [values.length],
    name = `/${shape.length ? 'list' : 'number'}.${values.join('.')}`,
  ): string {
    return this.#constant(name, 'int64', shape, bytesOf(BigInt64Array.from(values, BigInt)));
  }

  /** A constant vector of texts. */
  texts(name: string, values: readonly string[]): string {
    const constant = new Message().number(1, values.length).number(2, holds.text);
    for (const value of values) constant.string(6, value);
    this.#initializers.set(name, constant.string(8, name));
    return name;
  }

  input(port: Port): string {
    this.#inputs.push(valueInfo(port));
    return port.name;
  }

  output(port: Port): void {
    this.#outputs.push(valueInfo(port));
  }

  finish(about: string): Message {
    const graph = new Message();
    for (const node of this.#nodes) graph.message(1, node);
    graph.string(2, 'forward-forward');
    for (const initializer of this.#initializers.values()) graph.message(5, initializer);
    graph.string(10, about);
    for (const input of this.#inputs) graph.message(11, input);
    for (const output of this.#outputs) graph.message(12, output);
    return graph;
  }

  #constant(name: string, type: Holding, shape: readonly number[], bytes: Uint8Array): string {
    const constant = new Message();
    for (const size of shape) constant.number(1, size);
    this.#initializers.set(name, constant.number(2, holds[type]).string(8, name).bytes(9, bytes));
    return name;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function attribute(name: string, value: Attributes[string]): Message {
  const message = new Message().string(1, name);
  if (Number.isInteger(value)) return message.number(3, value as number).number(20, 2);
  if (typeof value === 'number') return message.float(2, value).number(20, 1);
  if (typeof value === 'string') return message.string(4, value).number(20, 3);
  for (const item of value) {
    if (typeof item === 'number') message.number(8, item);
    else message.string(9, item);
  }
  return message.number(20, typeof value[0] === 'string' ? 8 : 7);
}

function valueInfo({ name, holds: type, shape, about }: Port): Message {
  const dimensions = new Message();
  for (const size of shape) {
    const dimension = new Message();
    dimensions.message(1, typeof size === 'number' ? dimension.number(1, size) : dimension.string(2, size));
  }
  const tensor = new Message().number(1, holds[type]).message(2, dimensions);
  return new Message().string(1, name).message(2, new Message().message(1, tensor)).string(3, about);
}
