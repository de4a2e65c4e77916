// Who does the trainings of a sweep: processes of this machine, or workers anywhere.

import type { Told, TrialOutcome, TrialTask } from './learn.ts';

export interface Engine {
  /** What earlier commands have finished. */
  readonly finished: readonly TrialOutcome[];
  /**
   * Has tasks done, each once, whoever ends meanwhile; resolves with all outcomes. Rejects where the signal ends it, with what was learned
   * kept, and where nobody can go on.
   */
  run(tasks: readonly TrialTask[], listener: Listener, signal: AbortSignal): Promise<TrialOutcome[]>;
  /** The bytes of the model of a training that has learned all of its epochs. */
  model(trial: string): Promise<Uint8Array>;
  /** The sweep is through. */
  done(): Promise<void>;
  close(): Promise<void>;
}

export interface Listener {
  /** An epoch of a training is over. */
  readonly told: (told: Told) => void;
  readonly finished: (outcome: TrialOutcome) => void;
  /** Something went wrong from which the sweep goes on. */
  readonly trouble: (text: string) => void;
}

/** The signal has ended a sweep before it was through. */
export class Stopped extends Error {}
