// Cuts a text that comes in pieces into records. Papa Parse knows what quotes mean.

import Papa from 'papaparse';
import { InputError } from '../../errors.ts';
import { BLANKS, cutLines, isFilled } from './dialect.ts';

/** Characters of a record: where a quote is not closed, all that follow would be one. */
const MOST_CHARACTERS = 1 << 27;

interface Parsed {
  readonly data: string[][];
  readonly errors: readonly { readonly row?: number; readonly message: string }[];
  readonly meta: { readonly cursor: number };
}

export class RecordCutter {
  readonly #delimiter: string;
  readonly #path: string;
  #rest = '';
  /** Characters that a record has that was not at its end. */
  #wanted = 0;
  #count = 0;

  /** Throws InputErrors that name `path`. */
  constructor(delimiter: string, path: string) {
    this.#delimiter = delimiter;
    this.#path = path;
  }

  /** The records that end in `text`, which goes on where the last one ended; and without one what is left. Empty lines are none. */
  cut(text?: string): string[][] {
    const all = this.#rest + (text ?? '');
    const isLast = text === undefined;
    const end = isLast ? all.length : all.lastIndexOf('\n') + 1;
    this.#rest = all;
    if (end === 0 || (!isLast && end < this.#wanted)) {
      this.#checkLength();
      return [];
    }
    if (this.#delimiter === BLANKS) {
      this.#rest = all.slice(end);
      return cutLines(all.slice(0, end), BLANKS).filter(isFilled);
    }
    const parser = new Papa.Parser({ delimiter: this.#delimiter, newline: '\n' });
    const { data, errors, meta }: Parsed = parser.parse(all.slice(0, end), 0, !isLast);
    const [error] = errors;
    if (error) throw this.#quoteError((error.row ?? 0) + 1, error.message);
    this.#rest = all.slice(isLast ? end : meta.cursor);
    this.#count += data.length;
    // To try again for every piece of a long record would take the square of its length.
    this.#wanted = data.length > 0 ? 0 : 2 * end;
    if (data.length === 0) this.#checkLength();
    for (const row of data) for (let k = 0; k < row.length; k++) row[k] = row[k].trim();
    return data.filter(isFilled);
  }

  #checkLength(): void {
    if (this.#rest.length > MOST_CHARACTERS)
      throw this.#quoteError(1, `a record of more than ${MOST_CHARACTERS / 2 ** 20} million characters`);
  }

  #quoteError(record: number, message: string): InputError {
    return new InputError(
      `${this.#path}: record ${this.#count + record}: ${message.toLowerCase()}; close the quote, and write a quote inside of quotes twice`,
    );
  }
}
