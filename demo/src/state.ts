// Everything that a visitor can choose, as it stands in the address: #depth=2&width=300&… Whoever opens the same address gets
// the same network, to the bit.

export interface State {
  readonly depth: number;
  readonly width: number;
  readonly objective: 'swish' | 'symba' | 'logistic';
  readonly negatives: 'hard' | 'uniform';
  readonly images: number;
  readonly epochs: number;
  readonly seed: number;
}

export const defaults: State = {
  depth: 2,
  width: 300,
  objective: 'swish',
  negatives: 'hard',
  images: 20_000,
  epochs: 10,
  seed: 1,
};

/** The whole numbers that each setting may be. */
export const ranges = {
  depth: [1, 6],
  width: [16, 2000],
  images: [1000, 60_000],
  epochs: [1, 100],
  seed: [0, 2 ** 32 - 1],
} as const satisfies Partial<Record<keyof State, readonly [number, number]>>;

/** The words that each other setting may be. */
export const words = {
  objective: ['swish', 'symba', 'logistic'],
  negatives: ['hard', 'uniform'],
} as const satisfies { [Name in keyof State]?: readonly State[Name][] };

/** What an address, or the settings written as one, asks for. What makes no sense is as by default, and said. */
export function parseState(hash: string, place = ' in the address'): { state: State; complaints: string[] } {
  const state: Record<string, unknown> = { ...defaults };
  const complaints: string[] = [];
  const complain = (name: string, expected: string, found: string) => {
    const shown = found.length > 20 ? `${found.slice(0, 20)}…` : found;
    const instead = Object.hasOwn(defaults, name) ? `; took ${defaults[name as keyof State]}` : '';
    complaints.push(`${name}${place}: expected ${expected}, found “${shown}”${instead}`);
  };
  for (const [name, value] of new URLSearchParams(hash.replace(/^#/, ''))) {
    if (Object.hasOwn(ranges, name)) {
      const [least, most] = ranges[name as keyof typeof ranges];
      const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= least && number <= most) state[name] = number;
      else complain(name, `a whole number from ${least} to ${most}`, value);
    } else if (Object.hasOwn(words, name)) {
      const known: readonly string[] = words[name as keyof typeof words];
      if (known.includes(value)) state[name] = value;
      else complain(name, known.join(', '), value);
    } else {
      const names = Object.keys(defaults).join(', ');
      complain(name.length > 20 ? `${name.slice(0, 20)}…` : name || 'a setting', `one of ${names}`, value);
    }
  }
  // A long list helps nobody.
  return { state: state as unknown as State, complaints: complaints.slice(0, 3) };
}

/** The address of a state, without what is as by default. */
export function formatState(state: State): string {
  const changed = Object.entries(state).filter(([name, value]) => value !== defaults[name as keyof State]);
  return changed.length === 0
    ? ''
    : `#${new URLSearchParams(changed.map(([name, value]) => [name, `${value}`]))}`;
}
