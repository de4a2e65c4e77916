// Learning on the fly (section 9 of the paper asks for networks that do): a stream that is seen once. Each example is answered
// first and learned from afterwards, by the code that learns on a device; nothing of it is kept.

import type { Dataset } from '../data/dataset.ts';
import { shuffledOrder } from '../data/shuffle.ts';
import { type Learner, openLearner } from '../device/learner.ts';
import { writeFileSafely } from '../files/write.ts';
import { randomBits } from '../kernels/plain/random.ts';
import { stream } from '../kernels/random-streams.ts';
import { createNetwork } from '../network/create.ts';
import { encodeNetwork } from '../network/encode.ts';
import { largestIndex } from '../readouts/goodness.ts';
import { quick } from '../recipes/recipes.ts';
import type { Experiment } from './experiment.ts';
import { firstLayersSection } from './sections.ts';
import type { Training } from './training.ts';

/** Examples between two points of the curve. */
const TELL_EVERY = 1000;

/**
 * One pass over the training set in an order of the seed. A run that was stopped begins again: the learner has no
 * checkpoints, and a run takes a minute or two.
 */
const learnOnline: Training = async task => {
  const { recipe, seed, train, test, signal } = task;
  const network = await createNetwork(recipe, {
    inputs: train.width,
    classes: train.classes,
    seed,
    threads: 1,
  });
  const learner = await openLearner(await encodeNetwork(network), { batch: 1, rate: 1 }).finally(() =>
    network.close(),
  );
  const order = shuffledOrder(train.count, 1, i => randomBits(seed, stream.shuffle, i));
  const at: number[] = [];
  const trainError: number[] = [];
  let wrong = 0;
  let trainSeconds = 0;
  for (let seen = 0; seen < train.count; ) {
    const startedAt = performance.now();
    const next = Math.min(seen + TELL_EVERY, train.count);
    for (; seen < next; seen++) {
      const [example, label] = exampleOf(train, order[seen]);
      if (learner.predict(example).label !== label) wrong++;
      learner.learn(example, [label]);
    }
    trainSeconds += (performance.now() - startedAt) / 1000;
    at.push(seen);
    trainError.push((100 * wrong) / seen);
    task.onEvent({ event: 'seen', examples: seen, of: train.count, error: trainError.at(-1)!, trainSeconds });
    // So that Ctrl-C is heard.
    await new Promise(resolve => setImmediate(resolve));
    if (signal.aborted && seen < train.count) return undefined;
  }
  const errors = errorsOn(learner, test);
  await writeFileSafely(task.model, learner.save());
  return {
    ...errors,
    epochs: 1,
    trainSeconds,
    threads: 1,
    build: learner.build,
    curve: { unit: 'examples', at, trainError },
  };
};

function errorsOn(learner: Learner, test: Dataset): { goodnessError: number; softmaxError: number } {
  const wrong = { goodness: 0, softmax: 0 };
  for (let i = 0; i < test.count; i++) {
    const [example, label] = exampleOf(test, i);
    const answer = learner.predict(example);
    if (answer.label !== label) wrong.goodness++;
    if (largestIndex(Float32Array.from(answer.probabilities), 0, test.classes) !== label) wrong.softmax++;
  }
  return {
    goodnessError: (100 * wrong.goodness) / test.count,
    softmaxError: (100 * wrong.softmax) / test.count,
  };
}

function exampleOf({ inputs, labels, width }: Dataset, i: number): [Dataset['inputs'], number] {
  return [inputs.subarray(i * width, (i + 1) * width), labels[i]];
}

export const online: Experiment = {
  name: 'online',
  about: 'a stream that is seen once: every example is answered, then learned from, then forgotten',
  section: 'sections 3.3 and 9 of the paper',
  data: 'mnist',
  variants: [
    {
      name: 'one-by-one',
      about: 'a step for every example, on one thread, in memory that does not grow',
      recipe: {
        ...quick,
        name: 'online',
        about: 'one pass, one example at a time',
        shift: 0,
        batch: 1,
        epochs: 1,
        holdShare: 1,
        learning: {
          ...quick.learning,
          optimizer: { ...quick.learning.optimizer, rate: 0.0003 },
          readout: { ...quick.learning.readout, rate: 0.02, momentum: 0 },
        },
      },
      seeds: [1, 2, 3],
      short: { epochs: 1, examples: 6000 },
      train: learnOnline,
    },
  ],
  sections: [firstLayersSection],
};
