// How the commands are told to read somebody's own data: every guess can be overruled.

import { type Command, InvalidArgumentError } from 'commander';
import type { TextOptions } from '../data/formats/text-table.ts';
import type { ColumnOptions, ColumnType } from '../data/tables/fit-table.ts';
import { InputError, nearestName } from '../errors.ts';
import { optionWords, tiedWords } from './shell.ts';

/** How a table is read, and which columns are learned from as what. */
export interface LearningOptions extends TextOptions, ColumnOptions {}

const DELIMITERS: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
  '\\t': '\t',
  bar: '|',
  blank: ' ',
  blanks: ' ',
};
const MARKS: Readonly<Record<string, string>> = {
  point: '.',
  comma: ',',
  blank: ' ',
  apostrophe: "'",
  none: '',
};
const TYPES: readonly string[] = ['number', 'category', 'day', 'month', 'year'];

/** Adds the options by which a text is read. */
export function addReading(command: Command): Command {
  return command
    .option(
      '--delimiter <sign>',
      'what stands between cells: comma, semicolon, tab, bar, blank or the sign itself (default: found out)',
      delimiterOf,
    )
    .option('--decimal <sign>', 'point or comma (default: found out, column by column)', markOf('.', ','))
    .option(
      '--thousands <sign>',
      'what stands between thousands: comma, point, blank, apostrophe or none (default: found out)',
      markOf(',', '.', ' ', "'", ''),
    )
    .option('--encoding <name>', 'such as utf-8, gbk, shift_jis, windows-1251 (default: found out)')
    .option('--header', 'the first row names the columns (default: found out)')
    .option('--no-header', 'the first row is an example')
    .option(
      '--missing <list>',
      'cells that are missing besides empty ones, as "NA,-,None" (default: what people write)',
      listOf,
    );
}

/** Adds the options that choose columns. */
export function addColumns(command: Command): Command {
  return command
    .option('--ignore <column...>', 'columns that are not learned from')
    .option('--columns <column...>', 'the only columns that are learned from')
    .option('--keep <column...>', 'columns that are learned from although they seem to number the rows')
    .option(
      '--types <list>',
      'what columns hold, as date=day,zip=category: number, category, or what comes first in a date',
      typesOf,
    );
}

/** Of all options, those by which a text is read. */
export function textOptions(options: TextOptions): TextOptions {
  const { delimiter, decimal, thousands, encoding, header, missing } = options;
  return { delimiter, decimal, thousands, encoding, header, missing };
}

/** Those that choose columns. */
export function columnOptions({ ignore, columns, keep, types }: ColumnOptions): ColumnOptions {
  return { ignore, columns, keep, types };
}

/** The options that were given, as words of a command. */
export function readingWords(options: LearningOptions): string[] {
  const { header, missing, types, ignore = [], columns = [], keep = [] } = options;
  const named = Object.entries(types ?? {}).map(([name, type]) => `${name}=${type}`);
  const sign = (text: string | undefined, names: Readonly<Record<string, string>>) =>
    text === undefined ? undefined : (Object.keys(names).find(name => names[name] === text) ?? text);
  const { delimiter, decimal, thousands, encoding } = options;
  return [
    ...tiedWords({
      delimiter: sign(delimiter, DELIMITERS),
      decimal: sign(decimal, MARKS),
      thousands: sign(thousands, MARKS),
      encoding,
      missing: missing?.join(','),
      types: named.length > 0 ? named.join(',') : undefined,
    }),
    ...optionWords({ header: header === true, 'no-header': header === false }),
    ...ignore.flatMap(name => tiedWords({ ignore: name })),
    ...columns.flatMap(name => tiedWords({ columns: name })),
    ...keep.flatMap(name => tiedWords({ keep: name })),
  ];
}

/** Digits and named data sets are read in one way only. */
export function refuseReading({
  skipBad,
  ...reading
}: LearningOptions & { readonly skipBad?: boolean }): void {
  const [word] = [...optionWords({ 'skip-bad': skipBad }), ...readingWords(reading)];
  if (word) throw new InputError(`${word.split(/[ =]/)[0]} is for data of your own: leave it out`);
}

function delimiterOf(text: string): string {
  const found = Object.hasOwn(DELIMITERS, text) ? DELIMITERS[text] : text;
  if (found.length === 1 && !/[\w"\n]/.test(found)) return found;
  throw new InvalidArgumentError('Expected comma, semicolon, tab, bar, blank, or a single sign.');
}

function markOf(...allowed: readonly string[]): (text: string) => string {
  return text => {
    const found = Object.hasOwn(MARKS, text) ? MARKS[text] : text;
    if (allowed.includes(found)) return found;
    const names = Object.keys(MARKS).filter(name => allowed.includes(MARKS[name]));
    throw new InvalidArgumentError(`Expected one of ${names.join(', ')}.`);
  };
}

function listOf(text: string): string[] {
  return text.split(',').map(word => word.trim());
}

function typesOf(text: string): Record<string, ColumnType> {
  const types: Record<string, ColumnType> = {};
  for (const pair of text.split(',')) {
    const at = pair.lastIndexOf('=');
    const type = pair.slice(at + 1).trim();
    if (at <= 0 || !TYPES.includes(type)) {
      const nearest = at > 0 ? nearestName(type, TYPES) : undefined;
      throw new InvalidArgumentError(
        `Expected COLUMN=TYPE with a type of ${TYPES.join(', ')}, found ${pair}${nearest ? `: did you mean ${nearest}?` : ''}`,
      );
    }
    types[pair.slice(0, at).trim()] = type as ColumnType;
  }
  return types;
}
