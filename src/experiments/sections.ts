// What an experiment's report can show of its networks, beside errors and curves.

import { type Dataset, slice } from '../data/dataset.ts';
import { alphabet } from '../data/text/strings.ts';
import { WINDOW } from '../data/text/windows.ts';
import { bindKernels } from '../kernels/kernels.ts';
import { stream } from '../kernels/random-streams.ts';
import { HybridImages, otherExample } from '../negatives/hybrids.ts';
import { continueText } from '../network/writing.ts';
import { firstLayerFields } from '../report/collect.ts';
import { fieldPictures, howToRead } from '../report/fields.ts';
import { type Hybrid, hybridPictures } from '../report/hybrids.ts';
import { escaped, named } from '../report/markup.ts';
import { section } from '../report/page.ts';
import { stepCurves } from '../report/steps.ts';
import type { Reproduction } from './experiment.ts';

/** Receptive fields of the first layer of every variant. */
export async function firstLayersSection({ experiment, data, open }: Reproduction): Promise<string> {
  const figures: string[] = [];
  let words = '';
  for (const variant of experiment.variants) {
    const network = await open(variant);
    const fields = firstLayerFields(network, data.train);
    await network.close();
    if (!fields) continue;
    figures.push(named(variant.name, fieldPictures(fields)));
    words = howToRead(fields);
  }
  if (figures.length === 0) return '';
  return section(
    'What the first layer looks for',
    `Each square is one unit and shows its incoming weights where the pixels of the image are. ${words} Each square has
its own scale.`,
    figures.join('\n'),
  );
}

const HYBRIDS = 6;

/** Images, partners, masks and hybrids like those that the first variant learns from. */
export async function hybridsSection({ experiment, data, open }: Reproduction): Promise<string> {
  const { train } = data;
  const network = await open(experiment.variants[0]);
  try {
    const { recipe, hybrids, module, seed } = network.session;
    const { learning } = recipe;
    if (!hybrids || learning.kind !== 'unsupervised' || !train.shape) return '';
    const count = Math.min(HYBRIDS, recipe.batch, train.count);
    const kernels = bindKernels(module, hybrids.memory);
    const random = { seed, masks: stream.masks, partners: stream.negatives };
    const images = new HybridImages(hybrids.plan, kernels, hybrids.memory, random);
    const examples = Uint32Array.from({ length: count }, (_, i) => i);
    images.mix(train, examples, 0, learning.negatives.blurs, 0, count);
    const [height, width, channels = 1] = train.shape;
    const pixels = height * width;
    const bytesOf = (example: number) => {
      const inputs = train.inputs.subarray(example * train.width, (example + 1) * train.width);
      return inputs instanceof Uint8Array ? inputs : Uint8Array.from(inputs, toByte);
    };
    const shown = Array.from({ length: count }, (_, i): Hybrid => {
      const bits = kernels.randomBits(seed, stream.negatives, i) >>> 0;
      return {
        image: bytesOf(i),
        partner: bytesOf(otherExample(i, train.count, bits / 2 ** 32)),
        mask: Uint8Array.from(images.masks.subarray(i * pixels, (i + 1) * pixels), value =>
          value >= 0.5 ? 255 : 0,
        ),
        hybrid: Uint8Array.from(images.hybrids.subarray(i * train.width, (i + 1) * train.width), toByte),
      };
    });
    return section(
      'What is negative',
      `A hybrid takes the white parts of the mask from one image and the black parts from another. Up close it looks
like the real thing, as a whole it does not: a layer that tells the two apart has to look for what holds an image together.`,
      hybridPictures(shown, height, width, channels),
    );
  } finally {
    await network.close();
  }
}

/** The texts that the networks go on with, all from the same beginning. */
export async function writingSection({ experiment, data, open }: Reproduction): Promise<string> {
  const beginning = windowText(data.test!, 0);
  const texts: string[] = [];
  for (const variant of experiment.variants) {
    const network = await open(variant);
    const text = await continueText(network, beginning, WRITTEN);
    await network.close();
    texts.push(`<dt>${escaped(variant.name)}</dt><dd><b>${escaped(beginning)}</b>${escaped(text)}</dd>`);
  }
  return section(
    'What the networks write',
    `Each network goes on after the same ten characters, in bold, which it has not learned from; every character is drawn from
what its softmax readout believes and read again for the next.`,
    `<dl class="texts">${texts.join('')}</dl>`,
  );
}

const WRITTEN = 200;

const WATCHED = 200;

/** Goodness of the right label and of a wrong one, step by step, in the first variant's network. */
export async function overTimeSection({ experiment, data, open }: Reproduction): Promise<string> {
  const network = await open(experiment.variants[0]);
  try {
    const { recipe, plans, classes } = network.session;
    const { learning } = recipe;
    if (learning.kind !== 'recurrent') return '';
    const { iterations } = learning;
    const shown = slice(data.test!, 0, Math.min(WATCHED, data.test!.count));
    const goodness = await network.goodnessOverTime(shown);
    const means = Array.from({ length: iterations }, (_, step) => {
      let [right, wrong] = [0, 0];
      for (let i = 0; i < shown.count; i++) {
        for (let l = 0; l < plans.length; l++) {
          const from = ((i * iterations + step) * plans.length + l) * classes;
          const label = shown.labels[i];
          right += goodness[from + label];
          wrong += goodness[from + ((label + 1 + (i % (classes - 1))) % classes)];
        }
      }
      return { right: right / shown.count, wrong: wrong / shown.count };
    });
    return section(
      'Goodness step by step',
      `The mean over ${shown.count} test examples and all layers, with the right label at the top
<b class="positive">blue</b> and with a wrong one <b class="negative">orange</b>. Not all steps are read.`,
      stepCurves(means),
    );
  } finally {
    await network.close();
  }
}

/** The characters of example `example` of a textDataset. */
function windowText({ inputs, width }: Dataset, example: number): string {
  const symbols = alphabet.length;
  return Array.from({ length: WINDOW }, (_, i) => {
    const first = example * width + (1 + i) * symbols;
    return alphabet[inputs.subarray(first, first + symbols).findIndex(value => value > 0)];
  }).join('');
}

function toByte(value: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}
