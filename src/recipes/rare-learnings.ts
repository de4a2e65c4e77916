// The ways of learning that few recipes ask for, or that are there to be compared with.

import { optimizer } from '../layers/optimizer.ts';
import { hybrids, wrongLabels } from '../negatives/negatives.ts';
import { above0, atLeast0, below1, list, number, object, oneOf, optional, whole, yes } from '../schema.ts';
import { between, byGoodness, momentumSteps, phases, readout } from './layerwise.ts';

export const rareLearnings = {
  /** No label: real images are positive, hybrids of two negative; labels are for the softmax readout alone (section 3.2). */
  unsupervised: object({ kind: oneOf('unsupervised'), negatives: hybrids, ...byGoodness, phases, between }),
  /**
   * No label either: each image of a batch seen twice is positive, seen with the next one at once it is negative (SCFF, Chen et al. 2025);
   * for convolutions without `maxPool`, whose activities learning sees before they are rectified. The goodness of a position is the mean
   * of the squares of its units.
   */
  'self-contrast': object({
    kind: oneOf('self-contrast'),
    optimizer,
    frozen: optional(yes),
    /**
     * Of each layer, by position: the least goodness of what is positive and the most of what is negative, each asked for by a softplus;
     * and by how much goodness is kept small, as its length over the positions of an image.
     */
    margins: list(object({ positive: number, negative: number, penalty: atLeast0 })),
    readout,
  }),
  /**
   * The paper's network with top-down connections (section 3.4): the image is a still video, the label a layer of its own at the top.
   */
  recurrent: object({
    kind: oneOf('recurrent'),
    /** Steps after the bottom-up pass, all layers at once, that a report shows; training goes no further than `lastStep`. */
    iterations: whole(1),
    /** The share of its old state that a unit keeps in a step. */
    damping: below1,
    /** The steps, counted from 1, at which the weights learn and over which the goodness readout averages. */
    firstStep: whole(1),
    lastStep: whole(1),
    labelStrength: above0,
    negatives: wrongLabels,
    ...byGoodness,
  }),
  /**
   * Up the gradient of the log probability of the right label, through all layers: what the paper compares with. A plain ReLU network
   * with the softmax readout on its last layer; activities pass on as they are.
   */
  backprop: object({ kind: oneOf('backprop'), optimizer, readout: object(momentumSteps), between }),
  /**
   * The same network along random noise, in proportion to how much likelier the right labels are with the noise than with its
   * opposite. `deviation` is the noise's standard deviation in every weight.
   */
  perturbation: object({
    kind: oneOf('perturbation'),
    deviation: above0,
    rate: above0,
    readout: object({ rate: above0 }),
    between,
  }),
};
