// What was decided or noticed on the way from somebody's data to inputs: a sentence for people, a code for programs.

import { placeIn } from './formats/columns.ts';

/** What a note is about. */
export type NoteCode =
  /** How text became cells (its delimiter, signs, encoding, header), and which folder or array was taken for what. */
  | 'read'
  /** Lines or files that are not among the examples. */
  | 'skipped'
  /** Images that were cut or scaled. */
  | 'images'
  /** What is learned, and the classes. */
  | 'classes'
  /** Labels that are missing, spelled in several ways, or rare. */
  | 'labels'
  /** How many columns of which kind became how many inputs. */
  | 'columns'
  /** A column that is not learned from. */
  | 'left-out'
  /** A column that alone tells the label. */
  | 'leak'
  /** A column that was learned from and is not there. */
  | 'no-column'
  /** A column that is called otherwise than in training. */
  | 'renamed'
  /** Cells that could not be read, that are missing where none were, or that are written otherwise than in training. */
  | 'cells'
  /** What is far from all that was learned from. */
  | 'far'
  /** Which recipe was taken, and why. */
  | 'recipe'
  /** Which examples were held out. */
  | 'held-out';

/** A note; plain data. */
export interface Note {
  readonly code: NoteCode;
  /** A sentence without a full stop. Names and cells in it are as they were found. */
  readonly text: string;
  /** The column that it is about. */
  readonly column?: string;
  /** How many rows, cells or files it is about. */
  readonly count?: number;
  /** Whether an answer may be wrong because of it. */
  readonly isWarning?: boolean;
}

/** A list of words that may be long, or many. */
export function few(words: readonly string[]): string {
  const shown = words.slice(0, 8).map(word => (word.length > 30 ? `${word.slice(0, 29)}…` : word));
  return shown.join(', ') + (words.length > 8 ? `, … (${words.length})` : '');
}

/** A column in a sentence; those without a name are called columns already. */
export function columnText(name: string): string {
  return placeIn(name) === undefined ? `column ${name}` : name;
}
