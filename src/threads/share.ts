// How work is cut: by size only, never by time, so that the same thread count cuts alike and no cut changes a bit.

/** Where part number `part` of `parts` equal parts of `count` things begins; the next part's beginning is its end. */
export function partBegin(count: number, part: number, parts: number): number {
  return Math.floor((count * part) / parts);
}
