// Examples as a reader found them, and those to test on.

import type { Table } from '../formats/columns.ts';
import type { Images } from '../images/images.ts';
import type { Note } from '../notes.ts';

/** Examples before they are encoded, and what the reader has to say of them. */
export type Examples = (Table | Images) & { readonly notes?: readonly Note[] };

/** Examples to learn from, and those to test on where the source has some. */
export interface OpenedData {
  readonly examples: Examples;
  readonly test?: Examples;
}

/** Whether examples are a table. */
export function isTable(examples: Examples): examples is Table & Examples {
  return !('pixels' in examples);
}
