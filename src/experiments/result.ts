// An experiment's outcomes in one place: the result as JSON, and the report.

import { join } from 'node:path';
import { writeFileSafely } from '../files/write.ts';
import { describeRecipe } from '../recipes/describe.ts';
import { type Comparison, type Curves, renderComparison } from '../report/comparison.ts';
import { decimal } from '../report/markup.ts';
import { type Spread, spreadOf } from '../report/spread.ts';
import { fingerprintOf } from '../train/fingerprint.ts';
import type { Reproduction, Variant } from './experiment.ts';
import { errorOf, type Outcome } from './outcome.ts';
import { provenance } from './provenance.ts';

/** A variant's outcomes together. */
export interface Summary {
  readonly variant: Variant;
  readonly outcomes: readonly Outcome[];
  /** The error that counts: of the goodness readout, where there is one. */
  readonly error?: Spread;
  readonly goodness?: Spread;
  readonly softmax?: Spread;
  /** Mean training time of a seed. */
  readonly seconds: number;
}

/** The variants that have outcomes, summarised in their order. */
export function summarise({ experiment, outcomes }: Reproduction): Summary[] {
  return experiment.variants.flatMap(variant => {
    const own = outcomes.filter(outcome => outcome.variant === variant.name);
    if (own.length === 0) return [];
    const error = spreadOf(own.map(errorOf));
    const goodness = spreadOf(own.map(({ goodnessError }) => goodnessError));
    const softmax = spreadOf(own.map(({ softmaxError }) => softmaxError));
    return {
      variant,
      outcomes: own,
      ...(error && { error }),
      ...(goodness && { goodness }),
      ...(softmax && { softmax }),
      seconds: own.reduce((sum, { trainSeconds }) => sum + trainSeconds, 0) / own.length,
    };
  });
}

/** What the files of a reproduction are called: a short run, or one of a single seed, must not take the place of a full one. */
export function nameOf({ experiment, options }: Pick<Reproduction, 'experiment' | 'options'>): string {
  const { short, validation, seed } = options;
  return [
    experiment.name,
    ...(short ? ['short'] : []),
    ...(validation === undefined ? [] : [`validation-${validation}`]),
    ...(seed === undefined ? [] : [`seed-${seed}`]),
  ].join('-');
}

/** Where writeResult writes in `folder`. */
export function resultFiles(
  folder: string,
  reproduction: Pick<Reproduction, 'experiment' | 'options'>,
): { report: string; result: string } {
  const base = join(folder, nameOf(reproduction));
  return { report: `${base}.html`, result: `${base}.json` };
}

/** Writes NAME.html and NAME.json into `folder`; returns their paths. `command` is how it was called. */
export async function writeResult(
  reproduction: Reproduction,
  folder: string,
  command: string,
): Promise<{ report: string; result: string }> {
  const { report, result } = resultFiles(folder, reproduction);
  await writeFileSafely(report, renderComparison(await comparisonOf(reproduction)));
  await writeFileSafely(result, `${flatLists(JSON.stringify(resultOf(reproduction, command), null, 2))}\n`);
  return { report, result };
}

/** The result as it is kept in a file. Errors in %, times in minutes or seconds as their names say. */
export function resultOf(reproduction: Reproduction, command: string): object {
  const { experiment, options, data } = reproduction;
  const { name, about, section } = experiment;
  return {
    command,
    ...provenance(),
    experiment: name,
    about,
    section,
    ...(options.short && { isShort: true }),
    ...(options.seed !== undefined && { isOneSeed: true }),
    // Errors are those of training examples that were held out, not of the test set.
    ...(options.validation !== undefined && { heldOut: options.validation }),
    trainedOn: data.train.name,
    testedOn: data.test?.count,
    sha256: { train: fingerprintOf(data.train).sha256, test: data.test && fingerprintOf(data.test).sha256 },
    variants: summarise(reproduction).map(({ variant, outcomes, error, goodness, softmax, seconds }) => ({
      name: variant.name,
      about: variant.about,
      ...(variant.paper && { paper: variant.paper }),
      error,
      goodnessError: goodness,
      softmaxError: softmax,
      epochs: outcomes[0].epochs,
      minutes: rounded(seconds / 60),
      recipe: variant.recipe,
      runs: outcomes.map(({ variant: _, recipe: __, data: ___, made, curve, ...outcome }) => ({
        ...outcome,
        commit: made.commit ?? made.version,
        date: made.date,
        curve: {
          unit: curve.unit,
          at: curve.at,
          trainError: curve.trainError.map(rounded),
        },
      })),
    })),
  };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

// A curve of a hundred epochs on one line, not on a hundred.
function flatLists(json: string): string {
  return json.replaceAll(/\[[^[\]{}]*\]/g, list => list.replaceAll(/\s+/g, ' '));
}

async function comparisonOf(reproduction: Reproduction): Promise<Comparison> {
  const { experiment, options, data, outcomes } = reproduction;
  const summaries = summarise(reproduction);
  const sections: string[] = [];
  for (const sectionOf of experiment.sections ?? []) sections.push(await sectionOf(reproduction));
  const { threads, build, made } = outcomes[0];
  return {
    name: experiment.name,
    about: experiment.about,
    section: experiment.section,
    measure:
      options.validation === undefined
        ? `test error on ${data.test?.name}`
        : `error on ${decimal(options.validation)} held-out training examples`,
    isShort: options.short === true,
    variants: summaries.map(({ variant, outcomes: own, error, goodness, softmax, seconds }) => ({
      name: variant.name,
      about: variant.about,
      ...(variant.paper && { paper: variant.paper }),
      ...(error && { error }),
      ...(goodness && { goodness }),
      ...(softmax && { softmax }),
      epochs: own[0].epochs,
      seconds,
      runs: own,
      settings: [...describeRecipe(variant.recipe), ['examples', `${own[0].examples}`]],
    })),
    curves: curvesOf(summaries),
    machine: [
      ['cpu', made.cpu],
      ['threads', `${threads}`],
      ['kernels', `${build} build`],
      ['node', made.node],
      ['library', made.commit ? `${made.version}, commit ${made.commit}` : made.version],
      ['date', made.date],
    ],
    sections,
  };
}

const charts = [
  {
    unit: 'epochs',
    measure: 'validationError',
    title: 'Held-out examples',
    reading: 'Error after each epoch on examples that are not learned from, mean of the seeds.',
  },
  {
    unit: 'epochs',
    measure: 'trainError',
    title: 'Learning',
    reading: `Error on the training examples as they are learned from, counted by the softmax readout, mean of the seeds: lower
is better.`,
  },
  {
    unit: 'examples',
    measure: 'trainError',
    title: 'Error so far',
    reading: `Every example is answered before it is learned from. The line is the share of all answers so far that were
wrong, those of the very beginning included; mean of the seeds.`,
  },
] as const;

function curvesOf(summaries: readonly Summary[]): Curves[] {
  return charts.flatMap(({ unit, measure, title, reading }) => {
    const lines = summaries.flatMap(({ outcomes }, variant) => {
      const curves = outcomes
        .map(({ curve }) => curve)
        .filter(curve => curve.unit === unit && curve[measure] !== undefined);
      if (curves.length === 0) return [];
      const mean = (i: number) => spreadOf(curves.map(curve => curve[measure]?.[i]))?.mean ?? Number.NaN;
      return [{ variant, points: curves[0].at.map((at, i) => [at, mean(i)] as const) }];
    });
    return lines.length > 0 ? [{ title, reading, unit, lines }] : [];
  });
}
