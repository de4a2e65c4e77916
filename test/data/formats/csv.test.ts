// CSV as other programs write it: delimiters, quotes, headers, and what is wrong with the rest.

import { expect, it } from 'vitest';
import { parseCsv } from '../../../src/data/formats/csv.ts';

const csv = (text: string) => parseCsv(new TextEncoder().encode(text), 'x.csv');
const names = (text: string) => csv(text).columns.map(({ name }) => name);

it.each([
  ['a comma, quotes, a byte order mark and CRLF', '\ufeffa,b\r\n"x, ""y""",1\r\nz,2\r\n', ['x, "y"', 'z']],
  ['semicolons and decimal commas', 'a;b\n1,5;x\n2;y\n', ['1.5', '2']],
  ['tabs', 'a\tb\n1,5\tx\n', ['1.5']],
  ['mixed ends of lines and an empty line', 'a,b\r\n1,2\n\n3,4\r5,6', ['1', '3', '5']],
])('reads %s', (_, text, first) => {
  const table = csv(text);
  expect(table.columns.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(table.columns[0].values).toEqual(first);
});

it('tells a header from an example', () => {
  expect(names('a,b\n1,x\n2,y')).toEqual(['a', 'b']);
  expect(names('1,x\n2,y')).toEqual(['column 1', 'column 2']);
  expect(names('0,1,2,label\n5,6,7,x')).toEqual(['0', '1', '2', 'label']);
  expect(names('y,n,y\ny,y,n\nn,n,y')).toEqual(['column 1', 'column 2', 'column 3']);
  expect(names('a,a,\n1,2,3')).toEqual(['a', 'a (2)', 'column 3']);
});

it.each([
  ['', /empty/],
  ['a,b\n', /nothing else/],
  ['a,b\n1,2,3', /record 2 has 3 cells, expected 2/],
  ['a,b\n1,"2\n', /record 2: .*close the quote/],
  ['a\n1\n2', /single column/],
  ['a\0b', /zero byte at offset 1/],
])('refuses %j', (text, message) => {
  expect(() => csv(text)).toThrow(message);
});
