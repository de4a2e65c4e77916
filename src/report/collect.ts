// Gathers what a report shows from a trained network and its evaluation.

import type { Dataset } from '../data/dataset.ts';
import { decodePixels, type ImageEncoding } from '../data/images/image-encoding.ts';
import { layerKinds } from '../layers/kinds.ts';
import type { Evaluation, Network } from '../network/network.ts';
import { readState } from '../network/state.ts';
import { layerThreshold } from '../objectives/contrast.ts';
import { answersByClass } from '../readouts/by-class.ts';
import { calibrated, reliability } from '../readouts/calibration.ts';
import type { Scored } from '../readouts/goodness.ts';
import { describeRecipe } from '../recipes/describe.ts';
import {
  layerGoodness as goodnessOf,
  hasNegatives,
  hasReadout,
  isByGoodness,
  type Learning,
  scoresLabels,
  triesLabels,
} from '../recipes/recipe.ts';
import type { Session } from '../schedules/session.ts';
import type { TrainedModel } from '../train/train-model.ts';
import { classEvidence } from './class-evidence.ts';
import type { Evidence } from './evidence-maps.ts';
import type { ReadoutKind } from './headline.ts';
import type { Mistake } from './mistakes.ts';
import type { ReportData } from './report.ts';

const MISTAKES = 24;
const FIELDS = 80;
const MOST_EVIDENCE = 10;

/** The report of `network` after training, judged on `data`; of own data, with how it was learned. */
export async function reportOf(
  network: Network,
  data: Dataset,
  evaluation: Evaluation,
  learned?: TrainedModel,
): Promise<ReportData> {
  const { session, threads } = network;
  const { history, trainSeconds } = learned ?? {
    history: network.history,
    trainSeconds: network.position.trainSeconds,
  };
  const { recipe, classes, seed, build } = session;
  const encoding = learned?.model.encoding;
  const image = encoding?.kind === 'image' ? encoding : undefined;
  const fields = firstLayerFields(network, data);
  const shape = image ? ([image.height, image.width, image.channels] as const) : data.shape;
  const evidence = shape && (await evidenceOf(network, data, evaluation, image));
  const confidence = learned && calibrated(evaluation.goodnessSums, classes, learned.model.calibration);
  return {
    title: `${recipe.name} on ${withoutFolders(data.name)}`,
    settings: describeRecipe(recipe),
    machine: [
      ['threads', `${threads}`],
      ['kernels', `${build} build`],
      ['seed', `${seed}`],
      ['training', `${trainSeconds.toFixed(1)} s`],
      ...(learned ? [['kept', keptEpoch(learned)] as const] : []),
    ],
    classNames: data.classNames ?? Array.from({ length: classes }, (_, c) => String(c)),
    epochs: history,
    ...(hasNegatives(recipe.learning) && { data: comparedIn(recipe.learning) }),
    ...(recipe.learning.kind === 'classes' && recipe.learning.rest !== undefined && { hasResting: true }),
    readouts: readoutsOf(evaluation, recipe.learning, data),
    layers: layerGoodness(network, data, evaluation),
    mistakes: worstMistakes(network, data, evaluation, confidence ?? evaluation.probabilities, image),
    ...(fields && { fields: image ? withoutLabel(fields, image) : fields }),
    ...(evidence && { evidence }),
    ...(confidence && { reliability: reliability(confidence, data.labels, classes) }),
    ...(shape && { shape }),
  };
}

/** Data called by a path, by its end: a report may be handed on. */
function withoutFolders(name: string): string {
  return name.replace(/^.*[/\\](?=[^/\\,])/, '');
}

/** What is positive, and what is negative. */
function comparedIn(learning: Learning): readonly [string, string] {
  if (triesLabels(learning)) return ['examples with their true label', 'examples with a wrong one'];
  return learning.kind === 'self-contrast'
    ? ['images seen twice', 'two images seen at once']
    : ['real images', 'hybrids of two images'];
}

