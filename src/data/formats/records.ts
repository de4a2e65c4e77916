// Text with a sign between cells, as RFC 4180 has it: records of cells, in quotes or not. Own code, since the parser that others have
// is half of what a page may download for all of its own data.

/** The records of a text, each a list of cells, and the first thing that is wrong with its quotes. */
export interface CutRecords {
  readonly records: string[][];
  readonly fault?: { readonly record: number; readonly what: string };
  /** Of a text that goes on, where the record begins that is not at its end. */
  readonly end?: number;
}

/**
 * Cuts a text, whose lines end with \n, into records, `most` of them at most. A cell that begins with a quote ends with one, before
 * blanks at most; a quote in it is written twice, and what is wrong with quotes is told. An empty last line is a record of one empty cell;
 * none where the text `goesOn` behind whole lines, of which those are left that may be the beginning of a record.
 */
export function cutRecords(text: string, delimiter: string, most?: number, goesOn = false): CutRecords {
  const end = text.length;
  if (!text.includes('"')) {
    const lines = text.split('\n', most);
    if (goesOn) lines.pop();
    return { records: lines.map(line => line.split(delimiter)), ...(goesOn && { end }) };
  }
  const records: string[][] = [];
  const find = (sign: string, from: number) => {
    const found = text.indexOf(sign, from);
    return found < 0 ? end : found;
  };
  let fault: CutRecords['fault'];
  const tell = (what: string) => {
    fault ??= { record: records.length, what };
  };
  let record: string[] = [];
  let [at, begin, nextLine, nextDelimiter] = [0, 0, -1, -1];
  for (;;) {
    if (goesOn && at === end) return { records, ...(fault && { fault }), end };
    if (text[at] === '"') {
      let quote = at;
      const from = at + 1;
      for (;;) {
        quote = find('"', quote + 1);
        if (quote === end) {
          if (goesOn) return { records, ...(fault && { fault }), end: begin };
          tell('a quote is not closed');
          at = end;
          break;
        }
        if (text[quote + 1] === '"') {
          quote++;
          continue;
        }
        at = quote + 1;
        while (at < end && text[at] !== '\n' && !text.startsWith(delimiter, at) && text[at].trim() === '')
          at++;
        if (at === end || text[at] === '\n' || text.startsWith(delimiter, at)) break;
        tell('text follows on a closed quote');
      }
      record.push(text.slice(from, quote).replaceAll('""', '"'));
    } else {
      // Looked for only once they are passed: a rare one would be looked for in all of the text again and again.
      if (nextLine < at) nextLine = find('\n', at);
      if (nextDelimiter < at) nextDelimiter = find(delimiter, at);
      const from = at;
      at = Math.min(nextLine, nextDelimiter);
      record.push(text.slice(from, at));
    }
    if (at < end && text[at] !== '\n') {
      at += delimiter.length;
      continue;
    }
    records.push(record);
    if (at === end || records.length === most) return { records, ...(fault && { fault }) };
    at++;
    begin = at;
    record = [];
  }
}
