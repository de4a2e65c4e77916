// Arrays of Python objects as NumPy pickles them.

const code = (...bytes: number[]) => Buffer.from(bytes);
const count = (value: number) => {
  const four = Buffer.alloc(4);
  four.writeUInt32LE(value);
  return four;
};

/** What numpy.save writes behind the header of an array of `values`; `null` is None. */
export function pickledObjects(
  shape: readonly number[],
  values: readonly (string | number | null)[],
  protocol: 3 | 4,
): Uint8Array {
  let kept = 0;
  const keep = () => (protocol === 4 ? code(0x94) : code(0x71, kept++));
  const word = (text: string) => {
    const bytes = Buffer.from(text);
    return protocol === 4 ? [code(0x8c, bytes.length), bytes] : [code(0x58), count(bytes.length), bytes];
  };
  const global = (module: string, name: string) =>
    protocol === 4
      ? [...word(module), keep(), ...word(name), keep(), code(0x93), keep()]
      : [Buffer.from(`c${module}\n${name}\n`), keep()];
  const size = (value: number) => (value < 256 ? code(0x4b, value) : code(0x4d, value & 255, value >> 8));
  const number = (value: number) => {
    const eight = Buffer.alloc(8);
    eight.writeDoubleBE(value);
    return [code(0x47), eight];
  };
  const cell = (value: string | number | null) =>
    value === null
      ? [code(0x4e)]
      : typeof value === 'number'
        ? number(value)
        : [...word(value), code(0x71, 99)];
  const tuple = code([0x29, 0x85, 0x86, 0x87][shape.length]);
  return Buffer.concat([
    code(0x80, protocol),
    ...(protocol === 4 ? [code(0x95, 0, 0, 0, 0, 0, 0, 0, 0)] : []),
    ...global(protocol === 4 ? 'numpy._core.multiarray' : 'numpy.core.multiarray', '_reconstruct'),
    ...global('numpy', 'ndarray'),
    ...[code(0x4b, 0, 0x85), keep(), code(0x43, 1, 0x62), keep(), code(0x87), keep(), code(0x52), keep()],
    ...[code(0x28, 0x4b, 1), ...shape.map(size), tuple, keep()],
    ...global('numpy', 'dtype'),
    ...[...word('O8'), keep(), code(0x89, 0x88, 0x87), keep(), code(0x52), keep()],
    ...[code(0x28, 0x4b, 3), ...word('|'), keep(), code(0x4e, 0x4e, 0x4e)],
    ...[
      code(0x4a),
      count(0xffffffff),
      code(0x4a),
      count(0xffffffff),
      code(0x4b, 63, 0x74),
      keep(),
      code(0x62),
    ],
    ...[
      code(0x89, 0x5d),
      keep(),
      code(0x28),
      ...values.flatMap(cell),
      code(0x65, 0x74),
      keep(),
      code(0x62, 0x2e),
    ],
  ]);
}
