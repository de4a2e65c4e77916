// What pages of the compatibility tests leave behind for who drives the browser.

import type { Tour } from '../compatibility/tour.ts';

/** Put into the page's global `visited`. */
export interface Visited {
  readonly isIsolated: boolean;
  readonly tour?: Tour;
  /** What other pages say, such as what cannot be done there. */
  readonly said?: string;
  readonly failure?: string;
}
