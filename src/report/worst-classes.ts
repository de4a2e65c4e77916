// Of more classes than a table of pairs can show, those with the most mistakes.

import { type ClassAnswers, worstClasses } from '../readouts/by-class.ts';
import { className, decimal, escaped, percentage } from './markup.ts';

const MOST = 40;
/** Classes that the examples of one were taken for. */
const MOST_TAKEN = 3;
const LONGEST = 40;

/** A row for each of up to 40 classes, the one with the most mistakes first; `by` says whose answers they are. */
export function worstTable(classes: readonly ClassAnswers[], names: readonly string[], by: string): string {
  const worst = worstClasses(classes, MOST);
  const shown = (label: number) => shortened(className(names, label));
  const most = Math.max(...worst.map(({ wrong, count }) => wrong / count), 1e-9);
  const rows = worst.map(({ label, count, wrong, takenFor }) => {
    const taken = takenFor
      .slice(0, MOST_TAKEN)
      .map(other => `${shown(other.label)} (${decimal(other.count)}\u00a0×)`);
    const more = takenFor.length > MOST_TAKEN ? ', …' : '';
    const bar = `<i style="width:${decimal((100 * wrong) / count / most)}%"></i>`;
    return `<tr><th scope="row">${shown(label)}</th><td>${decimal(wrong)} of ${decimal(count)}</td>
<td class="rate"><span>${percentage((100 * wrong) / count, 1)}</span><span class="bar">${bar}</span></td>
<td class="taken">${taken.join(', ')}${more}</td></tr>`;
  });
  const caption = `${captionOf(classes, worst)}, ${by}`;
  if (rows.length === 0) return `<p class="none">${escaped(caption)}</p>`;
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escaped(caption)}">
<table class="confusion worst">
<caption><span>${escaped(caption)}</span></caption>
<thead><tr><th scope="col">class</th><th scope="col">wrong</th><th scope="col" class="rate">error</th>
<th scope="col" class="taken">read as</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`;
}

function captionOf(classes: readonly ClassAnswers[], worst: readonly ClassAnswers[]): string {
  const flawless = classes.filter(({ wrong }) => wrong === 0).length;
  const all = decimal(classes.length);
  if (worst.length === 0) return `None of the ${all} classes has a mistake`;
  return `${decimal(worst.length)} of ${all} classes, those with the most mistakes; ${decimal(flawless)} have none`;
}

/** A name that leaves room for others. */
function shortened(name: string): string {
  return escaped(name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name);
}
