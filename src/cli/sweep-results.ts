// What came of a sweep: told, and written to files.

import { join } from 'node:path';
import { removeFile, writeFileSafely } from '../files/write.ts';
import type { Engine } from '../sweep/engine.ts';
import type { TrialOutcome } from '../sweep/learn.ts';
import { type Ranked, rank } from '../sweep/ranking.ts';
import type { SweepRecord } from '../sweep/record.ts';
import { bestOnes, renderSweep } from '../sweep/report.ts';
import { openFile } from './open.ts';
import { print, printJson } from './output.ts';
import { optionWords, shell, tiedWords } from './shell.ts';
import { pairs, spreadText, table } from './text.ts';

export interface ResultsOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly open?: boolean;
}

/**
 * Writes results, report, the best recipe and, from an engine, its model into `folder`, and tells of them. Throws an Error where a sweep that an
 * engine has brought to its end has no result.
 */
export async function tellResults(
  record: SweepRecord,
  outcomes: readonly TrialOutcome[],
  engine: Pick<Engine, 'model'> | undefined,
  folder: string,
  options: ResultsOptions,
): Promise<void> {
  const ranked = rank(record.plan, outcomes);
  const hasResult = ranked.some(({ error }) => error);
  const [report, results] = ['report.html', 'results.json'].map(name => join(folder, name));
  await writeFileSafely(results, `${JSON.stringify(resultsOf(record, ranked), null, 2)}\n`);
  if (hasResult) await writeFileSafely(report, renderSweep(record, ranked));
  const best = await writeBest(record, ranked, engine, folder);
  if (options.json) {
    printJson({
      event: 'done',
      results,
      ...(hasResult && { report }),
      best: best.map(({ recipe, model }) => ({ recipe, model })),
    });
  } else if (!options.quiet) {
    print(`\n${ranking(record, ranked)}\n`);
    print(
      pairs([
        ...(hasResult ? [['report', `${report} (open it in a browser)`] as const] : []),
        ['results', results],
        ...best.flatMap(({ recipe, model, command }) => [
          ['best recipe', recipe] as const,
          ...(model === undefined ? [] : [['its model', `${model} (of the first seed)`] as const]),
          ['try next', command] as const,
        ]),
      ]),
    );
  }
  if (!hasResult && engine) {
    const why = ranked.flatMap(({ failures }) => failures)[0];
    throw new Error(
      `no candidate of sweep ${record.sweep.name} has a result${why === undefined ? '' : `: ${why}`}`,
    );
  }
  if (options.open && hasResult) await openFile(report);
}

interface Best {
  readonly recipe: string;
  readonly model: string | undefined;
  /** What trains it on all of its data. */
  readonly command: string;
}

/** Writes the best recipe, of several data one for each, and the model of its first seed; what earlier commands have written so goes. */
async function writeBest(
  { sweep }: SweepRecord,
  ranked: readonly Ranked[],
  engine: Pick<Engine, 'model'> | undefined,
  folder: string,
): Promise<Best[]> {
  const found: Best[] = [];
  const several = sweep.data.length > 1;
  for (let source = 0; source < sweep.data.length; source++) {
    const name = several ? `best-${source + 1}` : 'best';
    const [recipe, model] = ['json', 'safetensors'].map(ending => join(folder, `${name}.${ending}`));
    await removeFile(recipe);
    await removeFile(model);
    const best = bestOnes(ranked).find(({ candidate }) => candidate.source === source);
    if (!best) continue;
    await writeFileSafely(recipe, `${JSON.stringify(best.candidate.recipe, null, 2)}\n`);
    if (engine) await writeFileSafely(model, await engine.model(best.outcomes[0].trial));
    const { source: data, label } = sweep.data[source];
    const words = [...tiedWords({ label }), ...optionWords({ recipe })];
    found.push({
      recipe,
      model: engine && model,
      command: [shell`npx ff train ${data}`, ...words].join(' '),
    });
  }
  return found;
}

function resultsOf({ sweep, plan, identity }: SweepRecord, ranked: readonly Ranked[]): object {
  const trials = new Map(plan.trials.map(trial => [trial.id, trial]));
  return {
    sweep,
    identity,
    ranking: ranked.map(({ candidate, epochs, error, failures, outcomes }) => ({
      ...candidate,
      epochs,
      ...(error && { error }),
      ...(failures.length > 0 && { failures }),
      trainings: outcomes.map(outcome => {
        const { seed, heldOut } = trials.get(outcome.trial)!;
        return { seed, heldOut, ...outcome };
      }),
    })),
  };
}

/** Of many candidates, the best are listed. */
const MOST_LISTED = 30;

function ranking({ sweep }: SweepRecord, ranked: readonly Ranked[]): string {
  const tables = sweep.data.map((_, source) => {
    const own = ranked.filter(({ candidate }) => candidate.source === source);
    const rows = own
      .slice(0, MOST_LISTED)
      .map(({ candidate, epochs, error, failures, outcomes }, i) => [
        String(i + 1),
        spreadText(error),
        `${epochs}/${candidate.recipe.epochs}`,
        String(outcomes.length),
        failures.length > 0 ? `${candidate.label}: ${failures[0]}` : candidate.label,
      ]);
    const more = own.length - rows.length;
    const listed = table(['', 'error', 'epochs', 'trainings', 'candidate'], rows, true);
    return more > 0 ? `${listed}\nand ${more} others` : listed;
  });
  return tables.join('\n\n');
}
