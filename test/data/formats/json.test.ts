// JSON and ARFF as tables.

import { expect, it } from 'vitest';
import { parseArff } from '../../../src/data/formats/arff.ts';
import { parseRows } from '../../../src/data/formats/json.ts';

it.each([
  ['a list of objects', '[{"a":1,"b":"x"},{"a":2}]', [{ a: 1, b: 'x' }, { a: 2 }]],
  ['a line each', '{"a":1}\n\n{"a":2}\r\n', [{ a: 1 }, { a: 2 }]],
  ['a list in an object', '{"from":"x","rows":[{"a":1},{"a":2}]}', [{ a: 1 }, { a: 2 }]],
  [
    'a list of lists',
    '[[1,"x"],[2,"y"]]',
    [
      { 'column 1': 1, 'column 2': 'x' },
      { 'column 1': 2, 'column 2': 'y' },
    ],
  ],
])('reads %s', (_, text, rows) => expect(parseRows(text, 'x.json')).toEqual(rows));

it.each([
  ['', /empty/],
  ['[]', /expected a list of objects/],
  ['[1,2]', /row 1: expected an object of cells, found 1/],
  ['{"a":1}\n{"a":', /line 2: .*expected JSON/],
])('refuses %j', (text, message) => expect(() => parseRows(text, 'x.json')).toThrow(message));

const arff = `% irises
@RELATION iris
@ATTRIBUTE 'sepal length' NUMERIC
@attribute note string
@attribute class {a, 'b c'}
@DATA
5.1, 'long, and wide', a
?, x, 'b c'
`;

it('reads ARFF', () => {
  const { columns, hasNames, count } = parseArff(arff, 'x.arff');
  expect([hasNames, count]).toEqual([true, 2]);
  expect(columns.map(({ name, values }) => [name, [...values]])).toEqual([
    ['sepal length', [5.1, Number.NaN]],
    ['note', ['long, and wide', 'x']],
    ['class', ['a', 'b c']],
  ]);
});

it.each([
  ['@data\n1,2', /a line @attribute/],
  ['@attribute a numeric\n1', /line 2: expected @attribute/],
  ['@attribute a numeric\n', /expected a line @data/],
  ['@attribute a numeric\n@data\nx', /row 1, column a: expected a number, found "x"/],
  ['@attribute a numeric\n@attribute b numeric\n@data\n1', /line 4: expected 2 cells/],
  ['@attribute a numeric\n@data\n{0 1}', /list only what is not zero/],
])('refuses %j', (text, message) => expect(() => parseArff(text, 'x.arff')).toThrow(message));

it('reads objects within rows as columns, and a list or an object for each column as pandas writes it', async () => {
  const rows = [
    { size: { width: 1, of: { whom: 'a' } }, kind: 'x' },
    { size: { width: 2, of: { whom: 'b' } }, kind: 'y' },
  ];
  expect(parseRows(JSON.stringify(rows), 'x.json')).toEqual([
    { 'size.width': 1, 'size.of.whom': 'a', kind: 'x' },
    { 'size.width': 2, 'size.of.whom': 'b', kind: 'y' },
  ]);
  const expected = [
    { width: 1, kind: 'x' },
    { width: 2, kind: 'y' },
  ];
  expect(parseRows('{"width":[1,2],"kind":["x","y"]}', 'x.json')).toEqual(expected);
  expect(parseRows('{"width":{"0":1,"1":2},"kind":{"0":"x","1":"y"}}', 'x.json')).toEqual(expected);
  const byRow = '{"0":{"width":1,"kind":"x"},"1":{"width":2,"kind":"y"}}';
  expect(parseRows(byRow, 'x.json')).toEqual(expected);
  // One row, whose cells are no columns.
  expect(parseRows('{"size":{"x":1,"y":2},"at":{"x":3,"y":4}}', 'x.json')).toEqual([
    { 'size.x': 1, 'size.y': 2, 'at.x': 3, 'at.y': 4 },
  ]);
  expect(parseRows('{"size":{"width":1},"kind":"x"}', 'x.json')).toEqual([{ 'size.width': 1, kind: 'x' }]);
});
