// A sweep as it goes by: a line for each training that is through and, on a terminal, a table of those that are going on.

import { isThrough, type Told, type TrialOutcome } from '../sweep/learn.ts';
import type { Plan, Trial } from '../sweep/trials.ts';
import { colors, duration, percent, table, wrapped } from './text.ts';

const REDRAW_MS = 500;

export class SweepProgress {
  readonly #plan: Plan;
  /** By their numbers. */
  readonly #trials: ReadonlyMap<string, Trial>;
  readonly #running = new Map<string, Told & { readonly at: number }>();
  readonly #through: Set<string>;
  readonly #timer: NodeJS.Timeout | undefined;
  /** Lines of the table that are on the screen. */
  #drawn = 0;

  constructor(plan: Plan, finished: readonly TrialOutcome[]) {
    this.#plan = plan;
    this.#trials = new Map(plan.trials.map(trial => [trial.id, trial]));
    this.#through = new Set(finished.filter(isThrough).map(({ trial }) => trial));
    if (process.stdout.isTTY) this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
  }

  told(told: Told): void {
    this.#running.set(told.trial, { ...told, at: performance.now() });
  }

  finished(outcome: TrialOutcome): void {
    const { trial, until, error, failure, trainSeconds, worker } = outcome;
    this.#running.delete(trial);
    if (isThrough(outcome)) this.#through.add(trial);
    const { seed, candidate, heldOut } = this.#trials.get(trial)!;
    const { label, recipe } = this.#plan.candidates[candidate];
    const fold = heldOut.kind === 'fold' ? `, part ${heldOut.fold + 1}` : '';
    const what = failure ?? `error ${percent(error!)}`;
    const place = `${this.#through.size}/${this.#trials.size}`;
    const line = `${place}  ${label}, seed ${seed}${fold}  epoch ${until}/${recipe.epochs}  ${what}  ${duration(trainSeconds)}  ${worker}`;
    this.clear();
    process.stdout.write(`${wrapped(line, process.stdout.columns)}\n`);
  }

  /** Takes the table off the screen, for something else to be written. */
  clear(): void {
    if (this.#drawn > 0) process.stdout.write(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }

  end(): void {
    clearInterval(this.#timer);
    this.clear();
  }

  #draw(): void {
    const { columns = 80, rows = 24 } = process.stdout;
    const cells = [...this.#running.values()].map(
      ({ trial, epoch, epochs, error, secondsLeft, worker, at }) => {
        const left = Math.max(0, secondsLeft - (performance.now() - at) / 1000);
        return [
          trial.slice(0, 8),
          `${epoch}/${epochs}`,
          percent(error),
          duration(left),
          worker,
          this.#plan.candidates[this.#trials.get(trial)!.candidate].label,
        ];
      },
    );
    const shown = table(
      ['training', 'epoch', 'error', 'left', 'worker', 'candidate'],
      cells.slice(0, Math.max(1, rows - 4)),
      true,
    );
    const lines = [
      `${this.#through.size} of ${this.#trials.size} trainings are through`,
      ...(cells.length > 0 ? shown.split('\n') : []),
    ];
    this.clear();
    process.stdout.write(lines.map(line => `${colors.dim(line.slice(0, columns - 1))}\n`).join(''));
    this.#drawn = lines.length;
  }
}
