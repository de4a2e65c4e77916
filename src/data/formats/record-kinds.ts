// Which records are of a table: those of as many cells as most, or nearly so; before and behind it stand others.

/** Records that may stand before a table, and behind it. */
const MOST_BEFORE = 50;
const MOST_BEHIND = 5;

/**
 * A record among others of `width` cells: as many, one less or an empty one more (a delimiter at its end, or none there), or other
 * numbers of cells.
 */
export type RecordKind = 'even' | 'neighbour' | 'short' | 'long';

export function kindOf(row: readonly string[], width: number): RecordKind {
  const { length } = row;
  if (length === width) return 'even';
  if ((length === width - 1 && width > 2) || (length === width + 1 && row[width].trim() === ''))
    return 'neighbour';
  return length < width ? 'short' : 'long';
}

/** How many cells most records have, by how many have how many; of numbers that are as frequent, the larger one. */
export function mostFrequent(counts: ReadonlyMap<number, number>): number {
  return [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0][0];
}

/** The table in `count` records, without those of other lengths before and behind it, of which there are few. */
export function tableIn(count: number, kind: (i: number) => RecordKind): { begin: number; end: number } {
  // A title is shorter than a record: a line that is not is a record with something wrong.
  let begin = 0;
  while (begin < Math.min(MOST_BEFORE, count - 2) && kind(begin) === 'short') begin++;
  if (kind(begin) === 'long' || kind(begin) === 'short') begin = 0;
  let end = count;
  while (end > begin + 2 && count - end < MOST_BEHIND && kind(end - 1) === 'short') end--;
  if (kind(end - 1) === 'long' || kind(end - 1) === 'short') end = count;
  return { begin, end };
}
