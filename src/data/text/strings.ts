// Text as the paper's character sequences: 30 symbols, strings of 100 characters.

import { basename } from 'node:path';
import { InputError } from '../../errors.ts';
import { readBytes } from '../../files/read.ts';

/** The 30 symbols; a character's number is its place. */
export const alphabet = 'abcdefghijklmnopqrstuvwxyz ,.;';

/** Characters of a string. */
export const STRING = 100;

/**
 * `text` in the alphabet. Capitals become small, accents and apostrophes are dropped, ! and ? become full stops, colons
 * semicolons; a run of anything else becomes one space, and none begins or ends the text.
 */
export function simplifyText(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\p{M}'’‘]/gu, '')
    .replace(/[!?]/g, '.')
    .replace(/:/g, ';')
    .replace(/[^a-z,.;]+/g, ' ')
    .trim();
}

/**
 * The symbols of `text`, simplified and cut into strings of 100, (strings, 100); what is left at the end is dropped. At
 * most `most` strings are taken, from the beginning. Throws InputError, naming `name`, where there is not one string.
 */
export function textStrings(text: string, name: string, most = Number.POSITIVE_INFINITY): Uint8Array {
  const simple = simplifyText(text);
  const count = Math.min(most, Math.floor(simple.length / STRING));
  if (!(count >= 1)) {
    throw new InputError(
      `${name}: expected at least ${STRING} letters, spaces and commas, found ${simple.length}; give a longer text`,
    );
  }
  return Uint8Array.from(simple.slice(0, Math.floor(count) * STRING), symbol => alphabet.indexOf(symbol));
}

/**
 * Reads the UTF-8 file `path` as strings of symbols, see textStrings; the paper takes 248. Throws InputError where it
 * cannot be read, is not UTF-8 or is too short.
 */
export async function readStrings(path: string, most?: number): Promise<Uint8Array> {
  const bytes = await readBytes(path);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError(`${path}: expected UTF-8 text, found other bytes; save it as UTF-8`, { cause });
  }
  return textStrings(text, basename(path), most);
}
