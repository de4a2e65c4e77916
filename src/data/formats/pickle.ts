// Python's pickle, as far as NumPy writes it for an array of texts (dtype object): protocols 3 to 5. A pickle is a program;
// nothing of it is run here but what makes such an array, and everything else is refused by its name.
// https://github.com/python/cpython/blob/main/Lib/pickletools.py

import { InputError } from '../../errors.ts';

/** What a pickle makes here; an array or a type of NumPy's is known by what it was given. */
type Value = string | number | boolean | null | Uint8Array | Value[] | Call;

/** Something that the pickle names, called or not yet. */
interface Call {
  readonly name: string;
  readonly isCalled: boolean;
  state?: Value;
}

const RECONSTRUCT = /^numpy\.(_core|core)\.multiarray\._reconstruct$/;
const NAMES = [RECONSTRUCT, /^numpy\.ndarray$/, /^numpy\.dtype$/];
const ADVICE = 'expected texts; save the array with astype(str)';

/**
 * The texts of a pickled array of this shape, row-major; numbers among them become text, None and NaN an empty one. Throws an
 * InputError, naming `path`, for everything else.
 */
export function parseTexts(pickle: Uint8Array, shape: readonly number[], path: string): string[] {
  const refuse = (what: string): never => {
    throw new InputError(`${path}: an array of Python objects with ${what}: ${ADVICE}`);
  };
  const made = run(pickle, refuse);
  const state = isCall(made) && RECONSTRUCT.test(made.name) && made.state;
  if (!Array.isArray(state) || state.length !== 5) return refuse('something else than an array in it');
  const [, sizes, type, , values] = state;
  const isOfObjects = isCall(type) && type.name === 'numpy.dtype';
  const isOfShape =
    Array.isArray(sizes) && sizes.length === shape.length && sizes.every((size, d) => size === shape[d]);
  const count = shape.reduce((product, size) => product * size, 1);
  if (!Array.isArray(values) || !isOfObjects || !isOfShape || values.length !== count) {
    return refuse(`another shape or type than its header says (${shape.join(' × ')})`);
  }
  return values.map(value => {
    if (typeof value === 'string') return value.trim();
    if (typeof value === 'number') return Number.isNaN(value) ? '' : String(value);
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    if (value === null) return '';
    if (value instanceof Uint8Array) return refuse('bytes in it');
    return refuse(isCall(value) ? `${value.name} in it` : 'a list or a tuple in it');
  });
}

function isCall(value: Value): value is Call {
  return typeof value === 'object' && value !== null && 'isCalled' in value;
}

