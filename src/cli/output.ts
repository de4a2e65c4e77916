// What the command prints, and what happens where nobody reads it any more.

import type { Note } from '../data/notes.ts';
import { CONTROL, visible } from './text.ts';

const ESCAPE = String.fromCharCode(27);
/** The codes that `colors` puts around words, or a character that is not simply shown. */
const UNUSUAL = new RegExp(`${ESCAPE}\\[(?:1|2|22)m|${CONTROL}`, 'gu');

/** Prints lines. Control characters in them, which can only come from a file or its name, are shown and not obeyed. */
export function print(text: string): void {
  console.log(
    text.replaceAll(UNUSUAL, found => (found === '\n' || found.length > 1 ? found : visible(found))),
  );
}

export function printJson(event: object): void {
  console.log(visible(JSON.stringify(event)));
}

/** Says one line beside the output, where it is wanted in any case. */
export function warn(text: string): void {
  process.stderr.write(`ff: ${visible(text)}\n`);
}

/** Says those notes beside the output because of which an answer may be wrong or missing. */
export function warnOf(notes: readonly Note[] = []): void {
  for (const { text, isWarning } of notes) if (isWarning) warn(text);
}

// A reader that has seen enough (ff … | head) is not an error.
let whenUnread = (): void => process.exit(0);

/** What to do once nobody reads stdout any more, instead of ending at once. */
export function onUnread(action: () => void): void {
  whenUnread = action;
}

/** To be called once, before anything is printed. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    whenUnread();
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
