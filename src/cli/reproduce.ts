// ff reproduce: the experiments of the paper and of others, listed or run.

import { join } from 'node:path';
import type { Reproduction, Variant } from '../experiments/experiment.ts';
import { experiments, findExperiment } from '../experiments/experiments.ts';
import { measured } from '../experiments/measured.ts';
import { errorOf, type Outcome } from '../experiments/outcome.ts';
import { resultFiles, summarise, writeResult } from '../experiments/result.ts';
import { filesToWrite, reproduce } from '../experiments/run.ts';
import type { SeenEvent } from '../experiments/training.ts';
import { describeRecipe, layerSize } from '../recipes/describe.ts';
import { machineOf } from './describe.ts';
import { openFile } from './open.ts';
import { print, printJson, warn } from './output.ts';
import { checkOutputs, tellTrouble } from './outputs.ts';
import { Progress } from './progress.ts';
import { optionWords, shell } from './shell.ts';
import { Stop } from './stop.ts';
import { colors, duration, grouped, pairs, percent, spreadText, table } from './text.ts';

export interface ReproduceOptions {
  readonly short?: boolean;
  readonly seed?: number;
  readonly threads?: number;
  readonly validation?: number;
  readonly text?: string;
  readonly out?: string;
  readonly fresh?: boolean;
  readonly open?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const FOLDER = 'runs/reproduce';

export async function reproduceExperiment(
  name: string | undefined,
  options: ReproduceOptions,
): Promise<void> {
  if (name === undefined) return list(options);
  const experiment = findExperiment(name);
  const isLoud = !options.quiet && !options.json;
  const say = isLoud ? print : () => {};
  const sayJson = options.json ? printJson : () => {};
  const { short, seed, threads, validation, text, fresh, out = join(FOLDER, name) } = options;
  // Never with --fresh, which would not go on.
  const words = optionWords({ short, seed, threads, validation, text, out: options.out });
  const command = [shell`npx ff reproduce ${name}`, ...words].join(' ');
  const choice = { short, seed, threads, validation, text, fresh, folder: FOLDER };
  const outputs = [
    ...Object.values(resultFiles(out, { experiment, options })),
    ...filesToWrite(experiment, choice),
  ];
  await checkOutputs(outputs, text === undefined ? [] : [text]);
  const stop = new Stop();
  let progress: Progress | undefined;
  say(colors.bold(`${name}: ${experiment.about} (${experiment.section})`));
  const run = () =>
    reproduce(experiment, {
      ...choice,
      signal: stop.signal,
      onRun: (variant, own, index, count) => {
        const place = count === 1 ? '' : ` (${index} of ${count})`;
        say(`\n${colors.bold(`${variant.name}, seed ${own}`)}${place}`);
        say(pairs(describeRecipe(variant.recipe)));
      },
      onStart: network => {
        say(pairs([['machine', machineOf(network)]]));
        if (isLoud) progress = new Progress(network);
      },
      onEvent: (event, variant, own) => {
        sayJson({ ...event, variant: variant.name, seed: own });
        if (event.event === 'epoch') progress?.epoch(event);
        else say(seenText(event));
      },
      onOutcome: (outcome, isNew) => {
        progress?.end();
        progress = undefined;
        sayJson(runEvent(outcome));
        say(outcomeText(outcome, isNew));
      },
      onSaveTrouble: tellTrouble,
      onUncompared: path => warn(`${path} does not say of which data it is, as older files do not`),
    });
  const reproduction = await stop.during(run).finally(() => progress?.end());
  if (!reproduction.isDone) {
    sayJson({ event: 'stopped', finished: reproduction.outcomes.length, command });
    stop.tell(`stopped; to go on: ${colors.bold(command)}`, say);
    return;
  }
  const files = await writeResult(reproduction, out, command);
  say(`\n${summaryTable(reproduction)}\n`);
  say(
    pairs([
      ['result', files.result],
      ['report', `${files.report} (open it in a browser)`],
    ]),
  );
  if (options.open) await openFile(files.report);
  sayJson({
    event: 'done',
    experiment: name,
    variants: summarise(reproduction).map(({ variant, error, seconds }) => ({
      name: variant.name,
      error: error?.mean,
      trainSeconds: seconds,
    })),
    ...files,
  });
}

// ----- the list ------------------------------------------------------------------------------------------------------

function list({ json, quiet }: ReproduceOptions): void {
  for (const { name, about, section, variants } of experiments) {
    if (json) {
      const known = variants.map(variant => ({ ...variant, measured: measured[`${name}/${variant.name}`] }));
      printJson({ event: 'experiment', name, about, section, variants: known });
    } else if (!quiet) {
      print(`${colors.bold(name)}  ${about} (${section})`);
      print(
        `${table(
          HEADING,
          variants.map(variant => listed(name, variant)),
          true,
        )}\n`,
      );
    }
  }
  if (json || quiet) return;
  print(
    'npx ff reproduce NAME runs one, with --short in a tenth of the time or less; ff reproduce --help shows more.\nErrors are ours on the test set, mean ± standard deviation over the seeds, by either readout; time: training of one seed on two cores.',
  );
}

const HEADING = ['', 'paper', 'goodness', 'softmax', 'time', 'seeds', 'settings'];

function listed(experiment: string, variant: Variant): string[] {
  const found = measured[`${experiment}/${variant.name}`];
  const { recipe, seeds, about, paper } = variant;
  return [
    `  ${variant.name}`,
    paper ?? '–',
    spreadText(found?.goodness),
    spreadText(found?.softmax),
    found ? `${duration(60 * found.minutes)}${found.threads === 1 ? ' (one core)' : ''}` : '–',
    String(seeds.length),
    `${recipe.layers.map(layerSize).join('-')}, ${recipe.epochs} epoch${recipe.epochs === 1 ? '' : 's'}: ${about}`,
  ];
}

// ----- a run ---------------------------------------------------------------------------------------------------------

function seenText({ examples, of, error, trainSeconds }: SeenEvent): string {
  return `${grouped(examples).padStart(grouped(of).length)} of ${grouped(of)} examples  error so far ${percent(error)}  ${duration(trainSeconds)}`;
}

function outcomeText(outcome: Outcome, isNew: boolean): string {
  const { variant, seed, goodnessError, softmaxError, trainSeconds } = outcome;
  const error = errorOf(outcome);
  const softmax =
    goodnessError !== undefined && softmaxError !== undefined ? `, ${percent(softmaxError)} by softmax` : '';
  const before = isNew ? '' : ', finished before';
  return `${variant}, seed ${seed}: error ${colors.bold(error === undefined ? '–' : percent(error))}${softmax}, trained in ${duration(trainSeconds)}${before}`;
}

function runEvent({ variant, seed, goodnessError, softmaxError, trainSeconds, epochs }: Outcome): object {
  return { event: 'run', variant, seed, epochs, goodnessError, softmaxError, trainSeconds };
}

function summaryTable(reproduction: Reproduction): string {
  const rows = summarise(reproduction).map(({ variant, goodness, softmax, outcomes, seconds }) => [
    variant.name,
    variant.paper ?? '–',
    spreadText(goodness),
    spreadText(softmax),
    String(outcomes.length),
    duration(seconds),
  ]);
  return table(['variant', 'paper', 'goodness', 'softmax', 'seeds', 'training'], rows);
}
