// What a page and the worker in which its network lives tell each other.

import type { Failure } from '../errors.ts';
import type { Session } from '../schedules/session.ts';
import type { EpochEvent } from './events.ts';
import type { Position } from './position.ts';

/** Where the kernels come from, where not from the worker's own script. */
export interface KernelSource {
  readonly wasmUrl?: string;
  readonly wasmModule?: WebAssembly.Module;
}

/** A call of the page; the worker answers with the same number. */
export interface Call {
  readonly kind: 'call';
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** An answer, or without `id` the state of training in between. */
export interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly failure?: Failure;
  readonly status?: Status;
}

/** What a network tells of itself without being asked to wait. */
export interface Status {
  readonly position: Position;
  readonly progress: EpochEvent;
}

/** A network as plain data, without its memories. */
export type SessionDescription = Pick<
  Session,
  'recipe' | 'inputs' | 'classes' | 'seed' | 'build' | 'plans' | 'readoutPlan'
>;

/** What the worker answers to a network made or loaded. */
export interface Opened {
  readonly session: SessionDescription;
  readonly threads: number;
  readonly memoryBytes: number[];
}
