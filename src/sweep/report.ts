// What a sweep has found, as a page.

import { describeRecipe } from '../recipes/describe.ts';
import { type Comparison, type Curves, renderComparison } from '../report/comparison.ts';
import { decimal, escaped, percentage, percentageSpread, timeSpent } from '../report/markup.ts';
import { section } from '../report/page.ts';
import { spreadOf } from '../report/spread.ts';
import { effects, type Ranked } from './ranking.ts';
import type { SweepRecord } from './record.ts';
import type { Candidate, Trial } from './trials.ts';

/** More lines than these say no more in one picture. */
const MOST_LINES = 24;

/** The report of a sweep, whose candidates `rank` has ranked and of which one has a result, as the text of one HTML file. */
export function renderSweep({ sweep, plan, identity }: SweepRecord, ranks: readonly Ranked[]): string {
  const ranked = ranks.filter(({ outcomes }) => outcomes.length > 0);
  const shown = ranked.filter(({ error }) => error);
  const trials = new Map(plan.trials.map(trial => [trial.id, trial]));
  const data = [...new Set(plan.candidates.map(candidate => candidate.data))].join(', ');
  const comparison: Comparison = {
    name: sweep.name,
    about: `${plan.trials.length} trainings of ${plan.candidates.length} candidates on ${data}`,
    measure: `error on ${heldOutWords(plan.trials[0])}`,
    isShort: false,
    variants: shown.map(({ candidate, error, epochs, outcomes: own }) => ({
      name: candidate.label,
      about: aboutOf(candidate, epochs),
      ...(error && { error }),
      epochs,
      seconds: own.reduce((sum, { trainSeconds }) => sum + trainSeconds, 0) / own.length,
      runs: own.map(({ trial, trainSeconds }) => ({ seed: trials.get(trial)!.seed, trainSeconds })),
      settings: describeRecipe(candidate.recipe),
    })),
    curves: curvesOf(shown),
    machine: [
      ['library', identity.version],
      ['kernels', identity.build],
      ['workers', `${new Set(ranked.flatMap(({ outcomes }) => outcomes.map(({ worker }) => worker))).size}`],
    ],
    sections: [
      bestSection(ranked),
      effectsSection(ranked),
      failuresSection(ranked),
      trainingsSection(ranked, trials),
    ],
  };
  return renderComparison(comparison);
}

function aboutOf({ recipe, data }: Candidate, epochs: number): string {
  const end =
    epochs < recipe.epochs
      ? `, ended after ${epochs} of ${recipe.epochs} epochs, for others were better`
      : '';
  return `${recipe.name} on ${data}${end}`;
}

export function heldOutWords({ heldOut }: Trial): string {
  return heldOut.kind === 'last'
    ? `the ${decimal(heldOut.count)} training examples held out`
    : `each of ${heldOut.of} parts of the training examples, held out in turn`;
}

/** For each of the data the best candidate, where it has learned to its end. */
export function bestOnes(ranked: readonly Ranked[]): Ranked[] {
  return ranked.filter(
    ({ candidate, error, epochs }, i) =>
      candidate.source !== ranked[i - 1]?.candidate.source && error && epochs >= candidate.recipe.epochs,
  );
}

function curvesOf(shown: readonly Ranked[]): Curves[] {
  const best = shown.slice(0, MOST_LINES);
  const some = shown.length > best.length ? `, of the ${best.length} best` : '';
  const lines = best.map(({ outcomes }, variant) => {
    const epochs = Math.min(...outcomes.map(({ curve }) => curve.length));
    const mean = (i: number) => spreadOf(outcomes.map(({ curve }) => curve[i].error))!.mean;
    const [{ curve }] = outcomes;
    return { variant, points: Array.from({ length: epochs }, (_, i) => [curve[i].epoch, mean(i)] as const) };
  });
  const each = shown.flatMap(({ outcomes }, variant) =>
    outcomes.map(({ curve }) => ({
      variant,
      points: curve.map(({ epoch, error }) => [epoch, error] as const),
    })),
  );
  const means: Curves = {
    title: 'Learning',
    reading: `Error after each epoch on the examples held out, mean of seeds and folds${some}.`,
    unit: 'epochs',
    lines,
  };
  if (each.length === lines.length) return [means];
  const reading =
    'The same of every training: lines of one colour are of one candidate. Where they lie as far apart as candidates do, more seeds are needed to tell these apart.';
  return [means, { title: 'Every training', reading, unit: 'epochs', lines: each, isMany: true }];
}

