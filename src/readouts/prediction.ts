// What the readouts say of one example.

/** What a network thinks of one example. */
export interface Prediction {
  /** The answer that counts: of the goodness readout, where there is one. */
  readonly label: number;
  /**
   * The goodness of each label, summed over the layers that are read; of layers that tell classes apart, its log probability; empty where
   * the network is not given labels.
   */
  readonly goodness: readonly number[];
  /** Of the softmax readout, which answers from a single pass. */
  readonly probabilities: readonly number[];
}
