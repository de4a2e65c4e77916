// Numbers as people write them: decimal points and commas, thousands apart, signs of currency and of percent, brackets for what is
// negative, digits of other scripts. How a column writes them is decided by all of its cells, and kept.

/** How the numbers of a column are written; plain data. */
export interface NumberFormat {
  readonly decimal: '.' | ',';
  /** Between groups of three digits; '' where there are none. A blank stands for every kind of blank. */
  readonly thousands: '' | ',' | '.' | ' ' | "'";
  /** Whether every number has a sign of percent, which is left away. */
  readonly hasPercent?: boolean;
}

/** A column with fewer numbers than this share of its cells is text; the odd cell in a column of numbers is missing. */
export const NUMERIC_SHARE = 0.95;

export const PLAIN: NumberFormat = { decimal: '.', thousands: '' };

/** What is known of how numbers are written before any is looked at. */
export interface NumberHints {
  readonly decimal?: '.' | ',' | undefined;
  readonly thousands?: NumberFormat['thousands'] | undefined;
  /** Of other columns of the same file. */
  readonly likelyDecimal?: '.' | ',' | undefined;
}

const FORMATS: readonly NumberFormat[] = [
  PLAIN,
  { decimal: '.', thousands: ',' },
  { decimal: ',', thousands: '' },
  { decimal: ',', thousands: '.' },
  { decimal: '.', thousands: ' ' },
  { decimal: ',', thousands: ' ' },
  { decimal: '.', thousands: "'" },
  { decimal: ',', thousands: "'" },
];

const SIMPLE = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Blanks that some write between thousands: no-break, thin, narrow. */
const BLANKS = /[\u00a0\u2009\u202f\u2007]/g;
const CURRENCY = /^([+-]?)\s*\p{Sc}\s*|\s*\p{Sc}$/gu;
const OTHER_DIGITS = /[\u0660-\u0669\u06f0-\u06f9\uff10-\uff19]/g;
/** A cell that could be written without anything special: most are, and need no further look. */
const USUAL = /^[\d.,+e-]*$/i;

/** The number in a cell that is written in this format; NaN where it holds none. */
export function parseNumber(cell: string, format: NumberFormat): number {
  const { decimal, thousands, hasPercent = false } = format;
  if (thousands === '' && decimal === '.' && !hasPercent && SIMPLE.test(cell)) return Number(cell);
  const bare = bareNumber(cell);
  return bare.isPercent === hasPercent ? parseBare(bare.text, format) : Number.NaN;
}

function parseBare(text: string, { decimal, thousands }: NumberFormat): number {
  let digits = text;
  if (thousands !== '') {
    const [whole, ...rest] = digits.split(decimal);
    const grouped = groupsOf(whole, thousands);
    if (grouped === undefined || rest.length > 1) return Number.NaN;
    digits = [grouped, ...rest].join('.');
  } else if (decimal === ',') {
    // With a point in it, it is written in another way.
    if (digits.includes('.')) return Number.NaN;
    digits = digits.replace(',', '.');
  }
  return SIMPLE.test(digits) ? Number(digits) : Number.NaN;
}

/** Digits without what stands between thousands; undefined where they are not in groups of three. */
function groupsOf(whole: string, thousands: string): string | undefined {
  if (!whole.includes(thousands)) return whole;
  const [first, ...groups] = whole.replace(/^[+-]/, '').split(thousands);
  const isGrouped = /^[1-9]\d{0,2}$/.test(first) && groups.every(group => /^\d{3}$/.test(group));
  // In India all groups but the last are of two digits.
  const isIndian =
    thousands === ',' &&
    /^[1-9]\d?$/.test(first) &&
    groups.every((group, i) => (i === groups.length - 1 ? /^\d{3}$/ : /^\d{2}$/).test(group));
  return isGrouped || isIndian ? whole.replaceAll(thousands, '') : undefined;
}

/** A cell in ASCII digits without signs of currency and percent, negative by a sign and not by brackets. */
function bareNumber(cell: string): { text: string; isPercent: boolean } {
  if (USUAL.test(cell)) return { text: cell, isPercent: false };
  let text = cell
    .replace(BLANKS, ' ')
    .replace(/\u2212/g, '-')
    .replace(OTHER_DIGITS, digit => String(digitOf(digit)))
    .replace(/\u066b/g, '.')
    .replace(/\u066c/g, ',')
    .replace(/[\u2019\u02bc]/g, "'")
    .trim();
  const isPercent = /\s*[%\uff05]$/.test(text);
  if (isPercent) text = text.replace(/\s*[%\uff05]$/, '');
  const inBrackets = /^\((.*)\)$/.exec(text);
  if (inBrackets && !/^[+-]/.test(inBrackets[1])) text = `-${inBrackets[1].trim()}`;
  return { text: text.replace(CURRENCY, '$1'), isPercent };
}

function digitOf(character: string): number {
  const code = character.charCodeAt(0);
  return code - (code >= 0xff10 ? 0xff10 : code >= 0x6f0 ? 0x6f0 : 0x660);
}

/** Numbers with a point before three digits from which on they may be thousands: decimals would end in zeros now and then. */
const ENOUGH_POINTS = 10;

/** A number with a point that may stand between thousands, or too small for one. */
const MAY_BE_THOUSANDS = /^[+-]?([1-9]\d{0,2}\.\d{3}|\d{1,3})$/;

