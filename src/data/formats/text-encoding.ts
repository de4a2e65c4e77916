// Which characters the bytes of a text file stand for: told by a mark at its beginning, by being valid UTF-8, or else guessed.

import { InputError, nearestName } from '../../errors.ts';
import { type Reading, readIn } from './passes.ts';

/** A text and how it was decoded. */
export interface DecodedText {
  readonly text: string;
  /** As the Encoding Standard calls it, e.g. `utf-8`, `gb18030`. */
  readonly encoding: string;
  /** Whether nothing in the file proves it. */
  readonly isGuessed: boolean;
}

/** Tells what bytes may be, and how likely each is. */
export type Detector = (
  bytes: Uint8Array,
) => readonly { readonly name: string; readonly confidence: number }[];

/** Bytes that a guess looks at. */
const SAMPLE = 1 << 18;
/** Bytes behind those in which a line has to end. */
const FARTHEST = 1 << 22;
/** Zero bytes among this many tell UTF-16 without a mark. */
const HEAD = 1 << 12;
/** Whoever is asked first where the bytes speak equally for several: by how often tables are written in it. */
const LIKELY = ['gb18030', 'shift_jis', 'windows-1251', 'windows-1252', 'big5', 'euc-kr', 'euc-jp', 'koi8-r'];
const KNOWN = ['utf-8', 'utf-16le', 'utf-16be', ...LIKELY, 'gbk', 'iso-8859-2', 'iso-8859-5', 'windows-1250'];

/** How the bytes of a text stand for characters. */
export interface TextEncoding extends Omit<DecodedText, 'text'> {
  /** Whether none of them is above 127. */
  readonly isAscii?: boolean;
  /** Bytes of the text, where zeros fill up what is behind it. */
  readonly length?: number;
}

/**
 * Decodes the bytes of a text file, as `wanted` (a label of the Encoding Standard) or as what they are found to be. Throws an
 * InputError that names `path` where they are no text, not of the encoding that is wanted, or where no encoding is called so; and,
 * without `detect`, where none of the usual encodings makes common characters of them.
 */
export function decodeText(
  bytes: Uint8Array,
  path: string,
  detect: Detector | undefined,
  wanted?: string,
): DecodedText {
  const { encoding, isGuessed, length } = readIn(bytes, findEncoding(path, detect, wanted));
  const decoder = new TextDecoder(encoding);
  // In one go, Node 20 takes windows-1252 for latin1, and quotes for control characters.
  const text = decoder.decode(bytes.subarray(0, length), { stream: true }) + decoder.decode();
  return { text, encoding, isGuessed };
}

/** Finds out, in one pass or several, how a text is encoded; throws as decodeText does. */
export function* findEncoding(
  path: string,
  detect: Detector | undefined,
  wanted?: string,
): Reading<TextEncoding> {
  if (wanted !== undefined) {
    const encoding = encodingCalled(wanted);
    if (yield* isWholly(encoding)) return { encoding, isGuessed: false };
    throw new InputError(
      `${path} is not ${encoding}: it has bytes that stand for no character; leave out --encoding to have it guessed`,
    );
  }
  const head = yield* part(0, HEAD);
  const marked = markOf(head);
  if (marked) return { encoding: marked, isGuessed: false };
  const wide = wideOf(head);
  if (wide) return { encoding: wide, isGuessed: true };
  const { first, length } = yield* lookThrough(path);
  const found = { ...(length !== undefined && { length }) };
  if (first < 0) return { ...found, encoding: 'utf-8', isGuessed: false, isAscii: true };
  if (yield* isWholly('utf-8')) return { ...found, encoding: 'utf-8', isGuessed: false };
  const begin = Math.max(0, first - SAMPLE / 4);
  const sample = (yield* part(begin, first + SAMPLE, 10)).subarray(0, length && length - begin);
  for (const encoding of guesses(sample, detect)) {
    if (yield* isWholly(encoding)) return { ...found, encoding, isGuessed: true };
  }
  if (!detect) {
    throw new InputError(
      `${path} is no UTF-8, and it cannot be told what else: say its encoding, such as ${LIKELY.slice(0, 4).join(', ')}`,
    );
  }
  // Of this one every byte is a character.
  return { ...found, encoding: 'windows-1252', isGuessed: true };
}

function encodingCalled(wanted: string): string {
  try {
    return new TextDecoder(wanted).encoding;
  } catch {
    const nearest = nearestName(wanted.toLowerCase(), KNOWN);
    throw new InputError(
      `no encoding is called ${wanted}${nearest ? `: did you mean ${nearest}?` : ''} (known: ${KNOWN.join(', ')}, …)`,
    );
  }
}

/** The bytes from `begin` to `end`, or to the first one behind it that is `last`. */
function* part(begin: number, end: number, last?: number): Reading<Uint8Array> {
  yield 'rewind';
  const parts: Uint8Array[] = [];
  let at = 0;
  for (let chunk = yield 'next'; chunk; chunk = yield 'next') {
    const { bytes } = chunk;
    const found = last === undefined ? end - at : bytes.indexOf(last, Math.max(0, end - at));
    const isLast = found >= 0 && found <= bytes.length;
    parts.push(bytes.slice(Math.max(0, begin - at), isLast ? found : bytes.length));
    at += bytes.length;
    if (isLast || at > end + FARTHEST) break;
  }
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let to = 0;
  for (const some of parts) {
    whole.set(some, to);
    to += some.length;
  }
  return whole;
}

