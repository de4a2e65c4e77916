// The slope of a number over one of those that it follows from, by a central difference.

/** Moves `row[j]` a little both ways; `value` gives the number that follows. */
export function slope(value: () => number, row: number[], j: number): number {
  const [kept, step] = [row[j], 1e-5];
  const [more, less] = [step, -step].map(by => {
    row[j] = kept + by;
    return value();
  });
  row[j] = kept;
  return (more - less) / (2 * step);
}
