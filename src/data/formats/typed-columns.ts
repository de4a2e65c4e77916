// Columns of text in little memory while they are read from a source whose size is known, so that it can be told early whether all of it
// will fit.

import { type Bytes, checkRoom } from '../room.ts';
import type { Cells } from './cells.ts';
import { GrowingCells } from './growing-cells.ts';
import type { GrowingColumns } from './record-table.ts';
import type { TextSource } from './text-table.ts';

/** Rows that there is room for, over those that are expected. */
const MARGIN = 1.02;
/** Bytes after which it is foreseen again what the whole will take. */
const STEP = 1 << 22;

export class TypedColumns implements GrowingColumns {
  readonly #columns: readonly GrowingCells[];
  readonly #source: TextSource;
  /** Bytes from which on it is foreseen next. */
  #next = 0;

  /** For `width` columns of `source`, in which it is kept what is foreseen. */
  constructor(source: TextSource, width: number) {
    this.#source = source;
    this.#columns = Array.from({ length: width }, () => new GrowingCells());
  }

  set(k: number, i: number, text: string): void {
    this.#columns[k].set(i, text);
  }

  slice(k: number, begin: number, end?: number): Cells | readonly string[] {
    return this.#columns[k].slice(begin, end);
  }

  foresee(records: number, at: number): void {
    if (at < this.#next) return;
    this.#next = at + STEP;
    const source = this.#source;
    const { length: columns } = this.#columns;
    const rows = Math.ceil((records * source.size) / at);
    const needed = this.#expect(rows);
    const what = `${source.path}: some ${rows} rows of ${columns} columns`;
    checkRoom(needed, this.#expect(records), what, 'take a part of the rows or of the columns');
    for (const column of this.#columns) column.reserve(Math.ceil(MARGIN * rows));
    source.table = { rows: records, columns, expectedRows: rows, memory: needed.arrays + needed.heap };
  }

  /** What `rows` records like those so far will take. */
  #expect(rows: number): Bytes {
    let [arrays, heap] = [0, 0];
    for (const column of this.#columns) {
      const bytes = column.expect(rows);
      arrays += bytes.arrays;
      heap += bytes.heap;
    }
    return { arrays, heap };
  }
}
