// Somebody's own data on its way to a network: told apart into classes, split, encoded. What a careful person would decide is decided
// here, and said in `notes`.

import { InputError } from '../errors.ts';
import type { Dataset } from './dataset.ts';
import { datasetsOf, type Encoding, encodeLabelled, notesOnLabelled } from './encode-examples.ts';
import { isTable, type OpenedData } from './examples/examples.ts';
import type { Table } from './formats/columns.ts';
import { fitImages, type PixelUse } from './images/image-encoding.ts';
import { classesOf, labelsOf } from './labels.ts';
import { joined } from './learned.ts';
import { columnText, type Note } from './notes.ts';
import type { RoomCheck } from './room.ts';
import { splitByClass } from './split.ts';
import { type ColumnOptions, fitEncoding, type KnownLabels } from './tables/fit-table.ts';
import { featuresOf, labelInputsOf } from './tables/table-encoding.ts';
import { leaks, unreadableCells } from './tables/table-notes.ts';

/** Encoded data, ready to learn from. */
export interface PreprocessedData {
  readonly name: string;
  readonly encoding: Encoding;
  readonly train: Dataset;
  /** Held out of the training examples: chooses the best epoch, and fits the temperature of the confidence. */
  readonly validation: Dataset;
  /** Both of them, put together when it is asked for the first time: as much memory again. */
  readonly whole: Dataset;
  readonly test: Dataset;
  /** Which rows of the source are in `whole`, in `validation`, and in `test` (none where the source has a test of its own). */
  readonly rows: {
    readonly learned: Uint32Array;
    readonly validation: Uint32Array;
    readonly test: Uint32Array;
  };
  /** What was decided and noticed on the way. */
  readonly notes: readonly Note[];
}

export interface PreprocessOptions extends ColumnOptions {
  /** The column to learn, by name or by position (from 1, or from the end as -1). */
  readonly label?: string | undefined;
  /** Rules what is held out; 1 by default. */
  readonly seed?: number | undefined;
  /**
   * What becomes of images. By default `'plain'` in Node where both sides have 24 pixels or more, for convolutions, and otherwise
   * `'centred'`, for dense layers.
   */
  readonly pixels?: PixelUse | undefined;
}

const TEST_SHARE = 0.2;
const VALIDATION_SHARE = 0.15;
/** More than this many examples say nothing more about an error. */
const MOST_HELD_OUT = 10_000;

/** What `preprocess` does, wherever it runs; with `checkRoom` where it can be told whether memory holds the inputs. */
export function preprocessed(
  { examples, test }: OpenedData,
  options: PreprocessOptions,
  checkRoom?: RoomCheck,
): PreprocessedData {
  const { seed = 1 } = options;
  const { name } = examples;
  const notes: Note[] = [...(examples.notes ?? []), ...(test?.notes ?? [])];
  if (isTable(examples) && examples.columns.length < 2) {
    throw new InputError(
      `${name} has a single column: expected the label and at least one more; say with --delimiter what stands between cells`,
    );
  }
  const { ignore, columns, keep, types, pixels = 'centred' } = options;
  if (!isTable(examples) && (ignore ?? columns ?? keep ?? types) !== undefined) {
    throw new InputError(
      `${name} has images: ignore, columns, keep and types are for tables, leave them out`,
    );
  }
  const labelled = labelsOf(examples, options.label);
  const { label, column } = labelled;
  const { words, known, classNames } = classesOf(labelled, name, notes, types?.[label] === 'category');
  const places = new Map(classNames.map((word, c) => [word, c]));
  const labels = Uint16Array.from(known, row => places.get(words[row])!);
  const shares = {
    test: test ? 0 : Math.min(TEST_SHARE, MOST_HELD_OUT / known.length),
    validation: Math.min(VALIDATION_SHARE, MOST_HELD_OUT / known.length),
  };
  const split = splitByClass(labels, classNames.length, shares, seed);
  const learned = Uint32Array.from([...split.train, ...split.validation].sort((a, b) => a - b));
  if (split.validation.length === 0 || (!test && split.test.length === 0)) {
    throw new InputError(
      `${name}: expected at least 5 examples of some class, to hold a few of them out; found ${known.length} examples of ${classNames.length} classes`,
    );
  }
  const rows = (part: Uint32Array) => part.map(i => known[i]);
  const encoding = isTable(examples)
    ? fitTable(
        examples,
        {
          column: column!,
          classNames,
          labels: learned.map(i => labels[i]),
          train: { rows: rows(split.train), labels: split.train.map(i => labels[i]) },
        },
        rows(learned),
        options,
        notes,
      )
    : fitImages(examples, column === undefined ? undefined : label, classNames, rows(learned), pixels);
  if (encoding.kind === 'table') {
    const width = labelInputsOf(encoding) + featuresOf(encoding);
    const count = learned.length + split.test.length;
    const made = `${name}: ${count} rows of ${encoding.columns.length} columns as ${width} inputs each`;
    const advice = 'take a sample of the rows, or fewer of the columns';
    checkRoom?.({ arrays: count * width * 4, heap: 0 }, { arrays: 0, heap: 0 }, made, advice);
  }
  const part = (what: string, chosen: Uint32Array) => ({
    name: what,
    rows: rows(chosen),
    labels: chosen.map(i => labels[i]),
  });
  const [train, validation, ofTest] = datasetsOf(encoding, examples, [
    part(name, split.train),
    part(`${name}, validation part`, split.validation),
    ...(test ? [] : [part(`${name}, test part`, split.test)]),
  ]);
  if (test) {
    const odd = notesOnLabelled(encoding, test).filter(note => !test.notes?.includes(note));
    notes.push(...odd.map(note => ({ ...note, text: `test data: ${note.text}` })));
  }
  notes.push(
    heldOut(split.train.length, split.validation.length, test ? undefined : split.test.length, seed),
  );
  const parts = {
    train,
    validation,
    rows: { learned: rows(learned), validation: rows(split.validation), test: rows(split.test) },
  };
  let whole: Dataset | undefined;
  return {
    name,
    encoding,
    ...parts,
    get whole() {
      whole ??= joined(parts);
      return whole;
    },
    test: test ? encodeLabelled(encoding, test) : ofTest,
    notes,
  };
}

function heldOut(train: number, validation: number, test: number | undefined, seed: number): Note {
  const tested = test === undefined ? '' : `, ${test} held out for the test`;
  return {
    code: 'held-out',
    text: `${train} examples to learn from, ${validation} held out to choose the best epoch${tested} (each class alike, seed ${seed})`,
  };
}

function fitTable(
  table: Table,
  {
    column: label,
    classNames,
    labels,
    train,
  }: { column: number; classNames: readonly string[]; labels: Uint32Array; train: KnownLabels },
  rows: Uint32Array,
  options: ColumnOptions,
  notes: Note[],
) {
  const { encoding, dropped, notes: found } = fitEncoding(table, label, classNames, rows, options, train);
  const numeric = encoding.columns.filter(({ kind }) => kind === 'number').length;
  notes.push({
    code: 'columns',
    text: `${numeric} columns of numbers, ${encoding.columns.length - numeric} of categories: ${featuresOf(encoding)} inputs`,
  });
  for (const { name, reason } of dropped.slice(0, 5)) {
    notes.push({ code: 'left-out', column: name, text: `${columnText(name)} left out: ${reason}` });
  }
  const more = dropped.length - 5;
  if (more > 0) notes.push({ code: 'left-out', count: more, text: `${more} more columns left out` });
  notes.push(...found, ...unreadableCells(encoding, table), ...leaks(encoding, table, labels, rows));
  return encoding;
}
