// Small labelled data that a network can learn in a second: noisy prototypes, one a class, with a border of zeros so that
// rows are sparse like digits.

import type { Dataset, NumberArray } from '../../src/data/dataset.ts';

/** What makes arrays whose numbers stand for themselves as inputs. */
export const kindsOfNumbers: readonly {
  readonly name: string;
  from(values: ArrayLike<number>): NumberArray;
}[] = [Array, Float64Array, Int8Array, Int16Array, Uint16Array, Int32Array, Uint32Array];

/** Numbers in [0, 1) from a seed, for making data; not the library's own generator. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `count` examples of `classes` classes; `width` inputs, the first `classes` of which the label will replace. */
export function prototypes(
  count: number,
  width: number,
  classes: number,
  seed: number,
  noise = 0.3,
): Dataset {
  // The prototypes are the same for every seed, so that two seeds are a training and a test set.
  const shape = generator(99);
  const centres = Array.from({ length: classes }, () =>
    Array.from({ length: width }, () => (shape() < 0.4 ? 1 : 0)),
  );
  const random = generator(seed);
  const inputs = new Uint8Array(count * width);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = Math.floor(random() * classes);
    for (let k = 0; k < width; k++) {
      const isOn = random() < noise ? random() < 0.4 : centres[labels[i]][k] === 1;
      inputs[i * width + k] = isOn ? 55 + Math.floor(random() * 200) : 0;
    }
  }
  return { name: 'prototypes', count, width, classes, inputs, labels };
}

/** The same with nothing in the inputs that the label will replace. */
export function withLabelRoom(data: Dataset): Dataset {
  const inputs = data.inputs.slice();
  for (let i = 0; i < data.count; i++) inputs.fill(0, i * data.width, i * data.width + data.classes);
  return { ...data, inputs };
}

/**
 * `strings` strings as windows of characters and the character that comes next, `predictions` of each: `width` inputs in
 * groups of `classes`, the first of which the label will replace. A character is mostly the one before it plus one.
 */
export function sequences(
  strings: number,
  predictions: number,
  width: number,
  classes: number,
  seed: number,
): Dataset {
  const random = generator(seed);
  const count = strings * predictions;
  const inputs = new Uint8Array(count * width);
  const labels = new Uint8Array(count);
  const window = width / classes - 1;
  for (let string = 0; string < strings; string++) {
    const text = [Math.floor(random() * classes)];
    while (text.length < window + predictions) {
      text.push(random() < 0.2 ? Math.floor(random() * classes) : (text[text.length - 1] + 1) % classes);
    }
    for (let i = 0; i < predictions; i++) {
      const example = string * predictions + i;
      for (let k = 0; k < window; k++) inputs[example * width + (1 + k) * classes + text[i + k]] = 255;
      labels[example] = text[i + window];
    }
  }
  return { name: 'sequences', count, width, classes, predictions, inputs, labels };
}

/** Rows whose class follows from a number and a colour, with cells missing and columns of no use. */
export function rows(count: number, seed: number) {
  const random = generator(seed);
  return Array.from({ length: count }, (_, i) => {
    const kind = Math.floor(random() * 3);
    return {
      id: i + 1,
      name: `row ${i} ${random()}`,
      same: 'x',
      size: random() < 0.1 ? null : kind * 100 + random() * 60,
      colour: ['red', 'green', 'blue'][random() < 0.1 ? 0 : kind],
      kind: ['small', 'middle', 'large'][kind],
    };
  });
}

/** A CSV table of so many rows, of three kinds that lie far apart. */
export function farTable(count: number): string {
  const rows = Array.from({ length: count }, (_, i) => `${(i % 3) * 2 + (i % 7) / 10},${i % 5},k${i % 3}`);
  return `size,other,kind\n${rows.join('\n')}\n`;
}
