// The one error class for what a caller or an input got wrong. Everything else that is thrown is a bug or the
// machine's fault, and may show its stack.

/**
 * Bad input: a file, an option, a shape or a value. The message says what was expected, what was found, where,
 * and what to do; the `ff` command prints it alone and exits with 2.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Training went astray: weights or activities are no longer finite, and the network cannot be used any more. */
export class DivergenceError extends Error {
  override readonly name = 'DivergenceError';
}

/** What `work` gives; what it throws for bad input begins with `where`. */
export function inContext<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${where}: ${error.message}`, { cause: error });
  }
}

/** Throws the InputError of a value at `path` that is not what was expected. */
export function refuse(path: string, expected: string, found: unknown): never {
  const text = shown(found);
  throw new InputError(
    `${path || 'it'} must be ${expected}, found ${text.length > 80 ? `${text.slice(0, 79)}…` : text}`,
  );
}

function shown(found: unknown): string {
  // JSON has no word for NaN or for a BigInt.
  if (typeof found === 'number') return `${found}`;
  if (typeof found === 'bigint') return `${found}n`;
  try {
    return JSON.stringify(found) ?? typeof found;
  } catch {
    return `an ${Array.isArray(found) ? 'array' : 'object'} that JSON cannot tell`;
  }
}

/** An error as plain data: a clone of an error forgets its class. */
export interface Failure {
  readonly isInput: boolean;
  readonly message: string;
  readonly stack?: string;
}

export function toFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { isInput: false, message: String(error) };
  const { message, stack } = error;
  return { isInput: error instanceof InputError, message, ...(stack !== undefined && { stack }) };
}

export function fromFailure({ isInput, message, stack }: Failure): Error {
  if (isInput) return new InputError(message);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** The known name nearest to `name` by edit distance, if one is near enough to be a likely typo. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let smallest = Math.max(2, Math.ceil(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < smallest) {
      smallest = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j] + 1, row[j - 1] + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length];
}
