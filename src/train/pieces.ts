// Examples on their way between a page and its worker: their cells cross in pieces, so that neither is held up by many.

import type { Examples } from '../data/examples/examples.ts';
import type { Column } from '../data/formats/columns.ts';
import { refuse } from '../errors.ts';

/** Some cells of the column at an index. */
export interface Piece {
  readonly column: number;
  readonly cells: Column['values'];
}

/** Examples whose columns have no cells. */
export type Frame = Examples;

/** Cells that cross at once: a millisecond or two. */
const CELLS = 10_000;

export function frameOf(examples: Examples): Frame {
  if (typeof examples !== 'object' || examples === null) refuse('examples', 'a table or images', examples);
  const { columns } = examples;
  return { ...examples, ...(columns && { columns: columns.map(({ name }) => ({ name, values: [] })) }) };
}

export function* piecesOf({ columns = [] }: Examples): Generator<Piece, undefined, void> {
  for (const [column, { values }] of columns.entries()) {
    for (let begin = 0; begin < values.length; begin += CELLS) {
      const cells = values.slice(begin, begin + CELLS);
      yield { column, cells: cells instanceof Float64Array ? cells : [...cells] };
    }
  }
  return undefined;
}

/** Examples that come in pieces. */
export class Gathering {
  readonly #frame: Frame;
  readonly #cells: Column['values'][][];

  constructor(frame: Frame) {
    this.#frame = frame;
    this.#cells = (frame.columns ?? []).map(() => []);
  }

  add({ column, cells }: Piece): void {
    this.#cells[column].push(cells);
  }

  /** All of them, once the last piece is there. */
  get examples(): Examples {
    const { columns } = this.#frame;
    if (!columns) return this.#frame;
    return {
      ...this.#frame,
      columns: columns.map(({ name }, k) => ({ name, values: joined(this.#cells[k]) })),
    };
  }
}

function joined(pieces: readonly Column['values'][]): Column['values'] {
  if (!(pieces[0] instanceof Float64Array)) return (pieces as string[][]).flat();
  const whole = new Float64Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces as Float64Array[]) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
