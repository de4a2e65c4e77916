// Which classes are taken for which.

import type { ClassAnswers } from '../readouts/by-class.ts';
import { className, decimal, escaped, percentage } from './markup.ts';

/** What the examples of each true class (rows) were read as (columns), as a heat map in a table. */
export function confusionTable(
  found: readonly ClassAnswers[],
  names: readonly string[],
  caption: string,
): string {
  const size = Math.max(names.length, found.length);
  const classes = Array.from({ length: size }, (_, i) => className(names, i));
  const rows = classes.map((_, label) => countsOf(found[label], label, size));
  const errors = rows.map((row, label) => {
    const total = sum(row);
    return total > 0 ? (1 - row[label] / total) * 100 : 0;
  });
  const rate = (label: number) => percentage(errors[label], size > 12 ? 1 : 2);
  const worst = Math.max(...errors, 1e-9);
  const strongest = Math.max(...mistakesOf(found).map(({ share }) => share), 1e-9);
  const long = classes.some(name => name.length > 3) ? ' long' : '';
  const dense = size > 12 ? ' dense' : '';
  const head = classes.map(name => `<th scope="col"><span>${escaped(name)}</span></th>`).join('');
  const body = rows.map((row, label) => {
    const total = sum(row);
    const cells = row.map((count, predicted) => {
      const share = total > 0 ? count / total : 0;
      const shade = label === predicted ? diagonal(share) : mistake(count, share / strongest);
      const text = `${classes[label]} read as ${classes[predicted]}: ${decimal(count)} of ${decimal(total)}`;
      const shown = count === 0 && label !== predicted ? '·' : decimal(count);
      return `<td${shade} title="${escaped(text)}">${shown}</td>`;
    });
    const bar = `<i style="width:${decimal((errors[label] / worst) * 100)}%"></i>`;
    return `<tr><th scope="row">${escaped(classes[label])}</th>${cells.join('')}
<td class="rate"><span>${rate(label)}</span><span class="bar">${bar}</span></td></tr>`;
  });
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escaped(caption)}">
<table class="confusion${long}${dense}">
<caption><span>${escaped(caption)}</span></caption>
<thead><tr><td class="corner">true ↓ read as →</td>${head}<th scope="col" class="rate">error</th></tr></thead>
<tbody>
${body.join('\n')}
</tbody></table></div>`;
}

/** The up to six most frequent confusions as a list, e.g. "4 read as 9, 23 times". */
export function frequentConfusions(found: readonly ClassAnswers[], names: readonly string[]): string {
  const top = mistakesOf(found)
    .toSorted((a, b) => b.count - a.count)
    .slice(0, 6);
  if (top.length === 0) return '';
  const items = top.map(({ label, predicted, count }) => {
    const [is, as] = [className(names, label), className(names, predicted)].map(escaped);
    const times = `<span>${decimal(count)} ×</span>`;
    return `<li><b class="true">${is}</b> read as <b class="wrong">${as}</b> ${times}</li>`;
  });
  return `<ul class="pairs" aria-label="Most frequent confusions">${items.join('')}</ul>`;
}

/** Every pair of classes that was confused at least once, with its count and its share of the row. */
function mistakesOf(found: readonly ClassAnswers[]) {
  return found.flatMap(({ label, count: total, takenFor }) =>
    takenFor.map(({ label: predicted, count }) => ({ label, predicted, count, share: count / total })),
  );
}

/** How often a class was read as each of `size` classes. */
function countsOf(found: ClassAnswers | undefined, label: number, size: number): number[] {
  const row = new Array<number>(size).fill(0);
  if (!found) return row;
  row[label] = found.count - found.wrong;
  for (const { label: taken, count } of found.takenFor) row[taken] = count;
  return row;
}

// Nearly all examples lie on the diagonal: on one colour scale with it, no error would show. So right answers
// get a faint blue, and the errors have orange to themselves, up to the most frequent one.
function diagonal(share: number): string {
  return ` class="right" style="--heat:${decimal(8 + 22 * share)}%"`;
}

function mistake(count: number, relative: number): string {
  if (count === 0) return ' class="zero"';
  const heat = 12 + 78 * Math.sqrt(relative);
  return ` class="wrong${heat > 64 ? ' strong' : ''}" style="--heat:${decimal(heat)}%"`;
}

function sum(row: readonly number[]): number {
  return row.reduce((total, count) => total + count, 0);
}
