// The cells of a column of text in little memory: plain numbers as numbers, with how they are written, and each word once. What comes
// out is what went in, letter by letter, so that how the column is to be read can be decided when all of it is there.

import { holdsDigits, mayBeThousands, type NumberFormat, parseNumber } from './numbers.ts';

/** Numbers in no more bytes than the column needs. */
export type Stored = Uint8Array | Int16Array | Int32Array | Float64Array;

/**
 * How a cell is written: as a word, as JavaScript writes its number, or with that many decimals, without the zero before them
 * (`bare`) or behind a comma.
 */
export const spelling = { decimals: 31, bare: 32, comma: 64, shortest: 254, word: 255 } as const;

/** Texts of equal numbers that are kept while a column is written out. */
const MOST_KNOWN = 1 << 16;

/** What the cells of a column say of how its numbers are written. */
const kind = { missing: 0, other: 1, settled: 2, whole: 3, threeDecimals: 4 } as const;

/** A column of text. */
export class Cells implements Iterable<string> {
  readonly length: number;
  readonly #values: Stored;
  readonly #spellings: number | Uint8Array;
  readonly #words: readonly string[];

  /** `values` are numbers or, where the spelling of the cell (one of each, or one of all) says so, places in `words`. */
  constructor(values: Stored, spellings: number | Uint8Array, words: readonly string[]) {
    this.length = values.length;
    this.#values = values;
    this.#spellings = spellings;
    this.#words = words;
  }

  /** The text in cell `i`, from the end where it is below 0; undefined where there is no such cell. */
  at(i: number): string | undefined {
    const place = i < 0 ? this.length + i : i;
    return place >= 0 && place < this.length ? this.#text(place) : undefined;
  }

  #text(i: number): string {
    const how = typeof this.#spellings === 'number' ? this.#spellings : this.#spellings[i];
    return how === spelling.word ? this.#words[this.#values[i]] : spelled(this.#values[i], how);
  }

  /** The cells from `begin` to `end`, in the same memory. */
  slice(begin = 0, end = this.length): Cells {
    const spellings = this.#spellings;
    const own = typeof spellings === 'number' ? spellings : spellings.subarray(begin, end);
    return new Cells(this.#values.subarray(begin, end), own, this.#words);
  }

  *[Symbol.iterator](): Generator<string, void, void> {
    for (let i = 0; i < this.length; i++) yield this.#text(i);
  }

  /** What `change` makes of each text; of equal ones mostly one text in memory. */
  map(change: (cell: string) => string): string[] {
    const words = this.#words.map(change);
    const known = new Map<number, string>();
    let last = -1;
    const texts: string[] = new Array(this.length);
    this.#each((i, value, how) => {
      if (how === spelling.word) {
        texts[i] = words[value];
        return;
      }
      if (how !== last) known.clear();
      last = how;
      const text = known.get(value) ?? change(spelled(value, how));
      if (known.size < MOST_KNOWN) known.set(value, text);
      texts[i] = text;
    });
    return texts;
  }

  /** The numbers that `parseNumber` reads; NaN in cells that are one of `missing`. */
  numbers(format: NumberFormat, missing: readonly string[] = []): Float64Array {
    const numberIn = (cell: string) => (missing.includes(cell) ? Number.NaN : parseNumber(cell, format));
    const ofWords = this.#words.map(numberIn);
    const { decimal, hasPercent = false } = format;
    const isOdd = hasPercent || missing.some(holdsDigits);
    const mark = decimal === ',' ? spelling.comma : 0;
    const numbers = new Float64Array(this.length);
    this.#each((i, value, how) => {
      if (how === spelling.word) numbers[i] = ofWords[value];
      else if (
        !isOdd &&
        (how === 0 || (how === spelling.shortest ? mark === 0 : (how & spelling.comma) === mark))
      )
        numbers[i] = value;
      else numbers[i] = numberIn(spelled(value, how));
    });
    return numbers;
  }

  /**
   * How many of the cells `rows` do not have a word that `isMissing`, where all of them are plain numbers and nothing in them can stand
   * between thousands; undefined where that takes a look at their texts.
   */
  countPlain(rows: Uint32Array, isMissing: (word: string) => boolean): number | undefined {
    const ofWords = this.#words.map(word => (isMissing(word) ? kind.missing : kindOfWord(word)));
    const counts = [0, 0, 0, 0, 0];
    const values = this.#values;
    const spellings = this.#spellings;
    for (const row of rows) {
      const how = typeof spellings === 'number' ? spellings : spellings[row];
      counts[how === spelling.word ? ofWords[values[row]] : kindOfNumber(values[row], how)]++;
    }
    if (counts[kind.other] > 0 || (counts[kind.settled] === 0 && counts[kind.threeDecimals] > 0))
      return undefined;
    return rows.length - counts[kind.missing];
  }

  /** The words in the cells `rows`, without those that are numbers. */
  words(rows: Uint32Array): string[] {
    const found: string[] = [];
    if (this.#words.length === 0) return found;
    const spellings = this.#spellings;
    for (const row of rows) {
      const how = typeof spellings === 'number' ? spellings : spellings[row];
      if (how === spelling.word) found.push(this.#words[this.#values[row]]);
    }
    return found;
  }

  /** How many cells do not have a word that `isMissing`. */
  countKnown(isMissing: (word: string) => boolean): number {
    const ofWords = this.#words.map(isMissing);
    let count = this.length;
    this.#each((_, value, how) => {
      if (how === spelling.word && ofWords[value]) count--;
    });
    return count;
  }

  #each(look: (i: number, value: number, how: number) => void): void {
    const values = this.#values;
    const spellings = this.#spellings;
    for (let i = 0; i < values.length; i++) {
      look(i, values[i], typeof spellings === 'number' ? spellings : spellings[i]);
    }
  }
}

function spelled(value: number, how: number): string {
  if (how === 0 || how === spelling.shortest) return String(value);
  let text = value.toFixed(how & spelling.decimals);
  if (how & spelling.bare) text = text.replace('0.', '.');
  return how & spelling.comma ? text.replace('.', ',') : text;
}

function kindOfNumber(value: number, how: number): number {
  const size = Math.abs(value);
  if (how === 0) return size < 1000 ? kind.whole : kind.settled;
  if (how === spelling.shortest) return kind.settled;
  if (how & spelling.comma) return kind.other;
  return how === 3 && size >= 1 && size < 1000 ? kind.threeDecimals : kind.settled;
}

function kindOfWord(word: string): number {
  const may = mayBeThousands(word);
  if (may === undefined) return kind.other;
  if (!may) return kind.settled;
  return word.includes('.') ? kind.threeDecimals : kind.whole;
}
