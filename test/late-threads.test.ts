// Every schedule and everything that can be asked of a network, with threads of which one is late after every barrier: what it
// reads then, another may already have overwritten, and what it has not written yet, another may already read.

import { expect, it } from 'vitest';
import type { Dataset } from '../src/data/dataset.ts';
import { parseSafetensors } from '../src/files/safetensors.ts';
import type { ConvSpec } from '../src/layers/conv/spec.ts';
import type { LocalSpec } from '../src/layers/local/spec.ts';
import { create } from '../src/network/build.ts';
import { createNetwork, node } from '../src/network/create.ts';
import { encodeNetwork } from '../src/network/encode.ts';
import type { Host } from '../src/network/host.ts';
import type { Network } from '../src/network/network.ts';
import type { Contrast, Recipe } from '../src/recipes/recipe.ts';
import { recipes } from '../src/recipes/recipes.ts';
import type { Job } from '../src/schedules/job.ts';
import { PiscinaTeam } from '../src/threads/piscina.ts';
import { prototypes, sequences } from './support/data.ts';
import { type Changes, changed, hinton, quick } from './support/recipes.ts';

const worker = new URL('./support/late-worker.mjs', import.meta.url).href;
const late: Host = {
  ...node,
  startTeam: async (session, threads) => PiscinaTeam.start<Job>(worker, session, threads),
};

const classes = 6;
const image = [7, 8] as const;
// Two whole batches, and one with fewer examples than there are threads.
const images: Dataset = { ...prototypes(44, 56, classes, 1), shape: image };
// Seven jobs an epoch: in each epoch another thread is late in the one that learns.
const texts = sequences(7, 6, 54, classes, 1);

const { goodness, objective, optimizer } = quick.learning;
const readout = { ...quick.learning.readout, from: 0 };
const byGoodness = { goodness, objective, optimizer, readout, peerNormalisation: 0.03 };
const { from: _, ...topReadout } = readout;

// Panels enough that threads have some to multiply pairs of rows with.
const small = { ...quick, layers: [70, 200], batch: 20, shift: 0 };
const labelled = (changes: Changes<Contrast>) =>
  changed(quick, { ...small, ...changes, learning: { peerNormalisation: 0.03, ...changes.learning } });
const local = (height: number, width: number, channels: number, size: number, above?: number): LocalSpec => ({
  kind: 'local',
  height,
  width,
  channels,
  field: { size, stride: 1, overhang: size % 2 },
  ...(above && { above: { size: above, stride: 1, overhang: 1 } }),
});
const hybrids: Recipe = {
  ...small,
  image,
  learning: { kind: 'unsupervised', negatives: { kind: 'hybrids', blurs: 2 }, ...byGoodness },
};
const recurrent: Recipe = {
  ...small,
  learning: {
    kind: 'recurrent',
    iterations: 3,
    damping: 0.3,
    firstStep: 1,
    lastStep: 2,
    labelStrength: 3,
    negatives: 'hard',
    ...byGoodness,
  },
};
const convolutions: ConvSpec[] = [
  { kind: 'conv', channels: 12, size: 3, maxPool: 2 },
  { kind: 'conv', channels: 40, size: 5, cells: 2 },
];
const { peerNormalisation: _peer, ...withoutPeers } = byGoodness;
const withConvolutions: Recipe = {
  ...hybrids,
  learning: { kind: 'unsupervised', negatives: { kind: 'hybrids', blurs: 2 }, ...withoutPeers },
};
const noise = { kind: 'noise', after: 0, deviation: 0.2 } as const;
const onePass = recipes['one-pass'].learning;

