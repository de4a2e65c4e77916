// How an input of a fuzzer becomes another one: bits, bytes, blocks, numbers as text, and words that the format knows.

const MOST_BYTES = 2 ** 16;
const INTERESTING = [0, 1, 9, 10, 13, 32, 0x22, 0x2c, 0x30, 0x39, 0x5b, 0x7b, 0x7f, 0x80, 0xfe, 0xff];
const NUMBERS = [
  '0',
  '-1',
  '1e308',
  '-1e-320',
  '4294967296',
  '9007199254740993',
  'NaN',
  'null',
  '[]',
  '{}',
  '""',
];

/** `random` gives numbers in [0, 1); the others are inputs to take parts of, and `words` what the format knows. */
export interface Material {
  readonly random: () => number;
  readonly others: readonly Uint8Array[];
  readonly words: readonly string[];
}

type Change = (
  bytes: Uint8Array,
  material: Material & { readonly below: (count: number) => number },
) => Uint8Array;

const changes: readonly Change[] = [
  (bytes, { below }) =>
    replaced(bytes, below(bytes.length), 1, [bytes[below(bytes.length)] ^ (1 << below(8))]),
  (bytes, { below }) => replaced(bytes, below(bytes.length), 1, [INTERESTING[below(INTERESTING.length)]]),
  (bytes, { below }) => replaced(bytes, below(bytes.length), 1, [below(256)]),
  // A length or an offset somewhere.
  (bytes, { below }) => {
    const at = below(bytes.length);
    const sum = bytes[at] + below(71) - 35;
    return replaced(bytes, at, 1, [sum]);
  },
  (bytes, { below }) => replaced(bytes, below(bytes.length), 4, [below(256), below(256), below(2), 0]),
  // A part is gone.
  (bytes, { below }) => replaced(bytes, below(bytes.length), 1 + below(bytes.length >> below(6)), []),
  (bytes, { below }) => bytes.slice(0, below(bytes.length)),
  // A part is there again.
  (bytes, { below }) => {
    const from = below(bytes.length);
    return replaced(bytes, below(bytes.length), 0, bytes.slice(from, from + 1 + below(64)));
  },
  (bytes, { below }) => {
    const at = below(bytes.length);
    const part = bytes.slice(at, at + 1 + below(8));
    return replaced(bytes, at, 0, Array.from({ length: 1 + below(100) }, () => [...part]).flat());
  },
  // A part of another input.
  (bytes, { below, others }) => {
    const other = others[below(others.length)];
    const from = below(other.length);
    return replaced(bytes, below(bytes.length), below(32), other.slice(from, from + 1 + below(256)));
  },
  (bytes, { below, words }) =>
    replaced(bytes, below(bytes.length), 0, textBytes(words[below(words.length)] ?? '')),
  (bytes, { below, words }) => {
    const word = textBytes(words[below(words.length)] ?? '');
    return replaced(bytes, below(bytes.length), word.length, word);
  },
  // Another number in a text.
  (bytes, { below }) => {
    const text = Buffer.from(bytes).toString('latin1');
    const numbers = [...text.matchAll(/-?\d[\d.e+-]*/g)];
    if (numbers.length === 0) return bytes;
    const { 0: found, index } = numbers[below(numbers.length)];
    const number = below(2) ? NUMBERS[below(NUMBERS.length)] : `${below(2 ** (1 + below(31)))}`;
    return replaced(bytes, index, found.length, textBytes(number));
  },
];

/** Another input made of `bytes` by some changes. */
export function mutated(bytes: Uint8Array, material: Material): Uint8Array {
  const below = (count: number) => Math.floor(material.random() * count);
  let made = bytes;
  for (let n = 1 << below(4); n > 0; n--) {
    made = made.length === 0 ? textBytes('0') : changes[below(changes.length)](made, { ...material, below });
  }
  return made.slice(0, MOST_BYTES);
}

function replaced(bytes: Uint8Array, at: number, count: number, by: ArrayLike<number>): Uint8Array {
  const made = new Uint8Array(at + by.length + Math.max(0, bytes.length - at - count));
  made.set(bytes.subarray(0, at));
  made.set(by, at);
  made.set(bytes.subarray(at + count), at + by.length);
  return made;
}

function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
