// A network of text: what it takes for the next character, and what it writes.

import { expect, it } from 'vitest';
import { alphabet, textStrings } from '../../src/data/text/strings.ts';
import { textDataset } from '../../src/data/text/windows.ts';
import { createNetwork } from '../../src/network/create.ts';
import { continueText, nextCharacterError } from '../../src/network/writing.ts';
import type { Recipe } from '../../src/recipes/recipe.ts';
import { recipes } from '../../src/recipes/recipes.ts';

const recipe: Recipe = { ...recipes.quick, layers: [64, 64], shift: 0, epochs: 5, batch: 30 };
const sizes = { inputs: 330, classes: 30, threads: 1 };

it('continues what it has learned by heart', async () => {
  const data = textDataset(textStrings('abcdefgh, '.repeat(60), 'letters'), 'letters');
  const network = await createNetwork(recipe, sizes);
  expect(await nextCharacterError(network, data)).toBeGreaterThan(80);
  for await (const _event of network.fit(data));
  expect(await nextCharacterError(network, data)).toBe(0);
  expect(await continueText(network, 'What? ABCDEFGH, abcd', 12)).toBe('efgh, abcdef');
  // A space at the end is one of the characters to go on from.
  expect(await continueText(network, ' abcdefgh,\n', 3)).toBe('abc');
  await network.close();
});

it('writes by chance where it is not sure, and the same from the same seed', async () => {
  const network = await createNetwork(recipe, sizes);
  const write = (seed?: number) => continueText(network, 'once upon a time', 60, seed);
  const [first, second, other] = [await write(), await write(1), await write(2)];
  expect(second).toBe(first);
  expect(other).not.toBe(first);
  expect(first).toHaveLength(60);
  expect([...first].every(symbol => alphabet.includes(symbol))).toBe(true);
  // Untrained, it takes all thirty for equally likely.
  expect(new Set(first).size).toBeGreaterThan(15);
  await network.close();
});

it('says what it expects', async () => {
  const network = await createNetwork(recipe, sizes);
  await expect(continueText(network, 'The fox!!', 5)).rejects.toThrow(
    'at least 10 letters, spaces and commas, found 9: "the fox.."',
  );
  await network.close();
  const other = await createNetwork(recipe, { ...sizes, inputs: 784, classes: 10 });
  await expect(continueText(other, 'once upon a time', 5)).rejects.toThrow('found 784 and 10');
  await other.close();
});
