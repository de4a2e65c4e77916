// Where a layer stands, for tests that plan one by itself.

import type { Site } from '../../src/layers/plan.ts';

/** The site of a layer that nothing reads and no label comes to, but for what is given. */
export function siteOf(given: Pick<Site, 'below' | 'batch' | 'rows'> & Partial<Site>): Site {
  return {
    index: 0,
    classes: 0,
    labels: 0,
    appended: 0,
    groups: 1,
    moments: 1,
    hasPairs: false,
    isBackward: false,
    threads: 1,
    ...given,
  };
}
