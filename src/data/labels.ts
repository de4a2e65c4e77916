// What somebody's own data say is to be learned: the label of every example, and the classes that these are.

import { InputError } from '../errors.ts';
import { MOST_CLASSES } from './dataset.ts';
import { type Examples, isTable } from './examples/examples.ts';
import { MOST_WORDS, mayMeanMissing, texts } from './formats/columns.ts';
import { PLAIN, parseNumber } from './formats/numbers.ts';
import { few, type Note } from './notes.ts';
import { labelColumn } from './tables/table.ts';

/** Up to so many may have few examples each. */
const FEW_CLASSES = 5;
const FEWEST = 10;

/** The label of every example as text, empty where it is missing; what to call it; and which column it is, if one. */
export interface LabelWords {
  readonly words: readonly string[];
  readonly label: string;
  readonly column?: number;
  /** Why it is this column, where nobody said so. */
  readonly why?: string;
}

/** The labels of examples, in the column that is `wanted` or the likeliest one. */
export function labelsOf(examples: Examples, wanted: string | undefined): LabelWords {
  const { name, columns } = examples;
  if (columns && columns.length > 0) {
    const { index, why } = labelColumn({ name, columns }, wanted);
    const missing = isTable(examples) ? examples.cells?.missing : undefined;
    const label = columns[index].name;
    return { words: texts(columns[index], missing), label, column: index, ...(why && { why }) };
  }
  const words = isTable(examples) ? undefined : examples.labels;
  if (!words) {
    throw new InputError(
      `${name} has images without labels: expected a folder for each class, an NPZ file with an array y, a Parquet file with a column of classes, or an IDX file of labels beside them`,
    );
  }
  return { words, label: 'label' };
}

/** Labels as a model has them: of numbers that are equal, such as 1 and 1.0, one. */
function unified(words: readonly string[], notes: Note[], label: string): readonly string[] {
  const values = new Map<string, number>();
  for (const word of words) {
    if (word === '' || values.has(word)) continue;
    // Far more than there may be classes, and all that a map holds safely.
    if (values.size === MOST_WORDS) return words;
    values.set(word, parseNumber(word, PLAIN));
  }
  // 007 is no number to whoever writes it so.
  if (![...values].every(([word, value]) => Number.isFinite(value) && !/^[+-]?0\d/.test(word))) return words;
  const shortest = new Map<number, string>();
  for (const [word, value] of values) {
    const other = shortest.get(value);
    if (other === undefined || word.length < other.length) shortest.set(value, word);
  }
  if (shortest.size === values.size) return words;
  const [example] = [...values.keys()].filter(word => shortest.get(values.get(word)!) !== word);
  const text = `${label} is written in several ways: ${example} counts as ${shortest.get(values.get(example)!)}`;
  notes.push({ code: 'labels', text });
  return words.map(word => (word === '' ? '' : shortest.get(values.get(word)!)!));
}

/** Words that are yes or no as single letters, which otherwise may be letters, small and large. */
const YES_NO: ReadonlySet<string> = new Set(['y', 'n', 't', 'f', 'yes', 'no', 'true', 'false']);

/** Labels that differ in small and large letters, or in blanks, as the most frequent of them: nobody learns to tell them apart. */
function inOneCase(words: readonly string[], notes: Note[], label: string): readonly string[] {
  const counts = new Map<string, number>();
  for (const word of words) {
    if (word === '') continue;
    counts.set(word, (counts.get(word) ?? 0) + 1);
    if (counts.size > MOST_WORDS) return words;
  }
  const bare = (word: string) => word.toLowerCase().replace(/\s+/g, ' ');
  const mayBeLetters = ![...counts.keys()].every(word => YES_NO.has(bare(word)));
  const chosen = new Map<string, string>();
  for (const [word, count] of counts) {
    const other = chosen.get(bare(word));
    if (other === undefined || count > counts.get(other)!) chosen.set(bare(word), word);
  }
  const meant = (word: string) =>
    word === '' || (mayBeLetters && [...word].length === 1) ? word : chosen.get(bare(word))!;
  const others = [...counts.keys()].filter(word => meant(word) !== word);
  if (others.length === 0) return words;
  const list = others.slice(0, 3).map(word => `${word} counts as ${meant(word)}`);
  const count = others.reduce((sum, word) => sum + counts.get(word)!, 0);
  const text = `${label} is written in several ways: ${list.join(', ')}${others.length > 3 ? ', …' : ''}; --types ${label}=category keeps them apart`;
  notes.push({ code: 'labels', count, text, isWarning: true });
  return words.map(meant);
}

/**
 * The labels of all examples, those that have one, and the classes; what is to be said of them goes into `notes`. With `isAsWritten`,
 * labels that differ in small and large letters only are different ones.
 */
export function classesOf(
  { words: written, label, why }: LabelWords,
  name: string,
  notes: Note[],
  isAsWritten = false,
) {
  const equal = unified(written, notes, label);
  const words = isAsWritten ? equal : inOneCase(equal, notes, label);
  const known: number[] = [];
  const counts = new Map<string, number>();
  words.forEach((word, row) => {
    if (word === '') return;
    known.push(row);
    const count = counts.get(word) ?? 0;
    if (count > 0 || counts.size < MOST_WORDS) counts.set(word, count + 1);
  });
  const said = why ? `${label} (${why})` : label;
  const advice = 'to learn another column, give --label NAME';
  if (counts.size === 0) throw new InputError(`${name}: ${said} has no value in any row; ${advice}`);
  if (counts.size === 1) {
    const [only] = counts.keys();
    throw new InputError(
      `${name}: ${said} is ${JSON.stringify(only.slice(0, 40))} in every row: expected at least two classes; ${advice}`,
    );
  }
  if (counts.size > MOST_CLASSES || (counts.size > known.length / 4 && counts.size > FEW_CLASSES)) {
    const least = counts.size === MOST_WORDS ? 'at least ' : '';
    throw new InputError(
      `${name}: ${said} has ${least}${counts.size} values in ${known.length} rows, expected 2 to ${MOST_CLASSES} classes of several examples each; ${advice}`,
    );
  }
  const classNames = inClassOrder(counts.keys());
  if (known.length < FEWEST) {
    throw new InputError(
      `${name}: expected at least ${FEWEST} labelled examples, found ${known.length} with a value of ${said}; ${advice}`,
    );
  }
  notes.push({ code: 'classes', text: `learns ${said}: ${few(classNames)}` });
  const count = words.length - known.length;
  if (count > 0) notes.push({ code: 'labels', count, text: `${count} rows without a label left out` });
  for (const word of classNames.filter(mayMeanMissing)) {
    const text = `${counts.get(word)} rows have the label ${word}, which counts as a class; --missing ${word} leaves them out`;
    notes.push({ code: 'labels', count: counts.get(word)!, text, isWarning: true });
  }
  const rare = classNames.filter(word => counts.get(word)! < 5);
  if (rare.length > 0) {
    const text = `fewer than 5 examples of ${few(rare)}: too few to learn or to test them well`;
    notes.push({ code: 'labels', count: rare.length, text });
  }
  return { words, known, classNames };
}

/** Names of classes in their order: alphabetical, and numbers in them by value. */
export function inClassOrder(names: Iterable<string>): string[] {
  return [...names].sort(new Intl.Collator('en', { numeric: true }).compare);
}
