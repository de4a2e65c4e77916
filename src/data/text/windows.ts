// Strings of characters as examples: the windows of ten characters whose next one is to be told.

import { sharedBuffer } from '../../threads/memory.ts';
import type { Dataset } from '../dataset.ts';
import { alphabet, STRING } from './strings.ts';

/** Characters that a prediction looks back on. */
export const WINDOW = 10;

/** Inputs of an example: one of 30 for the label, and one of 30 for each character of the window, the oldest first. */
export const TEXT_WIDTH = (1 + WINDOW) * alphabet.length;

/** Predictions in a string: of the characters after its first window. */
export const PREDICTIONS = STRING - WINDOW;

/**
 * Every prediction in the strings as an example of 330 inputs: those of the label, free, and the window, with the next
 * character as the label. Example s · 90 + i predicts character 10 + i of string s.
 */
export function textDataset(strings: Uint8Array, name: string): Dataset {
  const count = (strings.length / STRING) * PREDICTIONS;
  const inputs = new Uint8Array(sharedBuffer(count * TEXT_WIDTH));
  const labels = new Uint8Array(sharedBuffer(count));
  for (let example = 0; example < count; example++) {
    const first = Math.floor(example / PREDICTIONS) * STRING + (example % PREDICTIONS);
    writeWindow(inputs, example, strings.subarray(first, first + WINDOW));
    labels[example] = strings[first + WINDOW];
  }
  const classNames = [...alphabet];
  const classes = alphabet.length;
  return { name, count, width: TEXT_WIDTH, classes, classNames, predictions: PREDICTIONS, inputs, labels };
}

/** Makes example `example` of `inputs` (count, 330) a window of ten symbols, whatever it was, with no label. */
export function writeWindow(inputs: Uint8Array, example: number, window: Uint8Array): void {
  const first = example * TEXT_WIDTH;
  inputs.fill(0, first, first + TEXT_WIDTH);
  for (const [i, symbol] of window.entries()) inputs[first + (1 + i) * alphabet.length + symbol] = 255;
}
