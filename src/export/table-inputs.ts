// Columns of a table on their way into a network, as ONNX operators: one input each as they are, the network's inputs out. Numbers are in
// double precision, as tables are read; the steps are those of data/tables/table-encoding.ts.

import type { DatePart } from '../data/formats/dates.ts';
import { describeFormat } from '../data/formats/numbers.ts';
import { few } from '../data/notes.ts';
import { categoryCells } from '../data/tables/categories.ts';
import {
  type ColumnEncoding,
  LIMIT,
  labelInputsOf,
  type NumberColumn,
  type TableEncoding,
} from '../data/tables/table-encoding.ts';
import { type Graph, ML_DOMAIN, type OwnInput, type Taken } from './graph.ts';

const OUTPUTS: readonly string[] = ['', 'class', 'label', 'goodness', 'probabilities'];
const DATE_PARTS: Readonly<Record<DatePart, string>> = {
  year: 'in four digits',
  month: '1 to 12',
  day: 'of the month',
  weekday: '0 for Monday to 6',
  hour: '0 to 24, minutes included',
};

/** Adds the columns of a table and their encoding. */
export function tableInputs(graph: Graph, encoding: TableEncoding): Taken {
  const { columns, missing, decorrelation, constant } = encoding;
  const ports: OwnInput[] = [];
  const taken = new Set(OUTPUTS);
  const input = (column: ColumnEncoding, wanted: string, about: string) => {
    // A slash begins the values within, and the tensors of a network have names of their own.
    let name = /^(\/|(layers|readout|classes)\.\d)/.test(wanted) ? `column ${wanted}` : wanted;
    while (taken.has(name)) name = `column ${name}`;
    taken.add(name);
    ports.push({ input: name, column: column.name, holds: about });
    const type = column.kind === 'number' ? 'double' : 'text';
    return graph.input({ name, holds: type, shape: ['examples', 1], about });
  };

  const blocks: string[] = [];
  /** Where each input of the network is in the blocks, laid end to end. */
  const places: number[] = [];
  let width = 0;
  const add = (block: string, size: number): number => {
    blocks.push(block);
    width += size;
    return width - size;
  };
  const names = columns.map(column =>
    column.kind === 'number'
      ? input(column, column.date ? `${column.name}.${column.date.part}` : column.name, describe(column))
      : input(column, column.name, `text as the table has it; '' where it is missing`),
  );
  const numeric = columns.filter(column => column.kind === 'number');
  const numbers = numeric.length
    ? numberBlocks(
        graph,
        numeric,
        names.filter((_, k) => columns[k].kind === 'number'),
        decorrelation,
        add,
      )
    : undefined;
  let [number, gap, interval] = [0, 0, 0];
  columns.forEach((column, k) => {
    if (column.kind === 'category') {
      const size = column.values.length + Number(column.hasOthers);
      const first = add(categoryBlock(graph, column, names[k], k, size, missing), size);
      for (let place = 0; place < size; place++) places.push(first + place);
      return;
    }
    places.push(numbers!.standardised + number++);
    if (column.mayMiss) places.push(numbers!.gaps + gap++);
    for (let edge = 1; edge < column.edges.length; edge++) places.push(numbers!.intervals + interval++);
  });
  if (decorrelation) decorrelation.forEach((_, i) => void places.push(numbers!.decorrelated + i));
  const joined = graph.node('Concat', blocks, { axis: 1 });
  const ordered = graph.node('Gather', [joined, graph.ints(places, [places.length], '/places')], { axis: 1 });
  const labels = labelInputsOf(encoding);
  const zero = graph.floats('/zero', Float32Array.of(0), []);
  const behind = graph.floats('/constant', Float32Array.of(constant), []);
  const whole = graph.node('Pad', [ordered, graph.ints([0, 0, 0, 1]), behind]);
  return {
    encoded: graph.node('Pad', [whole, graph.ints([0, labels, 0, 0]), zero]),
    ports,
    about: [
      `takes the columns of a table as they are, not encoded, each (examples, 1): ${few(ports.map(each => each.input))}`,
      ...(numeric.length > 0 ? ['numbers are float64, NaN where missing'] : []),
      ...(numeric.some(({ date }) => date) ? ['a date is given as its parts, which are numbers'] : []),
      ...(numeric.length < columns.length
        ? [
            "text is '' where missing, and counts as never seen unless it is written as in training, or in small or capital letters",
          ]
        : []),
    ].join('; '),
  };
}

