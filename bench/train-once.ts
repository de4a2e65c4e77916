// Trains a recipe once, in a process of its own, so that no other training has warmed this one's code: RECIPE EPOCHS SEED IMAGES
// HELD_OUT [DATA]. Learns from the first IMAGES of DATA, MNIST by default, and looks once at the last HELD_OUT training images or, where
// that is 0, at the test set. Prints a line of JSON.

import { createNetwork, loadDataset, slice } from '../src/index.ts';
import { forImages } from '../src/recipes/images.ts';
import { findRecipe } from '../src/recipes/recipes.ts';

const name = process.argv[2];
const [epochs, seed, images, heldOut] = process.argv.slice(3, 7).map(Number);
const { train, test } = await loadDataset(process.argv[7] ?? 'mnist');
const recipe = { ...forImages(findRecipe(name), train), epochs };
const network = await createNetwork(recipe, { inputs: train.width, classes: train.classes, seed });
for await (const _event of network.fit(slice(train, 0, images)));
const { answers } = await network.evaluate(
  heldOut ? slice(train, train.count - heldOut, train.count) : test!,
);
const { threads, session, position } = network;
const { trainSeconds } = position;
console.log(JSON.stringify({ error: answers.error, trainSeconds, threads, build: session.build }));
await network.close();
