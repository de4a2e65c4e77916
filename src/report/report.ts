// A finished training as one HTML file: no script, no network, pictures inside.

import type { EpochEvent } from '../network/events.ts';
import { MOST_PAIRED } from '../readouts/by-class.ts';
import type { Reliability } from '../readouts/calibration.ts';
import { confusionTable, frequentConfusions } from './confusion.ts';
import { errorCurves, goodnessCurves } from './curves.ts';
import { type Evidence, evidenceMaps } from './evidence-maps.ts';
import { fieldPictures, howToRead } from './fields.ts';
import { bestOf, headline, type Measure, type ReadoutErrors, readoutNames } from './headline.ts';
import { goodnessHistogram } from './histogram.ts';
import { escaped } from './markup.ts';
import { type Mistake, mistakeCards } from './mistakes.ts';
import { page, pairsTable, section } from './page.ts';
import { howToReadReliability, reliabilityCurve } from './reliability.ts';
import { worstTable } from './worst-classes.ts';

/** All that a report shows; strings are plain text and need no escaping. */
export interface ReportData {
  /** E.g. `quick on mnist`. */
  readonly title: string;
  /** The recipe as plain pairs. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Threads, SIMD build, Node.js version, seed, seconds. */
  readonly machine: readonly (readonly [name: string, value: string])[];
  readonly classNames: readonly string[];
  readonly epochs: readonly EpochEvent[];
  /** What the layers are to give much goodness to, and little, e.g. `real images` and `hybrids of two`; absent where nothing is negative. */
  readonly data?: readonly [positive: string, negative: string];
  /** Whether examples that are settled leave some epochs out. */
  readonly hasResting?: boolean;
  /** Those that there are; the first one answers. */
  readonly readouts: readonly [ReadoutErrors, ...ReadoutErrors[]];
  readonly layers: readonly {
    readonly units: number;
    readonly threshold?: number;
    /**
     * (examples) goodness of each test example with its true label, or the log probability of its class; absent where layers do not
     * say how good a label is.
     */
    readonly positive?: Float32Array;
    /** (examples) the same of a wrong label. */
    readonly negative?: Float32Array;
  }[];
  /** Incoming weights of layer 1's strongest units, (height, width, channels) each, signed; up to 100 are shown. */
  readonly fields?: {
    readonly height: number;
    readonly width: number;
    readonly channels?: 1 | 3;
    readonly units: readonly Float32Array[];
    readonly caption: string;
    /** Whether units look everywhere through windows of this size. */
    readonly isWindow?: boolean;
  };
  /** A few test examples, and where in them their class is seen. */
  readonly evidence?: readonly Evidence[];
  /** Of models that say how sure they are. */
  readonly reliability?: Reliability;
  /** The most confidently wrong first; up to 40 are shown. */
  readonly mistakes: readonly Mistake[];
  /** Rows, columns and channels of an input, where it is an image. */
  readonly shape?: readonly [height: number, width: number, channels?: number];
}

