// A model of somebody's own data on a device: rows of a table or images as they are kept, encoded as in training, around whatever runs
// the network.

import {
  checkEncoding,
  type Encoding,
  encodeExamples,
  labelPlaces,
  notesOn,
} from '../data/encode-examples.ts';
import type { Examples } from '../data/examples/examples.ts';
import { columnOf, texts } from '../data/formats/columns.ts';
import { describeSize } from '../data/images/images.ts';
import type { Note } from '../data/notes.ts';
import { type Row, rowColumns, tableOfRows } from '../data/tables/rows.ts';
import { InputError } from '../errors.ts';
import { type Answer, answersOf, notOwn } from '../network/answers.ts';
import { type Calibration, calibrated, checkCalibration } from '../readouts/calibration.ts';
import type { Learner } from './learner.ts';
import { NAME } from './model.ts';
import type { Predictor } from './predictor.ts';

/** Rows of a table, or the bytes (height, width, channels) of images, as many as the model learned from. */
export type OwnExamples = readonly Row[] | readonly (Uint8Array | Uint8ClampedArray)[];

/**
 * The model of own data that `network`, opened by loadPredictor or openLearner, runs. Throws an InputError where its file says nothing of
 * own data, or something that makes no sense.
 */
export function modelOf<Network extends Predictor | Learner>(network: Network): RowModel<Network> {
  // Without a network, there is nothing of own data either.
  const { own, inputs, classes } = { ...network };
  if (!own?.calibration) throw notOwn(NAME);
  const { encoding, calibration } = own as { encoding: Encoding; calibration: Calibration };
  try {
    checkEncoding(encoding, inputs, classes);
    checkCalibration(calibration);
  } catch (error) {
    // What is not even alike fails as a TypeError.
    throw new InputError(`${NAME}: its preprocessing cannot be used: ${(error as Error).message}`);
  }
  return new RowModel(network, encoding, calibration);
}

/** Made by modelOf. */
export class RowModel<Network extends Predictor | Learner = Predictor> {
  /** What takes encoded inputs; a learner's `save` is here, too. */
  readonly network: Network;
  /** The classes, in the order of an answer's probabilities. */
  readonly classNames: readonly string[];
  /** The columns of a table in the order in which rows that are arrays have them; none of images. */
  readonly columns: readonly string[];
  readonly #encoding: Encoding;
  readonly #calibration: Calibration;

  /** @internal */
  constructor(network: Network, encoding: Encoding, calibration: Calibration) {
    this.network = network;
    this.classNames = encoding.classNames;
    this.columns = encoding.kind === 'table' ? rowColumns(encoding) : [];
    this.#encoding = encoding;
    this.#calibration = calibration;
  }

  /**
   * An answer for each example. All rows are read together, as a table is: how a column writes its numbers shows in several. Throws an
   * InputError for rows without a column that was learned from, and for images of another size.
   */
  predict(examples: OwnExamples): Answer[] {
    const { classNames } = this;
    const read = this.#read(examples);
    if (read.count === 0) return [];
    const { inputs, width } = encodeExamples(this.#encoding, read);
    const scores = new Float32Array(read.count * classNames.length);
    for (let i = 0; i < read.count; i++) {
      const { goodness } = this.network.predict(inputs.subarray(i * width, (i + 1) * width));
      scores.set(goodness, i * classNames.length);
    }
    return answersOf(classNames, scores, calibrated(scores, classNames.length, this.#calibration));
  }

  /** What answers about `examples` may be wrong for: cells never seen in training, missing, unreadable, far from all others. */
  notes(examples: OwnExamples): Note[] {
    const read = this.#read(examples);
    return read.count === 0 ? [] : notesOn(this.#encoding, read);
  }

  /**
   * Learns from examples and the names of their classes, in the order given, as Learner.learn does; how sure answers are is still
   * scaled as after training. Throws an InputError for a label that was not among those learned.
   */
  learn(this: RowModel<Learner>, examples: OwnExamples, labels: readonly unknown[]): void {
    if (!('learn' in this.network)) {
      throw new InputError('this model only predicts: modelOf what openLearner opens learns, too');
    }
    const read = this.#read(examples);
    const missing = this.#encoding.kind === 'table' ? this.#encoding.missing : undefined;
    const words = texts(columnOf(this.#encoding.label ?? 'label', labels, 'the labels'), missing);
    const places = labelPlaces(this.#encoding, words, 'the labels');
    if (places.length !== read.count || places.includes(undefined)) {
      throw new InputError(
        `expected a label for each of ${read.count} examples, found ${places.filter(place => place !== undefined).length}`,
      );
    }
    if (read.count === 0) return;
    this.network.learn(encodeExamples(this.#encoding, read).inputs, places as number[]);
  }

  #read(given: OwnExamples): Examples {
    const encoding = this.#encoding;
    const what = encoding.kind === 'table' ? 'rows' : 'images';
    if (!Array.isArray(given)) throw new InputError(`expected a list of ${what}, found ${typeof given}`);
    if (encoding.kind === 'table') return tableOfRows(encoding, given as readonly Row[], 'the rows');
    const { height, width, channels } = encoding;
    const size = height * width * channels;
    const pixels = new Uint8Array(given.length * size);
    given.forEach((image: unknown, i) => {
      const isBytes = image instanceof Uint8Array || image instanceof Uint8ClampedArray;
      if (!isBytes || image.length !== size) {
        const found = isBytes ? `${image.length} bytes` : typeof image;
        throw new InputError(
          `expected image ${i} as ${size} bytes (${describeSize(encoding)}), found ${found}`,
        );
      }
      pixels.set(image, i * size);
    });
    return { name: 'the images', count: given.length, height, width, channels, pixels };
  }
}
