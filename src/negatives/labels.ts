// Negative data for labelled images: the image with a label that is wrong (section 3.3 of the paper).

/**
 * A wrong label, all equally likely. `random` is uniform in [0, 1).
 */
export function uniformWrongLabel(label: number, classes: number, random: number): number {
  const other = Math.floor(random * (classes - 1));
  return other < label ? other : other + 1;
}

/**
 * A hard negative: a wrong label in proportion to what the readout believes of it. `probabilities` has one row of
 * `classes` an image; `image` says which. `random` is uniform in [0, 1).
 *
 * For character sequences this is the paper's teacher forcing: there the last character of a real window is replaced by the
 * network's own prediction. That may be the right one, and the same input is then positive and negative, which asks for nothing
 * but goodness at the threshold; here such a draw is made again.
 */
export function hardWrongLabel(
  label: number,
  classes: number,
  random: number,
  probabilities: Float32Array,
  image: number,
): number {
  const row = image * classes;
  let wrong = 0;
  for (let c = 0; c < classes; c++) if (c !== label) wrong += probabilities[row + c];
  let left = random * wrong;
  for (let c = 0; c < classes; c++) {
    if (c === label) continue;
    left -= probabilities[row + c];
    if (left < 0) return c;
  }
  // Only where all wrong labels have underflowed to zero (or rounding used up the last bit).
  return uniformWrongLabel(label, classes, random);
}

/** A wrong label: a hard one where `probabilities` (images, classes) are given, otherwise a uniform one. */
export function wrongLabel(
  label: number,
  classes: number,
  random: number,
  probabilities: Float32Array | undefined,
  image: number,
): number {
  return probabilities
    ? hardWrongLabel(label, classes, random, probabilities, image)
    : uniformWrongLabel(label, classes, random);
}
