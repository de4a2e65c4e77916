// Where negative data come from.

import { type Infer, object, oneOf, whole } from '../schema.ts';

/**
 * Wrong labels: all equally likely, or in proportion to what the softmax readout believes (section 3.3 of the paper); or
 * sequences that the network itself writes before each epoch, from the beginning of each real one (section 3.4).
 */
export const labelledNegatives = oneOf('uniform', 'hard', 'rolled-out');

/** The first two alone. */
export const wrongLabels = oneOf('uniform', 'hard');

/** Hybrids of two images, for networks that are not given labels (section 3.2); `blurs` is how often their mask is blurred. */
export const hybrids = object({ kind: oneOf('hybrids'), blurs: whole(0) });

export type LabelledNegatives = Infer<typeof labelledNegatives>;
export type Hybrids = Infer<typeof hybrids>;