function readoutsOf(
  { goodnessReadout, softmaxReadout }: Evaluation,
  learning: Learning,
  { labels, classes }: Dataset,
): ReportData['readouts'] {
  const errorsOf = <Kind extends ReadoutKind>(kind: Kind, { error, predictions }: Scored) => ({
    kind,
    error,
    byClass: answersByClass(labels, predictions, classes),
  });
  const softmax = errorsOf('softmax', softmaxReadout);
  if (!goodnessReadout) return [softmax];
  const first = errorsOf(learning.kind === 'classes' ? 'layers' : 'goodness', goodnessReadout);
  return hasReadout(learning) ? [first, softmax] : [first];
}

/** Own images may have the inputs of the label in rows above them. */
function withoutLabel(
  fields: NonNullable<ReportData['fields']>,
  { height, width, channels }: ImageEncoding,
): NonNullable<ReportData['fields']> {
  if (fields.height <= height) return fields;
  const units = fields.units.map(weights => weights.subarray(-height * width * channels));
  return { ...fields, height, units };
}

function layerGoodness(network: Network, data: Dataset, { goodness }: Evaluation): ReportData['layers'] {
  const { recipe, classes, plans } = network.session;
  return plans.map(({ units }, l) => {
    const at = (i: number, label: number) => goodness[(i * plans.length + l) * classes + label];
    // Wrong labels in turn, so that each is seen about equally often.
    const wrong = (i: number) => (data.labels[i] + 1 + (i % (classes - 1))) % classes;
    const { learning } = recipe;
    return {
      units,
      ...(scoresLabels(learning) && {
        positive: Float32Array.from({ length: data.count }, (_, i) => at(i, data.labels[i])),
        negative: Float32Array.from({ length: data.count }, (_, i) => at(i, wrong(i))),
      }),
      ...(isByGoodness(learning) &&
        learning.objective.kind === 'logistic' && {
          threshold: layerThreshold(
            goodnessOf(learning, recipe.layers[l]),
            learning.objective.threshold,
            units,
          ),
        }),
    };
  });
}

function keptEpoch({ bestEpoch, isRetrained }: TrainedModel): string {
  const retrained = isRetrained ? ', trained so far again with the validation examples' : '';
  return `epoch ${bestEpoch}, the best on the validation examples${retrained}`;
}

function worstMistakes(
  network: Network,
  data: Dataset,
  { goodnessSums, answers }: Evaluation,
  probabilities: Float32Array,
  encoding: ImageEncoding | undefined,
): Mistake[] {
  const { classes } = network.session;
  const confidence = (i: number) => probabilities[i * classes + answers.predictions[i]];
  const wrong = Array.from(data.labels.keys()).filter(i => answers.predictions[i] !== data.labels[i]);
  return wrong
    .sort((a, b) => confidence(b) - confidence(a))
    .slice(0, MISTAKES)
    .map(i => {
      return {
        index: i,
        pixels: pixelsOf(data, i, encoding),
        label: data.labels[i],
        predicted: answers.predictions[i],
        confidence: confidence(i),
        goodness: Array.from(goodnessSums.subarray(i * classes, (i + 1) * classes)),
      };
    });
}

/** Of the first classes, the first example of each that was read correctly, and where it is seen. */
async function evidenceOf(
  network: Network,
  data: Dataset,
  { answers }: Evaluation,
  encoding: ImageEncoding | undefined,
): Promise<Evidence[]> {
  const found: Evidence[] = [];
  for (let label = 0; label < data.classes && found.length < MOST_EVIDENCE; label++) {
    const index = data.labels.findIndex((own, i) => own === label && answers.predictions[i] === label);
    if (index < 0) continue;
    const maps = await classEvidence(network, data, index);
    if (maps.length === 0) return [];
    found.push({ pixels: pixelsOf(data, index, encoding), label, maps });
  }
  return found;
}

