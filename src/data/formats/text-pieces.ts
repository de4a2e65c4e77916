// The bytes of a text, which come in pieces, as characters; all lines end in \n.

import type { TextEncoding } from './text-encoding.ts';

export class TextPieces {
  /** None where bytes are characters as they are. */
  readonly #decoder: TextDecoder | undefined;
  /** A \r at the end of the last piece, which may belong to a \n. */
  #kept = '';

  constructor({ encoding, isAscii }: TextEncoding) {
    this.#decoder = isAscii ? undefined : new TextDecoder(encoding);
  }

  /** The characters of the next bytes; without any, those that are left. */
  decode(bytes?: Uint8Array): string {
    let text = this.#kept + this.#decoded(bytes);
    this.#kept = '';
    if (bytes && text.endsWith('\r')) {
      this.#kept = '\r';
      text = text.slice(0, -1);
    }
    return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
  }

  #decoded(bytes: Uint8Array | undefined): string {
    if (this.#decoder) return this.#decoder.decode(bytes, { stream: bytes !== undefined });
    return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1') : '';
  }
}
