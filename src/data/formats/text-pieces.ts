// The bytes of a text, which come in pieces, as characters; all lines end in \n.

import type { TextEncoding } from './text-encoding.ts';

export class TextPieces {
  readonly #decode: (bytes: Uint8Array | undefined) => string;
  /** Bytes of the text that are to come. */
  #left: number;
  /** A \r at the end of the last piece, which may belong to a \n. */
  #kept = '';

  /** With `asciiText`, which makes text of bytes that are characters as they are, where there is something faster than a decoder. */
  constructor(
    { encoding, isAscii, length = Number.POSITIVE_INFINITY }: TextEncoding,
    asciiText?: (bytes: Uint8Array) => string,
  ) {
    this.#left = length;
    if (isAscii && asciiText) this.#decode = bytes => (bytes ? asciiText(bytes) : '');
    else {
      const decoder = new TextDecoder(encoding);
      this.#decode = bytes => decoder.decode(bytes, { stream: bytes !== undefined });
    }
  }

  /** The characters of the next bytes; without any, those that are left. */
  decode(bytes?: Uint8Array): string {
    let text = this.#kept + this.#decode(bytes?.subarray(0, this.#left));
    this.#left -= bytes ? Math.min(this.#left, bytes.length) : 0;
    this.#kept = '';
    if (bytes && text.endsWith('\r')) {
      this.#kept = '\r';
      text = text.slice(0, -1);
    }
    return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  }
}
