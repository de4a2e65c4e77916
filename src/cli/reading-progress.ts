// Reading as it goes by: one live line on a terminal, plain lines now and then when piped, events for a program.

import { basename } from 'node:path';
import type { ReadProgress } from '../data/formats/text-table.ts';
import { colors, duration, grouped, mebibytes, visible } from './text.ts';

/** Milliseconds between two pictures of the live line; from the beginning to the first plain line; between two of them. */
const REDRAW = 120;
const FIRST = 500;
const NEXT = 5000;

/** How a command is to speak. */
export interface Speech {
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export class ReadingProgress {
  readonly #stream: NodeJS.WriteStream;
  readonly #speech: Speech;
  readonly #startedAt = performance.now();
  #tellAt: number;
  /** The last that was told. */
  #told: ReadProgress | undefined;

  /** Tells on `stream`, as `speech` says: not at all, in JSON, or for people. */
  constructor(speech: Speech, stream: NodeJS.WriteStream) {
    this.#speech = speech;
    this.#stream = stream;
    this.#tellAt = this.#startedAt + (this.#isLive ? 0 : FIRST);
  }

  get #isLive(): boolean {
    return this.#stream.isTTY && !this.#speech.json;
  }

  /** To be called for every piece that is read: tells of those whose time has come. */
  readonly tell = (progress: ReadProgress): void => {
    const now = performance.now();
    if (this.#speech.quiet || now < this.#tellAt) return;
    this.#tellAt = now + (this.#isLive ? REDRAW : NEXT);
    this.#told = progress;
    if (this.#speech.json) {
      const { path: data, ...rest } = progress;
      const seconds = (now - this.#startedAt) / 1000;
      this.#stream.write(`${visible(JSON.stringify({ event: 'reading', data, ...rest, seconds }))}\n`);
    } else this.#line(described(progress));
  };

  /** Says that all is read and what comes next, where reading was long enough to be told of. */
  prepare(): void {
    if (!this.#told || this.#speech.json) return;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    this.#line(`read ${basename(this.#told.path)} in ${duration(seconds)}, looks at its columns`);
  }

  /** Removes the live line. */
  end(): void {
    if (this.#told && this.#isLive) this.#stream.write('\r\x1b[K');
    this.#told = undefined;
  }

  #line(text: string): void {
    const line = visible(text);
    if (!this.#isLive) this.#stream.write(`${line}\n`);
    else this.#stream.write(`\r\x1b[K${colors.dim(line.slice(0, (this.#stream.columns ?? 80) - 1))}`);
  }
}

function described({ path, bytes, of, table }: ReadProgress): string {
  const done = `${mebibytes(bytes)} of ${mebibytes(of)}`;
  if (!table) return `looks at the characters of ${basename(path)}: ${done}`;
  const { rows, expectedRows, columns, memory } = table;
  const size = `${grouped(rows)} of some ${grouped(expectedRows)} rows of ${grouped(columns)} columns`;
  return `reads ${basename(path)}: ${done}, ${size}, ${mebibytes(memory)} of memory in the end`;
}
