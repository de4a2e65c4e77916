// Which processes of this machine still run: what others have left behind is nobody's any more.

import { readFileSync } from 'node:fs';

/** A process by its number, and by when it began, since numbers come again; nothing where the system does not tell. */
export interface ProcessMark {
  readonly pid: number;
  readonly began?: string | undefined;
}

export function markOf(pid: number): ProcessMark {
  return { pid, began: statOf(pid)?.began };
}

/** Whether that very process still runs, as far as one can tell. */
export function isRunning({ pid, began }: ProcessMark): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // One that belongs to somebody else is there all the same.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const { state, began: now } = statOf(pid) ?? {};
  // It has ended, and nobody has asked how.
  if (state === 'Z') return false;
  return began === undefined || now === undefined || began === now;
}

/** Whether a process has ended (Z), and when it began, in ticks since the machine was started; Linux alone tells. */
function statOf(pid: number): { readonly state: string; readonly began: string } | undefined {
  try {
    // The second field is the program's name, in which anything may stand, parentheses too.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { state: fields[0], began: fields[19] };
  } catch {
    return undefined;
  }
}