/** Whether what stands in a plain number could stand between thousands, or is too small to tell; undefined for a cell that is none. */
export function mayBeThousands(cell: string): boolean | undefined {
  return SIMPLE.test(cell) ? MAY_BE_THOUSANDS.test(cell) : undefined;
}

/** The format in which most of some cells are numbers. */
export interface FoundFormat {
  readonly format: NumberFormat;
  /** How many of the cells are numbers in it. */
  readonly count: number;
  /** Whether they would be other numbers in another format, e.g. 1,234 in each cell: one and a bit, or a thousand and some. */
  readonly isAmbiguous: boolean;
}

/** How the numbers in these cells, none of which is missing, are written: as `hints` say, or as most can be read. */
export function findFormat(cells: readonly string[], hints: NumberHints = {}): FoundFormat {
  const isSaid = hints.decimal === ',' || (hints.thousands ?? '') !== '';
  // As nearly all columns are: nothing to compare.
  if (
    !isSaid &&
    cells.every(cell => SIMPLE.test(cell)) &&
    (!cells.every(cell => MAY_BE_THOUSANDS.test(cell)) || !cells.some(cell => cell.includes('.')))
  ) {
    return { format: PLAIN, count: cells.length, isAmbiguous: false };
  }
  const bare = cells.map(bareNumber);
  const hasPercent = bare.filter(({ isPercent }) => isPercent).length > bare.length / 2;
  const texts = bare.filter(({ isPercent }) => isPercent === hasPercent).map(({ text }) => text);
  const isThere = (mark: string) => mark === '' || texts.some(text => text.includes(mark));
  const allowed = FORMATS.filter(
    ({ decimal, thousands }) =>
      (hints.decimal === undefined || hints.decimal === decimal) &&
      (hints.thousands === undefined || hints.thousands === thousands),
  );
  // Of formats that differ in what is not there, the first is as good as the others.
  const apart = allowed.filter(
    ({ decimal, thousands }, i) =>
      i === 0 || (isThere(thousands) && (decimal === '.' || thousands === '.' || isThere(','))),
  );
  const found = apart.map(format => ({
    format: { ...format, ...(hasPercent && { hasPercent }) },
    count: texts.reduce((count, text) => count + (Number.isNaN(parseBare(text, format)) ? 0 : 1), 0),
  }));
  const most = Math.max(...found.map(({ count }) => count));
  const best = found.filter(({ count }) => count === most);
  if (best.length === 1 || most === 0) return { ...best[0], isAmbiguous: false };
  return settle(best, texts, hints);
}

/** The formats in which at least this share of some cells, none of which is missing, are numbers. */
export function readableFormats(cells: readonly string[], share: number): NumberFormat[] {
  return FORMATS.flatMap(format => [format, { ...format, hasPercent: true }]).filter(
    format => cells.filter(cell => Number.isFinite(parseNumber(cell, format))).length >= share * cells.length,
  );
}

/** Of several formats that read as many cells: the one that the shape of the numbers, or other columns, speak for. */
function settle(
  best: readonly { readonly format: NumberFormat; readonly count: number }[],
  texts: readonly string[],
  { likelyDecimal }: NumberHints,
): FoundFormat {
  const readings = new Map<string, { readonly format: NumberFormat; readonly count: number }>();
  for (const each of best) {
    const reading = texts
      .slice(0, 1000)
      .map(text => parseBare(text, each.format))
      .join();
    if (!readings.has(reading)) readings.set(reading, each);
  }
  const distinct = [...readings.values()];
  if (distinct.length === 1) return { ...distinct[0], isAmbiguous: false };
  const mark = texts.some(text => text.includes(',')) ? ',' : '.';
  const whole = texts.filter(text => !text.includes(mark)).map(text => Math.abs(Number(text)));
  // 1,234 beside 999 but never beside 1234: what stands in the larger ones stands between thousands.
  const isGrouped =
    whole.length > 0 &&
    whole.every(value => value < 1000) &&
    (mark === ',' || texts.length - whole.length >= ENOUGH_POINTS);
  const wanted = (isThousands: boolean) =>
    distinct.find(({ format }) => (format.thousands === mark) === isThousands) ?? distinct[0];
  if (isGrouped) return { ...wanted(true), isAmbiguous: true };
  const agreed = likelyDecimal && distinct.find(({ format }) => format.decimal === likelyDecimal);
  if (agreed) return { ...agreed, isAmbiguous: mark === ',' || likelyDecimal === ',' };
  // A point is a decimal point unless something says otherwise; nothing does either for three digits behind it in every cell.
  return { ...wanted(mark === ','), isAmbiguous: true };
}

/** Whether `format` may be anything else. */
export function isNumberFormat({ decimal, thousands, hasPercent = false }: NumberFormat): boolean {
  return (
    typeof hasPercent === 'boolean' &&
    FORMATS.some(known => known.decimal === decimal && known.thousands === thousands)
  );
}

/** A format in words. */
export function describeFormat({ decimal, thousands, hasPercent }: NumberFormat): string {
  const names = { '.': 'points', ',': 'commas', ' ': 'blanks', "'": 'apostrophes', '': '' };
  return [
    `decimal ${names[decimal]}`,
    ...(thousands === '' ? [] : [`${names[thousands]} between thousands`]),
    ...(hasPercent ? ['percent'] : []),
  ].join(', ');
}

/** Whether a text could be a cell that is stored as a number. */
export function holdsDigits(text: string): boolean {
  return /\d/.test(text);
}
