// The `ff` command: what it understands, and how it ends. 0: done; 1: the run failed; 2: the command line or the input was
// wrong, said in one line; 130: stopped by Ctrl-C, a closed terminal or a reader that went away, with a checkpoint.

import { createRequire } from 'node:module';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { holdsExamples } from '../data/examples/open-examples.ts';
import { datasetNames } from '../data/named/named-datasets.ts';
import { InputError } from '../errors.ts';
import { WriteError } from '../files/write.ts';
import { recipeNames } from '../recipes/recipes.ts';
import { completion, shellNames } from './completion.ts';
import { evaluate } from './evaluate.ts';
import { exportModel } from './export.ts';
import { inspect } from './inspect.ts';
import { warn, watchOutput } from './output.ts';
import { predictCommand } from './predict.ts';
import { addColumns, addReading } from './reading.ts';
import { reproduceExperiment } from './reproduce.ts';
import { sweepCommand } from './sweep.ts';
import { sweepRemove, sweepResults, sweepStatus, sweepStop } from './sweep-status.ts';
import { LEAST_WIDTH, wrapped } from './text.ts';
import { type TrainOptions, train } from './train.ts';
import { trainOwn } from './train-custom.ts';
import { workerCommand } from './worker.ts';

function wholeNumber(least: number): (text: string) => number {
  return text => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value < 2 ** 32)) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
    }
    return value;
  };
}

const DATA = 'mnist, fashion-mnist, cifar10, or a folder of IDX files or CIFAR-10 batches';
const OWN =
  'a table (CSV, TSV, JSON, ARFF, XLSX, Parquet), an NPY, NPZ or IDX file, or a folder (or ZIP) with a folder of images for each class';
const SKIP_BAD = ['--skip-bad', 'leave out images that cannot be read, and say which'] as const;

const NATS = ['--nats <url>', 'the NATS server at which machines meet, such as nats://machine:4222'] as const;
const MODULE = [
  '--allow-module',
  'run the JavaScript modules that recipes may name: code of whoever has made them',
] as const;
const OPEN = ['--open', 'show the report in a browser in the end'] as const;

function example(...lines: readonly (readonly [command: string, what: string])[]): string {
  const shown = lines.map(([command, what]) => `  ${what}:\n    ${command}`);
  return `\n${lines.length > 1 ? 'Examples' : 'Example'}:\n${shown.join('\n')}`;
}

function paragraph(text: string): string {
  return `\n${wrapped(text, process.stdout.columns)}`;
}

