// What a network of character sequences is asked: which character comes next, and what it would write (section 3.4).

import type { Dataset } from '../data/dataset.ts';
import { alphabet, simplifyText } from '../data/text/strings.ts';
import { TEXT_WIDTH, WINDOW, writeWindow } from '../data/text/windows.ts';
import { InputError } from '../errors.ts';
import { bindKernels } from '../kernels/kernels.ts';
import { stream } from '../kernels/random-streams.ts';
import { drawCharacter, moveWindow } from '../negatives/rolled-out.ts';
import { scoreAnswers } from '../readouts/goodness.ts';
import type { Network } from './network.ts';

/** Percent of the characters in `data`, of textDataset, that the softmax readout tells wrong from the ten before. */
export async function nextCharacterError(network: Network, data: Dataset): Promise<number> {
  return scoreAnswers(await network.probabilities(data), data.labels, data.classes).error;
}

/**
 * The `count` characters that the network writes after `beginning`, of which the last ten count: each drawn from the softmax
 * readout's probabilities and read again by the next. The same seed writes the same. Throws an InputError for a beginning of
 * less than ten characters, or a network of anything but the alphabet.
 */
export async function continueText(
  network: Network,
  beginning: string,
  count: number,
  seed = 1,
): Promise<string> {
  const { inputs, classes } = network.session;
  if (inputs !== TEXT_WIDTH || classes !== alphabet.length) {
    throw new InputError(
      `expected a network of ${TEXT_WIDTH} inputs and ${alphabet.length} classes, that has learned from textDataset, found ${inputs} and ${classes}`,
    );
  }
  // A space at the end counts: it says that the last word is over.
  const simple = simplifyText(beginning) + (/\s$/.test(beginning) ? ' ' : '');
  if (simple.length < WINDOW) {
    throw new InputError(
      `expected a beginning of at least ${WINDOW} letters, spaces and commas, found ${simple.length}: ${JSON.stringify(simple)}`,
    );
  }
  const window: Dataset = {
    name: 'the beginning',
    count: 1,
    width: TEXT_WIDTH,
    classes,
    inputs: new Uint8Array(TEXT_WIDTH),
    labels: new Uint8Array(1),
  };
  const symbols = Uint8Array.from(simple.slice(-WINDOW), symbol => alphabet.indexOf(symbol));
  writeWindow(window.inputs as Uint8Array, 0, symbols);
  const { randomBits } = bindKernels(network.session.module, network.session.readoutMemory);
  let text = '';
  for (let i = 0; i < count; i++) {
    const probabilities = await network.probabilities(window);
    const character = drawCharacter(
      probabilities,
      0,
      classes,
      (randomBits(seed, stream.characters, i) >>> 0) / 2 ** 32,
    );
    text += alphabet[character];
    moveWindow(window, 0, character);
  }
  return text;
}
