// Words that mean the same.

import { isMissingText, missingTexts } from '../formats/columns.ts';
import { PLAIN, parseNumber } from '../formats/numbers.ts';

const YES = ['true', 't', 'yes', 'y', '1', '1.0'];
const NO = ['false', 'f', 'no', 'n', '0', '0.0'];

/**
 * Which of `values` a cell is: as it is written or, where one alone is meant, in other letters, as another number that is equal, or as
 * another word for yes and no. Undefined for a cell that is none of them.
 */
export function categoryPlaces(
  values: readonly string[],
): (cell: string) => { readonly place: number; readonly isRespelled: boolean } | undefined {
  const exact = new Map(values.map((value, place) => [value, place]));
  const alike = new Map<string, number>();
  const add = (word: string, place: number) =>
    alike.set(word, alike.has(word) && alike.get(word) !== place ? -1 : place);
  const isOfTwo = values.filter(value => value !== '').length <= 2;
  const others = (word: string) => (isOfTwo ? [YES, NO].find(words => words.includes(word)) : undefined);
  values.forEach((value, place) => {
    for (const word of spellings(value)) add(word, place);
    for (const word of others(value.toLowerCase()) ?? []) add(word, place);
  });
  return cell => {
    const place = exact.get(cell);
    if (place !== undefined) return { place, isRespelled: false };
    const found = spellings(cell)
      .map(word => alike.get(word))
      .find(each => each !== undefined && each >= 0);
    return found === undefined ? undefined : { place: found, isRespelled: true };
  };
}

/** Cells that are one of `values`, as far as they can be listed, each with its place: for where none can be compared otherwise. */
export function categoryCells(
  values: readonly string[],
  missing?: readonly string[],
): ReadonlyMap<string, number> {
  const placeOf = categoryPlaces(values);
  const cells = new Map<string, number>();
  for (const word of [...values, ...YES, ...NO, ...missingTexts(missing)]) {
    for (const cell of [...inLetters(word), ...decimals(word)]) {
      const place = placeOf(isMissingText(cell, missing) ? '' : cell)?.place;
      if (place !== undefined) cells.set(cell, place);
    }
  }
  return cells;
}

/** A word in small and capital letters: all ways of short ones, the usual ones of others. */
function inLetters(word: string): string[] {
  const [lower, upper] = [word.toLowerCase(), word.toUpperCase()];
  const isPlain = lower.length === word.length && upper.length === word.length;
  if (word.length > 4 || !isPlain)
    return [word, lower, upper, word.slice(0, 1).toUpperCase() + lower.slice(1)];
  let forms = [''];
  for (let i = 0; i < word.length; i++) {
    forms = forms.flatMap(form => [...new Set([word[i], lower[i], upper[i]])].map(letter => form + letter));
  }
  return forms;
}

/** A whole number with a decimal, and one that has a decimal without. */
function decimals(word: string): string[] {
  const value = parseNumber(word, PLAIN);
  return Number.isNaN(value) ? [] : [String(value), value.toFixed(1)];
}

/** A word without what may differ in how it is written; a number in one way only. */
function spellings(word: string): string[] {
  const lower = word.toLowerCase().trim();
  const value = parseNumber(lower, PLAIN);
  return Number.isNaN(value) ? [lower] : [lower, String(value)];
}