function buildCommand(): Command {
  const { version } = createRequire(import.meta.url)('../../package.json');
  const program = new Command('ff')
    .description(
      'Trains neural networks without backpropagation, with the Forward-Forward algorithm, on all cores.',
    )
    .version(version)
    .configureHelp({ minWidthToWrap: LEAST_WIDTH })
    .showHelpAfterError('(ff --help shows what there is)');

  addColumns(addReading(program.command('train')))
    .description('train a network, test it, write the model and a report')
    .argument('[data]', `${DATA}; or your own: ${OWN}`, 'mnist')
    .option(
      '--recipe <name>',
      `what to train and how: ${recipeNames().join(', ')}, or a JSON file of one (default: one-pass, for your own data one that fits them)`,
    )
    .option('--label <name>', 'the column to learn, by name or by position (from 1, or from the end as -1)')
    .option('--epochs <n>', "passes over the data (default: the recipe's)", wholeNumber(1))
    .option('--seed <n>', 'one seed rules everything that is random (default: 1)', wholeNumber(0))
    .option('--threads <n>', 'threads that share the work (default: all cores)', wholeNumber(1))
    .option('--out <file>', 'the model to write (default: runs/DATA-RECIPE.safetensors)')
    .option('--resume <file>', 'go on from a checkpoint, to the same bits as without the stop')
    .option(
      '--validation <n>',
      'hold out the last n training examples, and look at the test set only at the end',
      wholeNumber(1),
    )
    .option('--test <data>', 'test on these data instead of those that come with DATA')
    .option(...SKIP_BAD)
    .option(...OPEN)
    .option('--quiet', 'print nothing but errors, and warnings of what may make answers wrong')
    .option('--json', 'print JSON lines, one an epoch and one at the end, and nothing else')
    .addHelpText(
      'after',
      example(
        ['npx ff train', 'MNIST, in half a minute'],
        ['npx ff train data.csv --label species --out m.safetensors', 'a table of your own'],
      ),
    )
    .addHelpText('after', () =>
      paragraph(
        'Ctrl-C stops after the batch in progress, saves a checkpoint and says how to go on; so does ff train … | head.',
      ),
    )
    .action(async (source: string, options: TrainOptions) => {
      const isOwn = !datasetNames.includes(source) && (await holdsExamples(source));
      await (isOwn ? trainOwn : train)(source, options);
    });

  program
    .command('reproduce')
    .description("list the experiments of Hinton's paper, or run one from start to end")
    .argument('[name]', 'the experiment to run')
    .option('--short', 'the same at a tenth of the cost or less, with one seed')
    .option('--seed <n>', 'run this seed only', wholeNumber(0))
    .option('--threads <n>', 'threads that share the work (default: all cores)', wholeNumber(1))
    .option(
      '--validation <n>',
      'hold out the last n training examples and report their error',
      wholeNumber(1),
    )
    .option('--text <file>', 'a UTF-8 text to learn from, for sequences')
    .option('--out <folder>', 'where result and report go (default: runs/reproduce/NAME)')
    .option('--fresh', 'begin anew, and forget what was finished or stopped before')
    .option(...OPEN)
    .option('--quiet', 'print nothing but errors')
    .option('--json', 'print JSON lines and nothing else')
    .addHelpText('after', example(['npx ff reproduce supervised --short', 'in a tenth of the time']))
    .addHelpText('after', () =>
      paragraph(
        'Ctrl-C saves a checkpoint; the same command goes on from there, to the same bits as without the stop.',
      ),
    )
    .action(reproduceExperiment);

  const sweep = program
    .command('sweep')
    .description('train many networks, on this machine or on many, and rank them by what was held out')
    .argument('<file>', 'what to train, as JSON: data, recipes, settings, seeds')
    .option(...NATS)
    .option('--workers <n>', 'processes of this machine (default: one for each core)', wholeNumber(1))
    .option('--threads <n>', 'threads of each process (default: 1)', wholeNumber(1))
    .option('--out <folder>', 'where everything is kept (default: runs/sweeps/NAME)')
    .option(...MODULE)
    .option(...OPEN)
    .option('--quiet', 'print nothing but errors, and what went wrong')
    .option('--json', 'print JSON lines and nothing else')
    .addHelpText('after', example(['npx ff sweep rates.json', 'all trainings that rates.json names']))
    .addHelpText('after', () =>
      paragraph(
        'Ctrl-C saves what is in training; the same command goes on from there, to the same bits. docs/machines.md has the format of the file.',
      ),
    )
    .action(sweepCommand);
  for (const [name, what, action] of [
    ['status', 'how far each training is', sweepStatus],
    ['results', 'the ranking so far, with its report', sweepResults],
    ['stop', 'end a sweep; what was learned is kept', sweepStop],
    ['remove', 'remove a sweep from a server, with all that it has learned', sweepRemove],
  ] as const) {
    const command = sweep
      .command(name)
      .description(what)
      .argument('<name>', 'the name in its file')
      .option(...NATS)
      .option('--out <folder>', 'where it is kept (default: runs/sweeps/NAME)');
    if (name === 'results') command.option(...OPEN);
    command
      .option('--json', 'print JSON lines and nothing else')
      .addHelpText(
        'after',
        example([
          `npx ff sweep ${name} rates${name === 'remove' ? ' --nats nats://machine:4222' : ''}`,
          what,
        ]),
      )
      // What stands before the name is an option of `sweep` to the parser.
      .action((of, _, { optsWithGlobals }) => action(of, optsWithGlobals.call(command)));
  }

  program
    .command('worker')
    .description('do trainings of the sweeps of a server, until it is ended')
    .option(...NATS)
    .option('--workers <n>', 'so many processes (default: 1)', wholeNumber(1))
    .option('--threads <n>', 'threads of each process (default: 1)', wholeNumber(1))
    .option(...MODULE)
    .option('--quiet', 'print nothing but errors, and what went wrong')
    .option('--json', 'print JSON lines and nothing else')
    .addHelpText('after', example(['npx ff worker --nats nats://machine:4222 --workers 4', 'four at a time']))
    .addHelpText('after', () =>
      paragraph(
        'Ctrl-C gives what is in training back: another worker goes on from there, to the same bits.',
      ),
    )
    .action(workerCommand);

  addReading(program.command('evaluate'))
    .description('test a model with both readouts')
    .argument('<model>', 'a .safetensors file')
    .argument('[data]', `${DATA}, its test set where it has one; or data like the model's own`, 'mnist')
    .option('--threads <n>', 'threads that share the work (default: all cores)', wholeNumber(1))
    .option(...SKIP_BAD)
    .option('--json', 'print one JSON line and nothing else')
    .addHelpText('after', example(['npx ff evaluate m.safetensors more.csv', 'rows with their species']))
    .action(evaluate);

  addReading(program.command('predict'))
    .description('answer new data: a CSV with label and confidence, or which digit a picture shows')
    .argument('<model>', 'a .safetensors file')
    .argument(
      '<data...>',
      'data like those it learned from: one file, a folder, or images; for a model of MNIST, PNG files of one digit each',
    )
    .option('--out <file>', 'write the CSV here and not to stdout')
    .option(
      '--strict',
      'end with an error where an answer may be wrong: columns that are not there, cells never seen, unreadable, far from all others',
    )
    .option(
      '--spreadsheet-safe',
      "put ' before what a spreadsheet would take for a formula: for answers whose labels you do not know",
    )
    .option(...SKIP_BAD)
    .option('--json', 'print one JSON line a row or picture and nothing else')
    .addHelpText(
      'after',
      example(['npx ff predict m.safetensors new.csv --out answers.csv', 'rows without their species']),
    )
    .action(predictCommand);

  program
    .command('inspect')
    .description('show what is in a model: recipe, layers, bytes')
    .argument('<model>', 'a .safetensors file')
    .option('--json', 'print one JSON line and nothing else')
    .addHelpText('after', example(['npx ff inspect m.safetensors', 'columns, classes, layers']))
    .action(inspect);

  program
    .command('export')
    .description('write a model for other runtimes, or for small devices')
    .argument('<model>', 'a .safetensors file')
    .option(
      '--onnx',
      'an ONNX file; of own data it takes columns or images as they are and answers class names',
    )
    .option(
      '--int8',
      'a model file of a quarter of the size, with a byte for each weight and all that the model says',
    )
    .option(
      '--js',
      'one JavaScript module with kernels, weights and preprocessing; with --int8, a byte for each weight',
    )
    .option(
      '--out <file>',
      "the file to write (default: the model's name with .onnx, .int8.safetensors or .js)",
    )
    .addHelpText('after', example(['npx ff export m.safetensors --onnx', 'writes m.onnx']))
    .action(exportModel);

  program
    .command('completion')
    .description('print what a shell needs to complete the words of this command')
    .argument('<shell>', shellNames.join(', '))
    .addHelpText(
      'after',
      example(
        ['ff completion bash >> ~/.bashrc', 'bash'],
        ['ff completion zsh >> ~/.zshrc', 'zsh'],
        ['ff completion fish > ~/.config/fish/completions/ff.fish', 'fish'],
      ),
    )
    .action((shell: string) => void process.stdout.write(`${completion(program, shell)}\n`));

  for (const command of [program, ...program.commands, ...sweep.commands]) {
    command.exitOverride().configureOutput({ writeErr: text => void process.stderr.write(text) });
  }
  return program;
}

watchOutput();
try {
  await buildCommand().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof InputError) {
    warn(error.message);
    process.exitCode = error instanceof WriteError ? 1 : 2;
  } else {
    warn(`the run failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
