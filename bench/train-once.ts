// Trains a recipe once, in a process of its own, so that no other training has warmed this one's code: RECIPE EPOCHS SEED IMAGES
// HELD_OUT [DATA [CHECKPOINT]]. Learns from the first IMAGES of DATA, MNIST by default, and looks once at the last HELD_OUT training images
// or, where that is 0, at the test set. Goes on from the file CHECKPOINT, which each epoch writes anew. Prints a line of JSON.

import { existsSync, rmSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { createNetwork, loadDataset, loadNetwork, saveNetwork, slice } from '../src/index.ts';
import { forImages } from '../src/recipes/images.ts';
import { findRecipe } from '../src/recipes/recipes.ts';

const name = process.argv[2];
const [epochs, seed, images, heldOut] = process.argv.slice(3, 7).map(Number);
const { train, test } = await loadDataset(process.argv[7] ?? 'mnist');
const recipe = { ...forImages(findRecipe(name), train), epochs };
const checkpoint = process.argv[8];
const network =
  checkpoint && existsSync(checkpoint)
    ? await loadNetwork(checkpoint)
    : await createNetwork(recipe, { inputs: train.width, classes: train.classes, seed });
if (!isDeepStrictEqual(network.recipe, recipe))
  throw new Error(`${checkpoint} is of another recipe than ${name} with ${epochs} epochs is now: remove it`);
for await (const _event of network.fit(slice(train, 0, images))) {
  if (checkpoint) await saveNetwork(network, checkpoint, true);
}
const { answers } = await network.evaluate(
  heldOut ? slice(train, train.count - heldOut, train.count) : test!,
);
const { threads, session, position } = network;
const { trainSeconds } = position;
console.log(JSON.stringify({ error: answers.error, trainSeconds, threads, build: session.build }));
await network.close();
if (checkpoint) rmSync(checkpoint);
