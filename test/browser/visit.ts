// What pages of the compatibility tests leave behind for who drives the browser.

import { setTimeout } from 'node:timers/promises';
import type { Tour } from '../compatibility/tour.ts';

/** Put into the page's global `visited`. */
export interface Visited {
  readonly isIsolated: boolean;
  readonly tour?: Tour;
  /** The bits of every kind of layer and way of learning, by name. */
  readonly kinds?: Readonly<Record<string, string>>;
  /** What other pages say, such as what cannot be done there. */
  readonly said?: string;
  readonly failure?: string;
}

/**
 * What `look` finds in a page in the end, asked again and again: what drivers have for this waits for ever under a strict policy, or in a page
 * that nobody sees.
 */
export async function visitedOf(look: () => Promise<Visited | undefined>): Promise<Visited> {
  for (let tries = 0; tries < 900; tries++) {
    const visited = await look();
    if (visited) return visited;
    await setTimeout(100);
  }
  throw new Error('nothing happens in the page');
}
