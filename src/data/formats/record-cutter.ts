// Cuts a text that comes in pieces into records.

import { InputError } from '../../errors.ts';
import { BLANKS, cutLines, isFilled } from './dialect.ts';
import { cutRecords } from './records.ts';

/** Characters of a record: where a quote is not closed, all that follow would be one. */
const MOST_CHARACTERS = 1 << 27;

export class RecordCutter {
  readonly #delimiter: string;
  readonly #path: string;
  #rest = '';
  /** Characters of it up to the end of its last line: to look for that anew in every piece would take the square of its length. */
  #lines = 0;
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
    const last = text === undefined ? -1 : text.lastIndexOf('\n');
    const end = isLast ? all.length : last < 0 ? this.#lines : this.#rest.length + last + 1;
    this.#rest = all;
    this.#lines = end;
    if (end === 0 || (!isLast && end < this.#wanted)) {
      this.#checkLength();
      return [];
    }
    if (this.#delimiter === BLANKS) {
      this.#rest = all.slice(end);
      this.#lines = 0;
      return cutLines(all.slice(0, end), BLANKS).filter(isFilled);
    }
    const cut = cutRecords(all.slice(0, end), this.#delimiter, undefined, !isLast);
    const { records, fault } = cut;
    if (fault) throw this.#quoteError(fault.record + 1, fault.what);
    this.#rest = all.slice(cut.end ?? end);
    this.#lines = end - (cut.end ?? end);
    this.#count += records.length;
    // To try again for every piece of a long record would take the square of its length.
    this.#wanted = records.length > 0 ? 0 : 2 * end;
    if (records.length === 0) this.#checkLength();
    for (const row of records) for (let k = 0; k < row.length; k++) row[k] = row[k].trim();
    return records.filter(isFilled);
  }

  #checkLength(): void {
    if (this.#rest.length > MOST_CHARACTERS)
      throw this.#quoteError(1, `a record of more than ${MOST_CHARACTERS / 2 ** 20} million characters`);
  }

  #quoteError(record: number, message: string): InputError {
    return new InputError(
      `${this.#path}: record ${this.#count + record}: ${message}; close the quote, and write a quote inside of quotes twice`,
    );
  }
}
