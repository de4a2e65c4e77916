// Commands to copy from the terminal into a shell.

import { CONTROL, visible } from './text.ts';

/**
 * The template as a POSIX shell is to read it: values are single words, quoted where the shell would change them, and never
 * options.
 */
export function shell(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return String.raw({ raw: parts }, ...values.map(value => quoted(String(value))));
}

/** The options that were given, as words of a command. */
export function optionWords(
  options: Readonly<Record<string, string | number | boolean | undefined>>,
): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    return value === true ? `--${name}` : shell`--${name} ${value}`;
  });
}

/** The same of options whose values are no paths, and may look like options: each is tied to its own. */
export function tiedWords(options: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : `--${name}=${quoted(value, false)}`,
  );
}

const control = new RegExp(CONTROL, 'gu');

function quoted(value: string, isPath = true): string {
  const word = isPath && value.startsWith('-') ? `./${value}` : value;
  if (/^[\p{L}\p{N}_.,:/-]+$/u.test(word)) return word;
  // What a terminal obeys must not stand in a line to be copied, not even between quotes.
  if (visible(word) !== word) return `$'${word.replaceAll(/[\\']/g, '\\$&').replaceAll(control, code)}'`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function code(character: string): string {
  const number = character.charCodeAt(0);
  return number < 128
    ? `\\${number.toString(8).padStart(3, '0')}`
    : `\\u${number.toString(16).padStart(4, '0')}`;
}
