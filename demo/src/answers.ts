// What the network thinks of the drawing: the goodness of each label in each layer, and the softmax of one pass.

import type { Evaluation } from 'forward-forward';
import { short } from './chart.ts';

const CLASSES = 10;

/** Fills the table; without an evaluation it stays empty, with its shape. */
export function drawAnswers(table: HTMLTableElement, layers: number, evaluation?: Evaluation): void {
  const heads = Array.from(
    { length: layers },
    (_, l) => `<th scope="col"><span class="word">layer </span>${l + 1}</th>`,
  );
  table.tHead!.innerHTML = `<tr><th scope="col">label</th>${heads.join('')}<th scope="col">softmax</th></tr>`;
  const best = evaluation?.answers.predictions[0];
  const rows = Array.from({ length: CLASSES }, (_, label) => {
    const cells = Array.from({ length: layers }, (_, l) => {
      if (!evaluation) return cell(0, '');
      const row = evaluation.goodness.subarray(l * CLASSES, (l + 1) * CLASSES);
      const [low, high] = [Math.min(...row), Math.max(...row)];
      return cell((row[label] - low) / (high - low || 1), short(row[label]));
    });
    const share = evaluation?.probabilities[label] ?? 0;
    cells.push(cell(share, evaluation ? `${(100 * share).toFixed(0)} %` : ''));
    return `<tr${label === best ? ' class="best"' : ''}><th scope="row">${label}</th>${cells.join('')}</tr>`;
  });
  table.tBodies[0].innerHTML = rows.join('');
}

function cell(share: number, text: string): string {
  return `<td><i style="width:${(100 * share).toFixed(1)}%"></i><span>${text}</span></td>`;
}