const cases: [string, Recipe, Dataset?][] = [
  ['hard negatives', labelled({ shift: 1 })],
  [
    'uniform negatives, in phases',
    changed(hinton, { ...small, layers: [70, 40, 100], learning: { negatives: 'uniform', phases: 2 } }),
  ],
  ['fixed layers', labelled({ learning: { frozen: true } })],
  ['noise between layers', labelled({ learning: { between: noise } })],
  ['hybrids', hybrids],
  ['hybrids, one layer', { ...hybrids, layers: [100] }],
  ['hybrids, local fields', { ...hybrids, layers: [local(4, 5, 3, 4), local(3, 4, 40, 2), 20] }],
  ['hybrids, convolutions', { ...withConvolutions, layers: [...convolutions, 20] }],
  ['rolled-out negatives', labelled({ learning: { negatives: 'rolled-out' } }), texts],
  ['recurrent', recurrent],
  ['recurrent, one layer', { ...recurrent, layers: [100] }],
  ['recurrent, local fields', { ...recurrent, image, layers: [local(7, 8, 2, 3, 3), local(7, 8, 3, 3), 40] }],
  ['classes', { ...small, learning: { ...onePass, settled: 0.5 } }],
  [
    'classes, local fields, with a readout',
    {
      ...small,
      image,
      layers: [local(4, 5, 9, 4), 40],
      learning: {
        kind: 'classes',
        activity: 'linear',
        map: 'learned',
        optimizer,
        readFrom: 0,
        readout: topReadout,
      },
    },
  ],
  [
    'classes, convolutions',
    { ...small, image, shift: 1, layers: convolutions, learning: { ...onePass, settled: 0.5 } },
  ],
  [
    'classes, convolutions with shortcuts, with a readout',
    {
      ...small,
      image,
      shift: 1,
      layers: [
        { kind: 'conv', channels: 12, size: 3, maxPool: 2 },
        { kind: 'conv', channels: 40, size: 3 },
        { kind: 'conv', channels: 12, size: 3, shortcut: 2 },
        { kind: 'conv', channels: 12, size: 3, shortcut: 1 },
      ],
      learning: { ...onePass, readout: topReadout, settled: 0.5 },
    },
  ],
  [
    'classes, convolutions that compare images',
    { ...small, image, shift: 1, layers: convolutions, learning: { ...onePass, similarity: 1 } },
  ],
  ['backprop', { ...small, learning: { kind: 'backprop', optimizer, readout: topReadout } }],
  [
    'backprop, noise between layers',
    { ...small, learning: { kind: 'backprop', optimizer, readout: topReadout, between: noise } },
  ],
  [
    'perturbation',
    { ...small, learning: { kind: 'perturbation', deviation: 0.01, rate: 0.1, readout: { rate: 0.1 } } },
  ],
];

const epochs = 5;

async function learned(network: Network, data: Dataset) {
  const told: object[] = [];
  for await (const event of network.fit(data, { epochs })) {
    const { trainSeconds, imagesPerSecond, ...rest } = event;
    told.push(rest);
  }
  const { tensors } = parseSafetensors(await encodeNetwork(network, true), 'the checkpoint');
  return { told, tensors };
}

/** Everything that can be asked, each answer by its name. */
const questions: Record<string, (network: Network, data: Dataset) => Promise<unknown>> = {
  evaluate: (network, data) => network.evaluate(data),
  probabilities: (network, data) => network.probabilities(data),
  predict: (network, { inputs, width }) => network.predict(inputs.slice(0, width) as Uint8Array),
  goodnessOverTime: async (network, data) =>
    network.session.recipe.learning.kind === 'recurrent' && network.goodnessOverTime(data),
};

it.each(cases)(
  '%s: one thread and several learn and answer the same, whichever is late',
  async (_, recipe, data = images) => {
    const options = { inputs: data.width, classes, seed: 5 };
    const alone = await createNetwork(recipe, { ...options, threads: 1 });
    const lessons = await learned(alone, data);
    for (const threads of [2, 3, 5]) {
      const network = await create(late, recipe, { ...options, threads });
      expect(await learned(network, data), `${threads} threads`).toEqual(lessons);
      for (const [name, ask] of Object.entries(questions)) {
        const answer = await ask(alone, data);
        // In as many jobs each thread is late once.
        for (let time = 0; time < threads; time++) {
          expect(await ask(network, data), `${name}, ${threads} threads`).toEqual(answer);
        }
      }
      await network.close();
    }
  },
);