function bestSection(ranked: readonly Ranked[]): string {
  const best = bestOnes(ranked);
  if (best.length === 0) return '';
  const reading =
    'The recipe with the least error on what was held out, as best.json has it: ff train --recipe best.json trains it on all data, and tests it. This sweep has looked at no test example.';
  const shown = best.map(({ candidate: { data, recipe } }) => {
    const title = best.length > 1 ? `<h3>${escaped(data)}</h3>` : '';
    return `${title}<pre class="recipe">${escaped(JSON.stringify(recipe, null, 2))}</pre>`;
  });
  return section(best.length > 1 ? 'Best recipes' : 'Best recipe', reading, shown.join('\n'));
}

function effectsSection(ranked: readonly Ranked[]): string {
  const sources = [...new Set(ranked.map(({ candidate }) => candidate.source))];
  const tables = sources.flatMap(of => {
    const own = ranked.filter(({ candidate }) => candidate.source === of);
    return [...effects(own)].map(([path, values]) => {
      const rows = values.map(
        ({ value, error, count }) =>
          `<tr><th scope="row">${escaped(value)}</th><td>${percentageSpread(error)}</td><td>${decimal(count)}</td></tr>`,
      );
      const caption = sources.length > 1 ? `${path}, ${own[0].candidate.data}` : path;
      return `<table class="results"><caption>${escaped(caption)}</caption><thead><tr><td></td><th scope="col">error</th><th scope="col">candidates</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table>`;
    });
  });
  if (tables.length === 0) return '';
  const reading = `For each value of a setting: mean ± standard deviation over all candidates that have it, each the mean of its seeds and folds, and have learned to the end. Values that differ by less than that may differ by chance.`;
  return section('What each setting does', reading, `<div class="tables">${tables.join('\n')}</div>`);
}

function failuresSection(ranked: readonly Ranked[]): string {
  const rows = ranked.flatMap(({ candidate, failures }) =>
    failures.map(
      failure => `<tr><th scope="row">${escaped(candidate.label)}</th><td>${escaped(failure)}</td></tr>`,
    ),
  );
  if (rows.length === 0) return '';
  return section(
    'Without a result',
    'Candidates of which a training came to nothing.',
    `<table class="pairs"><tbody>${rows.join('\n')}</tbody></table>`,
  );
}

function trainingsSection(ranked: readonly Ranked[], trials: ReadonlyMap<string, Trial>): string {
  const rows = ranked.flatMap(({ candidate, outcomes }) =>
    outcomes.map(({ trial, error, until, trainSeconds, worker }) => {
      const { seed, heldOut } = trials.get(trial)!;
      const fold = heldOut.kind === 'fold' ? `, part ${heldOut.fold + 1}` : '';
      return `<tr><th scope="row">${escaped(`${candidate.label}, seed ${seed}${fold}`)}</th><td>${error === undefined ? '–' : percentage(error)}</td>
<td>${decimal(until)}</td><td>${timeSpent(trainSeconds)}</td><td>${escaped(worker)}</td></tr>`;
    }),
  );
  const heads = ['error', 'epochs', 'training', 'worker']
    .map(head => `<th scope="col">${head}</th>`)
    .join('');
  const body = `<details><summary>All ${decimal(rows.length)} trainings</summary><div class="scroll"><table class="results"><thead><tr><td></td>${heads}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div></details>`;
  return section('Trainings', 'The last result of each, and which process it was that ended it.', body);
}