function describe({ format, date, absent }: NumberColumn): string {
  if (date) {
    return `the ${date.part} of the date as a number, ${DATE_PARTS[date.part]}; NaN where it is missing`;
  }
  const written = format ? `, which the table writes with ${describeFormat(format)}` : '';
  return `number as the table has it${written}; NaN${absent === undefined ? '' : ` or ${absent}`} where it is missing`;
}

/** All columns of numbers at once; where in the blocks their standardised values begin, and so on. */
function numberBlocks(
  graph: Graph,
  columns: readonly NumberColumn[],
  names: readonly string[],
  decorrelation: TableEncoding['decorrelation'],
  add: (block: string, size: number) => number,
) {
  const count = columns.length;
  const limits = [graph.doubles('/least', [-LIMIT], []), graph.doubles('/most', [LIMIT], [])];
  const none = graph.doubles('/none', [0], []);
  const raw = graph.node('Concat', names, { axis: 1 });
  // Infinity less itself is no number either.
  const nothing = graph.node('Sub', [raw, raw]);
  const isThere = graph.node('Equal', [nothing, nothing]);
  const absent = graph.doubles(
    '/absent',
    columns.map(column => column.absent ?? Number.NaN),
  );
  const isKnown = graph.node('And', [isThere, graph.node('Not', [graph.node('Equal', [raw, absent])])]);
  const distance = graph.node('Sub', [
    raw,
    graph.doubles(
      '/means',
      columns.map(({ mean }) => mean),
    ),
  ]);
  const deviations = graph.doubles(
    '/deviations',
    columns.map(({ deviation }) => deviation),
  );
  const limited = graph.node('Clip', [graph.node('Div', [distance, deviations]), ...limits]);
  const values = graph.node('Cast', [graph.node('Where', [isKnown, limited, none])], { to: 1 });
  const standardised = add(values, count);

  const missing = columns.flatMap(({ mayMiss }, k) => (mayMiss ? [k] : []));
  let gaps = 0;
  if (missing.length) {
    const which = graph.ints(missing, [missing.length], '/may.miss');
    const isMissing = graph.node('Not', [graph.node('Gather', [isKnown, which], { axis: 1 })]);
    gaps = add(graph.node('Cast', [isMissing], { to: 1 }), missing.length);
  }

  const spans = columns.flatMap(({ edges }, k) =>
    edges.slice(1).map((edge, i) => ({ k, low: edges[i], length: edge - edges[i] })),
  );
  let intervals = 0;
  if (spans.length) {
    const which = graph.ints(
      spans.map(({ k }) => k),
      [spans.length],
      '/of.interval',
    );
    const lows = graph.doubles(
      '/lows',
      spans.map(({ low }) => low),
    );
    const lengths = graph.doubles(
      '/lengths',
      spans.map(({ length }) => length),
    );
    const above = graph.node('Sub', [graph.node('Gather', [raw, which], { axis: 1 }), lows]);
    const one = graph.doubles('/one', [1], []);
    const shares = graph.node('Clip', [graph.node('Div', [above, lengths]), none, one]);
    const known = graph.node('Gather', [isKnown, which], { axis: 1 });
    const kept = graph.node('Where', [known, shares, none]);
    intervals = add(graph.node('Cast', [kept], { to: 1 }), spans.length);
  }

  let decorrelated = 0;
  if (decorrelation) {
    const weights = new Array<number>(count * count).fill(0);
    decorrelation.forEach((row, i) => {
      row.forEach((value, j) => {
        weights[j * count + i] = value;
      });
    });
    const product = graph.node('MatMul', [
      graph.node('Cast', [values], { to: 11 }),
      graph.doubles('/decorrelation', weights, [count, count]),
    ]);
    decorrelated = add(graph.node('Cast', [graph.node('Clip', [product, ...limits])], { to: 1 }), count);
  }
  return { standardised, gaps, intervals, decorrelated };
}

/** An input for each value; cells are found by how they are written, as learned or in other letters. */
function categoryBlock(
  graph: Graph,
  { values }: Extract<ColumnEncoding, { kind: 'category' }>,
  name: string,
  index: number,
  size: number,
  missing: readonly string[] | undefined,
): string {
  const cells = categoryCells(values, missing);
  const place = graph.node(
    'LabelEncoder',
    [name],
    // A place beyond the last value: that of all others, or of none.
    { keys_strings: [...cells.keys()], values_int64s: [...cells.values()], default_int64: values.length },
    `/place.${index}`,
    ML_DOMAIN,
  );
  const all = graph.ints(
    Array.from({ length: size }, (_, k) => k),
    [size],
    `/places.${index}`,
  );
  return graph.node('Cast', [graph.node('Equal', [place, all])], { to: 1 });
}
