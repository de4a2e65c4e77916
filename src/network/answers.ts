// A network that knows what its inputs and classes mean: it answers examples as they are kept, and says how sure it is.

import type { Dataset } from '../data/dataset.ts';
import { type Encoding, encodeExamples } from '../data/encode-examples.ts';
import type { Examples } from '../data/examples/examples.ts';
import { InputError } from '../errors.ts';
import { type Calibration, calibrated } from '../readouts/calibration.ts';
import { largestIndex } from '../readouts/goodness.ts';
import type { Network } from './network.ts';

/** What a model says of one example. */
export interface Answer {
  /** The name of the class. */
  readonly label: string;
  /** How likely it is to be right, 0 to 1. */
  readonly confidence: number;
  /** Of every class, in the order of the encoding's `classNames`. */
  readonly probabilities: readonly number[];
}

/** The answers of scores, the higher the likelier, and of probabilities, both (count, classes). */
export function answersOf(
  classNames: readonly string[],
  scores: Float32Array,
  probabilities: Float32Array,
): Answer[] {
  const classes = classNames.length;
  return Array.from({ length: scores.length / classes }, (_, i) => {
    const best = largestIndex(scores, i * classes, classes);
    const row = Array.from(probabilities.subarray(i * classes, (i + 1) * classes));
    return { label: classNames[best], confidence: row[best], probabilities: row };
  });
}

/** What `Model` is in Node and in a page, where the network lives in a worker. */
export class Answerer<Inner extends Pick<Network, 'evaluate' | 'close'>> {
  readonly network: Inner;
  readonly encoding: Encoding;
  readonly calibration: Calibration;

  /** @internal */
  constructor(network: Inner, encoding: Encoding, calibration: Calibration) {
    this.network = network;
    this.encoding = encoding;
    this.calibration = calibration;
  }

  /** An answer for each example, by the goodness readout where there is one. Throws an InputError for examples of another kind. */
  async predict(examples: Examples): Promise<Answer[]> {
    return this.answer(encodeExamples(this.encoding, examples));
  }

  /** An answer for each encoded example. */
  async answer(data: Dataset): Promise<Answer[]> {
    const { classNames } = this.encoding;
    const classes = classNames.length;
    const { goodnessSums, probabilities: bySoftmax } = await this.network.evaluate(data);
    // There is none where the network is not given labels: the softmax readout answers then.
    const hasGoodness = goodnessSums.length > 0;
    const scores = hasGoodness ? goodnessSums : bySoftmax;
    const probabilities = hasGoodness ? calibrated(scores, classes, this.calibration) : bySoftmax;
    return answersOf(classNames, scores, probabilities);
  }

  /** Ends the threads; the model cannot be used any more. */
  async close(): Promise<void> {
    await this.network.close();
  }
}

/** What is wrong with the file `path`, which is no model of own data. */
export function notOwn(path: string): InputError {
  return new InputError(
    `${path} does not say what its inputs mean: expected a model that was trained on a table or on images`,
  );
}
