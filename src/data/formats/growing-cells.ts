// A column of text that is being read, cell by cell.

import type { Bytes } from '../room.ts';
import { Cells, type Stored, spelling } from './cells.ts';

/** Different words from which on a column has no words that come again. */
const MOST_WORDS = 1 << 16;
/** Digits that a double holds exactly, and that it writes again as they were. */
const MOST_DIGITS = 15;
/** Length from which on a text cut out of another keeps that one in memory. */
const SHARED_LENGTH = 13;
/** What a text takes of the heap besides its characters, and its place in a list. */
const TEXT_BYTES = 32;
/** How often texts that are all different take what they take: to look for categories among them takes as much again. */
const TEXT_TIMES = 2;
/** What a column takes of the heap besides. */
const COLUMN_BYTES = 500;
/** Cells at first, and cells that tell whether all will be different words. */
const FEWEST = 16;
const FEWEST_TELLING = 1000;

const KINDS = [Uint8Array, Int16Array, Int32Array, Float64Array] as const;
const TENS = Float64Array.from({ length: MOST_DIGITS + 1 }, (_, d) => 10 ** d);

/** A column of text that grows to whatever length. */
export class GrowingCells {
  #values: Stored = new Uint8Array(FEWEST);
  /** Cells that are expected. */
  #length = 0;
  /** As long as all cells are written alike, how; undefined before the first. */
  #spelling: number | undefined;
  #spellings: Uint8Array | undefined;
  #places: Map<string, number> | undefined;
  #words: string[] = [];
  #wordLength = 0;
  /** Instead of all else, where nothing is saved by it. */
  #texts: string[] | undefined;
  #end = 0;

  /** Puts `text` into cell `i`, which is no more than one behind the last, or was left out. */
  set(i: number, text: string): void {
    this.#end = Math.max(this.#end, i + 1);
    if (this.#texts) {
      this.#texts[i] = ownText(text);
      return;
    }
    const how = spellingOf(text);
    if (how !== spelling.word) this.#put(i, parsed, how);
    else {
      const place = this.#placeOf(text);
      if (place === undefined) this.#writeOut()[i] = ownText(text);
      else this.#put(i, place, spelling.word);
    }
  }

  /** The cells from `begin` to `end`. */
  slice(begin: number, end = this.#end): Cells | readonly string[] {
    if (this.#texts) return this.#texts.slice(begin, end);
    const all = new Cells(this.#values, this.#spellings ?? this.#spelling ?? 0, this.#words);
    return all.slice(begin, Math.min(end, this.#end));
  }

  /** Once there is no room any more, makes it for `length` cells at once. */
  reserve(length: number): void {
    this.#length = length;
  }

  /** What `rows` cells like those so far will take. */
  expect(rows: number): Bytes {
    const text = TEXT_BYTES + this.#wordLength / Math.max(1, this.#words.length);
    const isEachNew = this.#end >= FEWEST_TELLING && this.#words.length > 0.9 * this.#end;
    if (this.#texts || isEachNew) return { arrays: 0, heap: TEXT_TIMES * rows * (8 + text) };
    const words = Math.min(rows, this.#words.length);
    const cell = this.#values.BYTES_PER_ELEMENT + (this.#spellings ? 1 : 0);
    return { arrays: rows * cell, heap: COLUMN_BYTES + words * (words < MOST_WORDS ? 2 : 1) * text };
  }

  #put(i: number, value: number, how: number): void {
    if (i >= this.#values.length) this.#grow(i < this.#length ? this.#length : Math.ceil(1.5 * i) + FEWEST);
    this.#values[i] = value;
    while (this.#values[i] !== value) {
      this.#values = widened(this.#values);
      this.#values[i] = value;
    }
    if (this.#spellings) this.#spellings[i] = how;
    else if (this.#spelling === undefined) this.#spelling = how;
    else if (this.#spelling !== how) {
      this.#spellings = new Uint8Array(this.#values.length).fill(this.#spelling);
      this.#spellings[i] = how;
    }
  }

  #grow(length: number): void {
    const values = new KINDS[kindOf(this.#values)](length);
    values.set(this.#values);
    this.#values = values;
    if (!this.#spellings) return;
    const spellings = new Uint8Array(length);
    spellings.set(this.#spellings);
    this.#spellings = spellings;
  }

  /** Where a word stands in the list; undefined where it is one too many. */
  #placeOf(word: string): number | undefined {
    this.#places ??= new Map();
    const found = this.#places.get(word);
    if (found !== undefined) return found;
    const place = this.#words.length;
    if (place === MOST_WORDS) return undefined;
    const own = ownText(word);
    this.#wordLength += own.length;
    this.#places.set(own, place);
    this.#words.push(own);
    return place;
  }

  #writeOut(): string[] {
    const texts = [...this.slice(0)];
    this.#texts = texts;
    this.#values = new Uint8Array();
    this.#spellings = undefined;
    this.#places = undefined;
    return texts;
  }
}

function kindOf(values: Stored): number {
  return KINDS.findIndex(kind => values instanceof kind);
}

function widened(values: Stored): Stored {
  const wider = new KINDS[kindOf(values) + 1](values.length);
  wider.set(values);
  return wider;
}

/** The same text in memory of its own. */
function ownText(text: string): string {
  return text.length < SHARED_LENGTH ? text : ` ${text}`.slice(1);
}

/** The number that `spellingOf` has found last. */
let parsed = 0;

/** How a text is written, if it is a plain number that can be written again as it is; otherwise it is a word. */
function spellingOf(text: string): number {
  const { length } = text;
  let at = text.charCodeAt(0) === 45 ? 1 : 0;
  const isNegative = at === 1;
  const first = at;
  let [whole, digits, mark] = [0, 0, -1];
  for (; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) {
      whole = 10 * whole + code - 48;
      digits++;
    } else if ((code === 46 || code === 44) && mark < 0) mark = at;
    else break;
  }
  if (at < length || digits > MOST_DIGITS) return digits > 0 ? shortestOf(text) : spelling.word;
  const decimals = mark < 0 ? 0 : length - mark - 1;
  const isBare = mark === first;
  // 007, 5. and -0 are not what their numbers are written as.
  const hasZeros = text.charCodeAt(first) === 48 && (mark < 0 ? length : mark) > first + 1;
  if (digits === 0 || hasZeros || mark === length - 1 || (isNegative && whole === 0)) return spelling.word;
  parsed = (isNegative ? -whole : whole) / TENS[decimals];
  const isComma = mark >= 0 && text.charCodeAt(mark) === 44;
  return decimals | (isBare ? spelling.bare : 0) | (isComma ? spelling.comma : 0);
}

function shortestOf(text: string): number {
  parsed = Number(text);
  return Number.isFinite(parsed) && String(parsed) === text ? spelling.shortest : spelling.word;
}
