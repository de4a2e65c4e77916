// Small line charts as SVG, drawn anew as numbers come in.

export interface Line {
  /** Class in the style sheet: colour and dashes. */
  readonly style: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Marks every point, for lines of few. */
  readonly isMarked?: boolean;
}

const LEFT = 36;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 20;

/** What stands at the left of a chart, and where in it a value lies, 0 at the bottom and 1 at the top. */
export interface Scale {
  readonly ticks: readonly number[];
  place(value: number): number;
}

/** From 0 to the largest of the lines, rounded up. */
export function linear(lines: readonly Line[]): Scale {
  const largest = Math.max(1e-3, ...lines.flatMap(({ points }) => points.map(([, y]) => y)));
  const most = roundUp(largest);
  return { ticks: [0, most / 2, most], place: value => value / most };
}

/** Errors from 0.5 to 100 percent: the last halving is as tall as the first. */
export const percents: Scale = {
  ticks: [1, 3, 10, 30, 100],
  place: value => Math.log(Math.max(value, 0.5) / 0.5) / Math.log(100 / 0.5),
};

/** Draws lines over x from 0 to `xMost`; `label` says the same in words. */
export function drawLines(
  svg: SVGSVGElement,
  lines: readonly Line[],
  scale: Scale,
  xMost: number,
  unit: string,
  label: string,
): void {
  const width = svg.clientWidth || 300;
  const height = svg.clientHeight || 120;
  const x = (value: number) => LEFT + (value / xMost) * (width - LEFT - RIGHT);
  const y = (value: number) => height - BOTTOM - scale.place(value) * (height - TOP - BOTTOM);
  const parts: string[] = [];
  for (const tick of scale.ticks) {
    const at = y(tick).toFixed(1);
    parts.push(
      `<line class="grid" x1="${LEFT}" x2="${width - RIGHT}" y1="${at}" y2="${at}"/>`,
      `<text x="${LEFT - 6}" y="${at}" dy="0.32em" text-anchor="end">${short(tick)}</text>`,
    );
  }
  parts.push(
    `<text x="${LEFT}" y="${height - 4}">0</text>`,
    `<text x="${width - RIGHT}" y="${height - 4}" text-anchor="end">${xMost} ${unit}</text>`,
  );
  for (const { style, points, isMarked } of lines) {
    if (points.length === 0) continue;
    const places = points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`);
    parts.push(`<polyline class="${style}" points="${places.join(' ')}"/>`);
    const marked = isMarked ? places : places.slice(-1);
    for (const place of marked) {
      const [cx, cy] = place.split(',');
      parts.push(`<circle class="${style}" cx="${cx}" cy="${cy}" r="3"/>`);
    }
  }
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('aria-label', label);
  svg.innerHTML = parts.join('');
}

/** The next of 1, 2, 5, 10, 20, … */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find(step => step * power >= value * 0.999)!;
}

export function short(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1000) return `${Number((value / 1000).toPrecision(2))}k`;
  return size >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)));
}