/** Where the first byte above 127 is, below 0 where there is none, and where zeros begin that fill up the end; throws an InputError for other zeros. */
function* lookThrough(path: string): Reading<{ readonly first: number; readonly length?: number }> {
  yield 'rewind';
  let [first, zero, at] = [-1, -1, 0];
  for (let chunk = yield 'next'; chunk; chunk = yield 'next') {
    const { bytes } = chunk;
    if (zero < 0 && bytes.includes(0)) zero = at + bytes.indexOf(0);
    // Some programs fill up the last block of a file.
    if (zero === 0 || (zero > 0 && bytes.subarray(Math.max(0, zero - at)).some(byte => byte !== 0))) {
      throw new InputError(`${path} is not text: expected a table, found a zero byte at offset ${zero}`);
    }
    if (first < 0) {
      const found = beyondAscii(bytes);
      if (found >= 0) first = at + found;
    }
    at += bytes.length;
  }
  return { first, ...(zero > 0 && { length: zero }) };
}

function beyondAscii(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] >= 0x80) return i;
  return -1;
}

/** Whether all bytes stand for characters in an encoding. */
function* isWholly(encoding: string): Reading<boolean> {
  yield 'rewind';
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    for (let chunk = yield 'next'; chunk; chunk = yield 'next') decoder.decode(chunk.bytes, { stream: true });
    decoder.decode();
    return true;
  } catch {
    return false;
  }
}

function strictly(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function markOf([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return first === 0xef && second === 0xbb && third === 0xbf ? 'utf-8' : undefined;
}

/** UTF-16 without a mark: nearly every second byte of a table is zero. */
function wideOf(bytes: Uint8Array): string | undefined {
  const head = bytes.subarray(0, HEAD);
  const zeros = [0, 0];
  head.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2]++;
  });
  const half = head.length / 2;
  if (zeros[1] > 0.7 * half && zeros[0] < 0.1 * half) return 'utf-16le';
  return zeros[0] > 0.7 * half && zeros[1] < 0.1 * half ? 'utf-16be' : undefined;
}

/** Encodings that may be meant by bytes with some above 127, the likeliest first: by how many characters are common ones, then by what `detect` makes of them. */
function guesses(sample: Uint8Array, detect: Detector | undefined): string[] {
  const confidence = new Map<string, number>();
  for (const match of detect?.(sample) ?? []) {
    const name = labelOf(match.name);
    if (name) confidence.set(name, Math.max(confidence.get(name) ?? 0, match.confidence));
  }
  const place = (name: string) => (LIKELY.includes(name) ? LIKELY.indexOf(name) : LIKELY.length);
  return [...new Set([...LIKELY, ...confidence.keys()])]
    .map(name => ({ name, share: commonShare(name, sample), confidence: confidence.get(name) ?? 0 }))
    .filter(({ share }) => (detect ? share >= 0 : share > 0))
    .sort((a, b) => b.share - a.share || b.confidence - a.confidence || place(a.name) - place(b.name))
    .map(({ name }) => name);
}

/** Of the characters beyond ASCII that `bytes` are in an encoding, the tenths that texts are mostly made of; below 0 where it has not all. */
function commonShare(encoding: string, bytes: Uint8Array): number {
  const text = strictly(encoding, bytes);
  if (text === undefined) return -1;
  const common = COMMON[encoding] ?? /^$/;
  const others = text.match(/[^\0-\x7f]/gu) ?? [];
  const found =
    encoding === 'gb18030' || encoding === 'big5'
      ? pairsFrom(bytes, encoding)
      : text.match(common)?.join('').length;
  return Math.round((10 * Math.min(others.length, found ?? 0)) / Math.max(1, others.length));
}

const JAPANESE = /[\u3040-\u30ff\u4e00-\u9fff\u3001\u3002]/g;
// Words begin with capitals and do not go on with them.
const RUSSIAN = /(?<![\p{L}])[\u0410-\u042f\u0401]?[\u0430-\u044f\u0451]+(?!\p{L})/gu;

/** What texts in an encoding are mostly made of. Accents stand beside letters. */
const COMMON: Readonly<Record<string, RegExp>> = {
  shift_jis: JAPANESE,
  'euc-jp': JAPANESE,
  'euc-kr': /[\uac00-\ud7a3]/g,
  'windows-1251': RUSSIAN,
  'koi8-r': RUSSIAN,
  'windows-1252':
    /(?<=[a-z])[\u00df-\u00ff]{1,2}(?![\u0080-\u00ff])|[\u00c0-\u00ff](?=[a-z])|[\u00b0\u00b5\u20ac\u00a3\u00a7](?![\u0080-\u00ff])/g,
};

/** Pairs of bytes of the more frequent half of the Chinese characters. */
function pairsFrom(bytes: Uint8Array, encoding: 'gb18030' | 'big5'): number {
  const [least, most] = encoding === 'gb18030' ? [0xb0, 0xd7] : [0xa4, 0xc6];
  let count = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] < 0x80) continue;
    if (bytes[i] >= least && bytes[i] <= most && (encoding === 'big5' || bytes[i + 1] >= 0xa1)) count++;
    i++;
  }
  return count;
}

/** What the Encoding Standard calls an encoding; undefined for one that it has not, and for ASCII, which the bytes are not. */
function labelOf(name: string): string | undefined {
  if (name === 'ASCII') return undefined;
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return undefined;
  }
}