/** Runs the program `pickle`, and returns what it makes. */
function run(pickle: Uint8Array, refuse: (what: string) => never): Value {
  const view = new DataView(pickle.buffer, pickle.byteOffset, pickle.byteLength);
  const stack: Value[] = [];
  const marks: number[] = [];
  const memo = new Map<number, Value>();
  let at = 0;
  const take = (bytes: number): number => {
    if (!(at + bytes <= pickle.length)) refuse(`a truncated pickle (at its byte ${at} of ${pickle.length})`);
    at += bytes;
    return at - bytes;
  };
  const byte = () => pickle[take(1)];
  const word = () => view.getUint32(take(4), true);
  const bytes = (length: number) => {
    const begin = take(length);
    return pickle.subarray(begin, begin + length);
  };
  const utf8 = new TextDecoder();
  const text = (length: number) => utf8.decode(bytes(length));
  const line = () => {
    const end = pickle.indexOf(10, at);
    if (end < 0) refuse('a truncated pickle');
    const found = text(end - at);
    at = end + 1;
    return found;
  };
  const pop = (): Value => {
    if (stack.length <= (marks.at(-1) ?? 0)) refuse('a damaged pickle (nothing to take)');
    return stack.pop()!;
  };
  const popToMark = (): Value[] => {
    const mark = marks.pop() ?? refuse('a damaged pickle (no mark)');
    return stack.splice(mark);
  };
  const named = (module: Value, member: Value): Call => {
    if (typeof module !== 'string' || typeof member !== 'string') return refuse('a damaged pickle (no name)');
    const name = `${module}.${member}`;
    if (!NAMES.some(known => known.test(name))) refuse(`${name.slice(0, 60)} in it`);
    return { name, isCalled: false };
  };
  const extend = (values: readonly Value[]) => {
    const list = stack.at(-1);
    if (!Array.isArray(list)) return refuse('a damaged pickle (nothing to append to)');
    for (const value of values) list.push(value);
  };
  const reuse = (key: number) => {
    const value = memo.get(key);
    if (value === undefined) return refuse('a damaged pickle (nothing kept)');
    stack.push(value);
  };
  const keep = (key: number) => {
    const value = pop();
    memo.set(key, value);
    stack.push(value);
  };
  const operations: Readonly<Record<number, () => unknown>> = {
    128: byte, // PROTO
    149: () => take(8), // FRAME
    99: () => stack.push(named(line(), line())), // GLOBAL
    147: () => {
      const member = pop();
      stack.push(named(pop(), member));
    }, // STACK_GLOBAL
    113: () => keep(byte()), // BINPUT
    114: () => keep(word()), // LONG_BINPUT
    148: () => keep(memo.size), // MEMOIZE
    104: () => reuse(byte()), // BINGET
    106: () => reuse(word()), // LONG_BINGET
    75: () => stack.push(byte()), // BININT1
    77: () => stack.push(view.getUint16(take(2), true)), // BININT2
    74: () => stack.push(view.getInt32(take(4), true)), // BININT
    138: () => stack.push(longOf(bytes(byte()))), // LONG1
    71: () => stack.push(view.getFloat64(take(8))), // BINFLOAT
    78: () => stack.push(null), // NONE
    136: () => stack.push(true), // NEWTRUE
    137: () => stack.push(false), // NEWFALSE
    67: () => stack.push(bytes(byte())), // SHORT_BINBYTES
    66: () => stack.push(bytes(word())), // BINBYTES
    140: () => stack.push(text(byte())), // SHORT_BINUNICODE
    88: () => stack.push(text(word())), // BINUNICODE
    40: () => marks.push(stack.length), // MARK
    41: () => stack.push([]), // EMPTY_TUPLE
    93: () => stack.push([]), // EMPTY_LIST
    116: () => stack.push(popToMark()), // TUPLE
    133: () => stack.push([pop()]), // TUPLE1
    134: () => stack.push([pop(), pop()].reverse()), // TUPLE2
    135: () => stack.push([pop(), pop(), pop()].reverse()), // TUPLE3
    97: () => extend([pop()]), // APPEND
    101: () => extend(popToMark()), // APPENDS
    82: () => {
      pop(); // What is given says nothing that the state does not say again.
      const callee = pop();
      if (!isCall(callee)) return refuse('a damaged pickle (nothing to call)');
      stack.push({ name: callee.name, isCalled: true });
    }, // REDUCE
    98: () => {
      const state = pop();
      const built = stack.at(-1);
      if (built === undefined || !isCall(built) || !built.isCalled) return refuse('a damaged pickle');
      built.state = state;
    }, // BUILD
  };
  for (;;) {
    const code = byte();
    if (code === 0x2e) return pop(); // STOP
    const operation = Object.hasOwn(operations, code) ? operations[code] : undefined;
    if (!operation) return refuse(`what is no text in it (byte ${at - 1} of its pickle is ${code})`);
    operation();
  }
}

/** A whole number of any length, little-endian in two's complement. */
function longOf(bytes: Uint8Array): number {
  let value = 0;
  for (let i = bytes.length - 1; i >= 0; i--) value = value * 256 + bytes[i];
  return bytes.length > 0 && bytes.at(-1)! >= 128 ? value - 256 ** bytes.length : value;
}
