// Examples as a reader found them, and those to test on.

import type { Table } from '../formats/columns.ts';
import type { Images } from '../images/images.ts';

/** Examples before they are encoded. */
export type Examples = Table | Images;

/** Examples to learn from, and those to test on where the source has some. */
export interface Source {
  readonly examples: Examples;
  readonly test?: Examples;
}

/** Whether examples are a table. */
export function isTable(examples: Examples): examples is Table {
  return !('pixels' in examples);
}
