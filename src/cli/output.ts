// What the command prints, and what happens where nobody reads it any more.

import type { Note } from '../data/notes.ts';
import { fileError } from '../files/write.ts';
import { CONTROL, visible, wrapped } from './text.ts';

const ESCAPE = String.fromCharCode(27);
/** The codes that `colors` puts around words, or a character that is not simply shown. */
const UNUSUAL = new RegExp(`${ESCAPE}\\[(?:1|2|22)m|${CONTROL}`, 'gu');

/** Prints lines. Control characters in them, which can only come from a file or its name, are shown and not obeyed. */
export function print(text: string): void {
  const shown = text.replaceAll(UNUSUAL, found =>
    found === '\n' || found.length > 1 ? found : visible(found),
  );
  console.log(wrapped(shown, process.stdout.columns));
}

export function printJson(event: object): void {
  console.log(visible(JSON.stringify(event)));
}

/** Says one line beside the output, where it is wanted in any case. */
export function warn(text: string): void {
  process.stderr.write(`${wrapped(`ff: ${visible(text)}`, process.stderr.columns)}\n`);
}

/** Says those notes beside the output because of which an answer may be wrong or missing. */
export function warnOf(notes: readonly Note[] = []): void {
  for (const { text, isWarning } of notes) if (isWarning) warn(text);
}

/** Why stdout takes nothing any more: its reader has gone away, or it cannot be written, for a reason in words. */
export type OutputEnd =
  | { readonly kind: 'unread' }
  | { readonly kind: 'unwritable'; readonly reason: string };

/** A reader that has seen enough (ff … | head) is not an error; a disk that is full is one. */
let whenEnded = (end: OutputEnd): void => {
  if (end.kind === 'unread') process.exit(0);
  warn(end.reason);
  process.exit(1);
};

/** What to do once stdout takes nothing any more, instead of ending at once. */
export function onOutputEnd(action: (end: OutputEnd) => void): void {
  whenEnded = action;
}

/** To be called once, before anything is printed. */
export function watchOutput(): void {
  let isOver = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isOver) return;
    isOver = true;
    // A terminal that was closed refuses what is written to it.
    if (error.code === 'EPIPE' || error.code === 'EIO') whenEnded({ kind: 'unread' });
    else {
      const told = fileError('write', 'the output', error);
      whenEnded({ kind: 'unwritable', reason: told instanceof Error ? told.message : String(told) });
    }
  });
  // Where warnings cannot be read, nobody can be told that either.
  process.stderr.on('error', () => {});
}
