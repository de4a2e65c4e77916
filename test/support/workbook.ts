// Workbooks, of as little XML as Excel takes.

import { strToU8, zipSync } from 'fflate';

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';

export type Cell = string | number | null;

function sheetXml(rows: readonly (readonly Cell[])[]): string {
  const cellXml = (cell: Cell, row: number, column: number) => {
    const place = `r="${'ABCDEF'[column]}${row}"`;
    if (cell === null) return '';
    return typeof cell === 'number'
      ? `<c ${place}><v>${cell}</v></c>`
      : `<c ${place} t="inlineStr"><is><t>${cell}</t></is></c>`;
  };
  const lines = rows.map(
    (row, i) => `<row r="${i + 1}">${row.map((cell, k) => cellXml(cell, i + 1, k)).join('')}</row>`,
  );
  return `<worksheet xmlns="${MAIN}"><sheetData>${lines.join('')}</sheetData></worksheet>`;
}

/** A workbook of sheets of rows; as short as `level` packs it, 0 for not at all. */
export function workbook(
  sheets: Readonly<Record<string, readonly (readonly Cell[])[]>>,
  level: 0 | 6 = 6,
): Uint8Array {
  const names = Object.keys(sheets);
  const relation = (id: string, type: string, target: string) =>
    `<Relationship Id="${id}" Type="${RELATIONS}/${type}" Target="${target}"/>`;
  const relations = (list: string) =>
    `<Relationships xmlns="${PACKAGE}/relationships">${list}</Relationships>`;
  const files: Record<string, string> = {
    '[Content_Types].xml': `<Types xmlns="${PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`,
    '_rels/.rels': relations(relation('w', 'officeDocument', 'xl/workbook.xml')),
    'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets>${names.map((sheet, i) => `<sheet name="${sheet}" sheetId="${i + 1}" r:id="s${i}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations(
      names.map((_, i) => relation(`s${i}`, 'worksheet', `worksheets/sheet${i}.xml`)).join(''),
    ),
    ...Object.fromEntries(names.map((sheet, i) => [`xl/worksheets/sheet${i}.xml`, sheetXml(sheets[sheet])])),
  };
  const bytes = Object.fromEntries(Object.entries(files).map(([file, text]) => [file, strToU8(text)]));
  return zipSync(bytes, { level });
}