/** Example `i` as bytes. */
function pixelsOf({ inputs, width }: Dataset, i: number, encoding: ImageEncoding | undefined): Uint8Array {
  const example = inputs.subarray(i * width, (i + 1) * width);
  if (encoding) return decodePixels(encoding, example);
  return example instanceof Uint8Array ? example : greyLevels(example);
}

/** Values of any range as bytes, the least black and the most white. */
function greyLevels(values: Float32Array): Uint8Array {
  let [least, most] = [values[0], values[0]];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return Uint8Array.from(values, value => (255 * (value - least)) / (most - least || 1));
}

/** The incoming weights of layer 1's strongest units, where the inputs are an image of one or three channels. */
export function firstLayerFields(network: Network, data: Dataset): ReportData['fields'] | undefined {
  if (!data.shape) return undefined;
  const [rows, columns, colours = 1] = data.shape;
  const { session } = network;
  const [first] = session.plans;
  const { window } = layerKinds[first.kind].sight(first);
  const { height, width, channels } = window ?? { height: rows, width: columns, channels: colours };
  if (channels !== 1 && channels !== 3) return undefined;
  const places = placesOf(first, session.recipe);
  const each = Math.max(1, Math.floor(FIELDS / places.length));
  const shown = places.filter((_, p) => p % Math.ceil(places.length / FIELDS) === 0);
  const units = shown.flatMap(place => {
    const [{ data: weights }] = readState(session, false, place.name);
    return strongestUnits(weights, place, height * width * channels, each);
  });
  const caption = window
    ? `The ${units.length} units with the strongest weights of the ${places[0].units} that look everywhere through windows of ${height} × ${width} pixels.`
    : places.length === 1
      ? `The ${units.length} units of layer 1 with the strongest weights, of ${first.units}.`
      : `Layer 1 has local fields, its units lie in ${places.length} groups of neighbours: ${each === 1 ? 'the strongest unit' : `the ${each} strongest units`} of ${
          shown.length === places.length ? 'each' : `${shown.length} of them`
        }. A unit sees nothing outside its field.`;
  return { height, width, channels, units, caption, ...(window && { isWindow: true }) };
}

/** Units that see the same inputs, and the tensor of their weights: row `firstRow` + k is that of input `inputs[k]`. */
interface Place {
  readonly name: string;
  readonly units: number;
  readonly inputs: Uint32Array;
  readonly firstRow: number;
}

function placesOf(plan: Session['plans'][number], { learning }: Session['recipe']): Place[] {
  const weights = plan.tensors.filter(({ name }) => name.endsWith('.weight'));
  const label = learning.kind === 'contrast' ? learning.label.kind : undefined;
  // Inputs that are the label's are not pixels.
  const firstRow = label === 'first' ? plan.labels : 0;
  return layerKinds[plan.kind].sight(plan).blocks.map((inputs, b) => ({
    name: weights[b].name,
    units: weights[b].units,
    inputs: inputs.subarray(firstRow, inputs.length - (label === 'appended' ? plan.labels : 0)),
    firstRow,
  }));
}

/** The `most` units with the largest norms, strongest first, each laid out over an image of `length` values. */
function strongestUnits(
  weights: Float32Array,
  { units, inputs, firstRow }: Place,
  length: number,
  most: number,
): Float32Array[] {
  const from = firstRow * units;
  const norms = new Float64Array(units);
  for (let k = 0; k < inputs.length; k++) {
    for (let j = 0; j < units; j++) norms[j] += weights[from + k * units + j] ** 2;
  }
  const strongest = Array.from(norms.keys()).sort((a, b) => norms[b] - norms[a]);
  return strongest.slice(0, most).map(j => {
    const picture = new Float32Array(length);
    inputs.forEach((input, k) => {
      picture[input] = weights[from + k * units + j];
    });
    return picture;
  });
}
