// Records, one after the other, as columns: those of as many cells as most of them. What is known of the others is kept until the last
// one has come, which tells what they are.

import { InputError } from '../../errors.ts';
import type { Note } from '../notes.ts';
import type { Cells } from './cells.ts';
import { type Dialect, describeDelimiter, nameLine } from './dialect.ts';
import { kindOf, mostFrequent, type RecordKind, tableIn } from './record-kinds.ts';
import type { Rows } from './rows-around.ts';

/** Columns have room for the names in front, and for the first record, which may be the names or an example below them. */
const FIRST = 1;
const ROOM = 2;
/** Of records of other lengths before the table, so many may be its names. */
const MOST_HEADS = 100;

/** Columns of text that are being read, cell by cell. */
export interface GrowingColumns {
  /** Puts `text` into cell `i` of a column, which is no more than one behind the last, or was left out. */
  set(k: number, i: number, text: string): void;
  /** The cells of a column from `begin` to `end`, or to the last. */
  slice(k: number, begin: number, end?: number): Cells | readonly string[];
  /** Told now and then how many records there were in the first `at` bytes. Throws an InputError where all of them will not fit. */
  foresee?(records: number, at: number): void;
}

/** A record of another length, and where it stands. */
interface OddRecord {
  readonly place: number;
  readonly length: number;
  readonly kind: RecordKind;
  readonly isComment: boolean;
  readonly cells?: readonly string[];
}

/** A table's records, all of as many cells, and what was done to find them. The first may be the names of columns. */
export interface Records extends Rows {
  /** Whether a comment says that the first record is the names of columns. */
  readonly isNamed: boolean;
  /** The cells of a column in the records from `begin` to `end`, in little memory. */
  column(k: number, begin: number, end: number): Cells | readonly string[];
  /** What was left out, and what the ends of lines were taken for. */
  readonly notes: readonly Note[];
}

export class RecordTable {
  readonly width: number;
  readonly #dialect: Dialect;
  readonly #columns: GrowingColumns;
  readonly #lengths = new Map<number, number>();
  readonly #odd: OddRecord[] = [];
  /** The first record of `width` cells. */
  #first: string[] | undefined;
  #heads = 0;
  /** Records so far. */
  #count = 0;
  /** Where the next one goes in the columns. */
  #end = ROOM;

  /** For records of `width` cells, which go into `columns`. */
  constructor(dialect: Dialect, width: number, columns: GrowingColumns) {
    this.width = width;
    this.#dialect = dialect;
    this.#columns = columns;
  }

  get count(): number {
    return this.#count;
  }

  /** How many cells most records have. */
  get usualWidth(): number {
    return mostFrequent(this.#lengths);
  }

  /** Takes the next record. */
  add(row: string[]): void {
    const { length } = row;
    const place = this.#count++;
    this.#lengths.set(length, (this.#lengths.get(length) ?? 0) + 1);
    if (length !== this.width) this.#odd.push(this.#oddRecord(row, place));
    else if (!this.#first) this.#first = row;
    else {
      for (let k = 0; k < length; k++) this.#columns.set(k, this.#end, row[k]);
      this.#end++;
    }
  }

  #oddRecord(row: string[], place: number): OddRecord {
    const kind = kindOf(row, this.width);
    const isComment = row[0].startsWith('#') && kind !== 'neighbour';
    const mayBeHead = !this.#first && !isComment && this.#heads++ < MOST_HEADS;
    return { place, length: row.length, kind, isComment, ...(mayBeHead && { cells: row }) };
  }

  /** The table, where `usualWidth` is its width. Throws an InputError, which names `path`, for the first record that is not of it. */
  finish(path: string): Records {
    const { delimiter, head, isDeclared } = this.#dialect;
    const places = new Map(this.#odd.map(odd => [odd.place, odd.kind]));
    const { begin, end } = tableIn(this.#count, place => places.get(place) ?? 'even');
    const inside = this.#odd.filter(({ place }) => place >= begin && place < end);
    const odd = inside.filter(({ isComment }) => !isComment);
    const inTable = inside.length - odd.length;
    const names = head === undefined ? undefined : nameLine(head, delimiter, this.width);
    const notes: Note[] = [];
    const leaveOut = (count: number, what: string) => {
      if (count > 0) notes.push({ code: 'skipped', count, text: `${count} ${what} left out` });
    };
    leaveOut(isDeclared ? 1 : 0, 'line sep=');
    leaveOut(this.#dialect.comments - (names ? 1 : 0), 'comment lines');
    leaveOut(begin, 'lines before the table');
    leaveOut(this.#count - end, 'lines behind the table');
    leaveOut(inTable, 'comment lines in the table');
    const count = end - begin - inTable + (names ? 1 : 0);
    const refuse = ({ place, length }: OddRecord): never => {
      const above = inside.filter(other => other.isComment && other.place < place).length;
      const before = begin + this.#dialect.comments + (isDeclared ? 1 : 0) + (names ? 1 : 0);
      throw new InputError(
        `${path}: record ${before + place - begin - above + 1} has ${length} cell${length === 1 ? '' : 's'}, expected ${this.width} as in most (${describeDelimiter(delimiter)}); mend it, or say with --delimiter what stands between cells`,
      );
    };
    const found = { isNamed: false, count, notes };
    const said = (first: readonly string[], what: string, width = this.width) => {
      notes.push({ code: 'skipped', count: 1, text: what });
      return this.#records(first, found, width);
    };
    const [above, other] = odd;
    if (names) return above ? refuse(above) : this.#records(names, { ...found, isNamed: true });
    if (!above) return this.#records(this.#first!, found);
    const { cells } = above;
    if (other || !cells) return refuse(above);
    if (above.length === this.width + 1 && cells[this.width] === '')
      return said(cells.slice(0, this.width), 'delimiter at the end of the header');
    if (above.length !== this.width - 1) return refuse(above);
    return this.#isEmpty(this.width - 1)
      ? said(cells, 'delimiter at the end of every row', this.width - 1)
      : said(['', ...cells], 'first column has no name');
  }

  /** Whether all cells of a column are. */
  #isEmpty(k: number): boolean {
    if (this.#first![k] !== '') return false;
    for (const cell of this.#columns.slice(k, ROOM)) if (cell !== '') return false;
    return true;
  }

  #records(
    first: readonly string[],
    found: Pick<Records, 'isNamed' | 'count' | 'notes'>,
    width = this.width,
  ): Records {
    const columns = this.#columns;
    const isFirst = first === this.#first;
    if (!isFirst) for (let k = 0; k < width; k++) columns.set(k, FIRST, this.#first![k]);
    // The first record itself is not in the columns, as long as it may be names.
    const at = isFirst ? FIRST : 0;
    return {
      ...found,
      column: (k, begin, end) => {
        if (begin === 0) columns.set(k, at, first[k]);
        return columns.slice(k, at + begin, at + end);
      },
      row: i => (i === 0 ? first : first.map((_, k) => columns.slice(k, at + i, at + i + 1).at(0)!)),
      cells: (k, begin, end) => [
        ...(begin === 0 ? [first[k]] : []),
        ...columns.slice(k, at + Math.max(1, begin), at + end),
      ],
    };
  }
}