/** The whole report as the text of one HTML file, below 1 MB for 10 layers and 10,000 examples. */
export function renderReport(data: ReportData): string {
  const { title, layers, epochs, classNames, readouts } = data;
  const best = bestOf(readouts);
  const [{ kind: answering }] = readouts;
  const measure: Measure = answering === 'layers' ? 'log probability' : 'goodness';
  const watched = epochs[0]?.positiveGoodness.length ?? 0;
  const histograms = layers.flatMap(({ positive, negative, ...layer }, i) =>
    positive && negative ? [goodnessHistogram(i + 1, measure, { ...layer, positive, negative })] : [],
  );
  const sections = [
    section(
      'Learning',
      `Error after each epoch: lower is better. The training error is counted by ${readoutNames[readouts.at(-1)!.kind]}, on
examples as they are learned from${data.hasResting ? ': those that rest, since they are settled, do not count, which leaves the harder ones' : ''}. ${unseen(epochs, readoutNames[answering])}`,
      errorCurves(epochs),
    ),
    watched > 0 &&
      section(
        data.data ? 'Goodness over time' : 'Log probability over time',
        data.data
          ? `Each layer learns on its own: to give much goodness (strong activity) to ${escaped(data.data[0])}
${positive} and little to ${escaped(data.data[1])} ${negative}. The wider the lines part, the
more the layer has learned. Goodness here is as the objective sees it, averaged over the epoch.`
          : `Each layer learns on its own: to tell the classes apart, without any negative data. The line is the natural
logarithm of the probability that the layer gave to the right class, averaged over the epoch; at zero it would be sure
of every example, and right.${data.hasResting ? ' Where the settled examples rest, only the harder ones are in it, so the line has teeth.' : ''}`,
        grid(goodnessCurves(epochs, layers, measure), watched),
      ),
    histograms.length > 0 &&
      section(
        measure === 'goodness' ? 'Right label or wrong label' : 'Right class or wrong class',
        `${
          measure === 'goodness'
            ? `The same test examples shown to the trained network twice: once with the true label ${positive},
once with a wrong one ${negative}.`
            : `What each layer of the trained network says of the test examples: how likely the true class is
${trueClass}, and a wrong one ${wrongClass}.`
        } Taller means more examples, further right means more ${measure}.
Hills that stand apart mean that the layer alone can tell right from wrong; where they overlap, it
has to guess. The outermost bars also hold the few values beyond them.`,
        grid(histograms.join('\n'), histograms.length),
      ),
    data.fields
      ? section(
          'What the first layer looks for',
          `${
            data.fields.isWindow
              ? `Each square is one channel of the first layer: the weights of the window of ${data.fields.height} × ${data.fields.width} pixels through
which it looks everywhere in the image.`
              : `Each square is one unit of the first layer and shows its incoming weights where the pixels of the
image are.`
          } ${howToRead(data.fields)} Each square has its own scale. ${data.fields.isWindow ? 'Edges, lines and spots' : 'Strokes, corners and blobs'} are a
good sign; noise everywhere means that the unit learned little.`,
          fieldPictures(data.fields),
        )
      : '',
    data.evidence && data.evidence.length > 0 && data.shape
      ? section(
          'Where it sees the class',
          `Test examples that were read correctly. Below each, what every part of it adds to the log probability of its class in the
layers that answer, compared with what it adds to the other classes: <b class="positive">blue</b> parts speak for the class, <b
class="negative">orange</b> ones for others. Each layer has its own scale.`,
          evidenceMaps(data.evidence, classNames, data.shape),
        )
      : '',
    mixedUp(best, readouts, classNames),
    data.reliability
      ? section(
          'How sure, how right',
          `${howToReadReliability(data.reliability)}The confidence is that of ${readoutNames[answering]},
at the one temperature that fitted the validation examples.`,
          reliabilityCurve(data.reliability),
        )
      : '',
    section(
      'Sure and wrong',
      `The mistakes about which the network had least doubt. ${answering === 'softmax' ? '' : bars(measure, classNames.length > MOST_PAIRED)} Some of these a
person would get wrong, too.`,
      mistakeCards(data.mistakes, classNames, measure, data.shape),
    ),
    section(
      'Settings',
      'What it takes to repeat this training, and what it ran on.',
      `<div class="tables">${pairsTable('Recipe', data.settings)}${pairsTable('Machine', data.machine)}</div>`,
    ),
  ];
  return page(title, 'Forward-Forward training report', headline(readouts, epochs), sections);
}

/** Which classes are taken for which: all of them in a table, or those of many with the most mistakes. */
function mixedUp(
  best: ReadoutErrors,
  readouts: readonly ReadoutErrors[],
  classNames: readonly string[],
): string {
  const isPaired = classNames.length <= MOST_PAIRED;
  const table = ({ kind, byClass }: ReadoutErrors) =>
    isPaired
      ? confusionTable(byClass, classNames, `${ofPairs}, by ${readoutNames[kind]}`)
      : worstTable(byClass, classNames, `by ${readoutNames[kind]}`);
  const others = readouts.filter(readout => readout !== best);
  return section(
    'What gets mixed up',
    isPaired
      ? `Each row holds the test examples of one class, each column what they were read as. The
<b class="positive">blue</b> diagonal was read correctly; every <b class="wrong">orange</b> cell is
a mistake, and the stronger the colour, the larger its share of the row. The bars at the right
compare the error of the classes.`
      : `The classes with the most mistakes, and what their test examples were read as, the most frequent
first. The bars compare the error of the classes.`,
    `${frequentConfusions(best.byClass, classNames)}
${table(best)}
${others.map(other => `<details><summary>The same by ${readoutNames[other.kind]}</summary>\n${table(other)}\n</details>`).join('\n')}`,
  );
}

const ofPairs = 'Test examples by true class (rows) and class read (columns)';
const bars = (
  measure: Measure,
  isMany: boolean,
) => `The bars are the ${measure} of ${isMany ? 'the labels with the most' : 'each label'}, from a little below the least one, so that differences
show: <b class="true">blue</b> is the true label, <b class="wrong">orange</b> the one it chose.`;
const positive = '(<b class="positive">positive, blue</b>)';
const negative = '(<b class="negative">negative, orange</b>)';
const trueClass = '(<b class="positive">blue</b>)';
const wrongClass = '(<b class="negative">orange</b>)';

// Only of the lines that are there, so that nobody looks for one that is not.
function unseen(epochs: readonly EpochEvent[], readout: string): string {
  const validated = epochs.some(event => event.validationError !== undefined);
  const tested = epochs.some(event => event.testError !== undefined);
  if (!validated && !tested) return '';
  const names =
    validated && tested
      ? 'Validation and test error come'
      : `The ${tested ? 'test' : 'validation'} error comes`;
  return `${names} from examples the network never learns from, by ${readout}. Where training keeps
falling and this does not, the network has begun to learn its examples by heart.`;
}

function grid(figures: string, count: number): string {
  return `<div class="multiples${count < 3 || count === 4 ? ' few' : ''}">\n${figures}\n</div>`;
}
