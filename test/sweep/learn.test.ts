// One training of a sweep: the same bits as alone, however often it ends and goes on; and its data.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dataset, splitValidation } from '../../src/data/dataset.ts';
import { InputError } from '../../src/errors.ts';
import { joinChunks } from '../../src/files/safetensors.ts';
import { createNetwork } from '../../src/network/create.ts';
import { encodeNetwork } from '../../src/network/encode.ts';
import { heldOutOf, openData, packDataset, unpackDataset } from '../../src/sweep/data.ts';
import { digestOfBytes } from '../../src/sweep/digest.ts';
import { differenceOf, identityOf } from '../../src/sweep/identity.ts';
import { checkOutcome, type Keeping, learn, type Told } from '../../src/sweep/learn.ts';
import type { Trial } from '../../src/sweep/trials.ts';
import { writeBlocks } from '../support/blocks.ts';
import { farTable } from '../support/data.ts';
import { classes, examples, inputs, planOf, tiny } from '../support/sweep.ts';

const learner = { worker: 'me', threads: 1, allowModule: false };
const [trial] = planOf().trials;

const keeping = (more: Partial<Keeping> = {}): Keeping => ({
  keep: async () => true,
  tell: () => {},
  signal: new AbortController().signal,
  ...more,
});

async function alone(): Promise<Uint8Array> {
  const network = await createNetwork(tiny, { inputs, classes, seed: 1, threads: 1, build: 'simd' });
  for await (const _event of network.fit(splitValidation(examples, 40).train));
  const model = await encodeNetwork(network);
  await network.close();
  return model;
}

describe('a training', () => {
  it('comes to the bits of the same recipe alone, and tells of each epoch', async () => {
    const told: Told[] = [];
    const learned = await learn(
      { trial, until: 3 },
      examples,
      learner,
      keeping({ tell: one => void told.push(one) }),
    );
    expect(learned!.model).toEqual(await alone());
    expect(learned!.outcome).toMatchObject({
      trial: trial.id,
      until: 3,
      worker: 'me',
      model: digestOfBytes([learned!.model!]),
    });
    expect(told.map(({ epoch, epochs, error }) => [epoch, epochs, error])).toEqual(
      learned!.outcome.curve.map(({ epoch, error }) => [epoch, 3, error]),
    );
    expect(checkOutcome(JSON.parse(JSON.stringify(learned!.outcome)))).toEqual(learned!.outcome);
  });

  it('goes on from each epoch to the same bits, in another process with other threads', async () => {
    let checkpoint: Uint8Array | undefined;
    for (const until of [1, 2]) {
      const part = await learn(
        { trial, until },
        examples,
        { ...learner, threads: until },
        keeping({
          checkpoint,
          keep: async chunks => {
            checkpoint = joinChunks(chunks);
            return true;
          },
        }),
      );
      expect(part!.model).toBeUndefined();
      expect(part!.outcome.curve.map(({ epoch }) => epoch)).toEqual([1, 2].slice(0, until));
    }
    const whole = await learn({ trial, until: 3 }, examples, learner, keeping({ checkpoint }));
    expect(whole!.model).toEqual(await alone());
    expect(whole!.outcome.curve.length).toBe(3);
  });

  it('that has learned more than it is asked for is judged by what it was then', async () => {
    let checkpoint: Uint8Array | undefined;
    const keep = async (chunks: Uint8Array[]) => {
      checkpoint = joinChunks(chunks);
      return true;
    };
    const further = await learn({ trial, until: 2 }, examples, learner, keeping({ keep }));
    const before = await learn({ trial, until: 1 }, examples, learner, keeping({ checkpoint }));
    expect(before!.outcome.curve).toEqual(further!.outcome.curve.slice(0, 1));
    expect(before!.outcome.error).toBe(further!.outcome.curve[0].error);
  });

  it('that could not be kept is tried to be kept again, and what is needed is waited for', async () => {
    const asked: boolean[] = [];
    const long = { ...trial, recipe: { ...tiny, epochs: 5 } };
    let checkpoint: Uint8Array | undefined;
    const once = async (chunks: Uint8Array[]) => {
      checkpoint = joinChunks(chunks);
      return true;
    };
    await learn({ trial: long, until: 1 }, examples, learner, keeping({ keep: once }));
    const keep = async (_: Uint8Array[], __: number, isNeeded: boolean) => {
      asked.push(isNeeded);
      return false;
    };
    await learn({ trial: long, until: 4 }, examples, learner, keeping({ keep, checkpoint }));
    expect(asked[0]).toBe(false);
    expect(asked.at(-1)).toBe(true);
  });

  // Where a busy machine is slow to keep it, it is not kept again at once.
  it('is kept after each epoch once it has learned for two seconds', { retry: 3 }, async () => {
    const kept: number[] = [];
    const startedAt = performance.now();
    let firstAt = 0;
    const slow = { ...trial, recipe: { ...tiny, epochs: 5 } };
    const keep = async (_: Uint8Array[], epoch: number) => {
      firstAt ||= performance.now() - startedAt;
      kept.push(epoch);
      return true;
    };
    // By far longer than what keeping takes, in time of a processor: what waits for one is not kept sooner.
    const tell = () => {
      const before = process.cpuUsage();
      while (process.cpuUsage(before).user < 1_500_000);
    };
    await learn({ trial: slow, until: 5 }, examples, learner, keeping({ keep, tell }));
    expect(firstAt).toBeGreaterThanOrEqual(2000);
    expect(kept.length).toBeGreaterThan(1);
    expect(kept).toEqual(Array.from({ length: 5 - kept[0] }, (_, i) => kept[0] + i));
  });

  it('is stopped in the middle of an epoch and goes on to the same bits', async () => {
    const stop = new AbortController();
    let checkpoint: Uint8Array | undefined;
    const part = await learn(
      { trial, until: 3 },
      examples,
      learner,
      keeping({
        tell: () => void setTimeout(() => stop.abort(), 3),
        keep: async chunks => {
          checkpoint = joinChunks(chunks);
          return true;
        },
        signal: stop.signal,
      }),
    );
    // On a fast machine it is through before.
    if (!part) expect(checkpoint).toBeDefined();
    const whole = await learn({ trial, until: 3 }, examples, learner, keeping({ checkpoint }));
    expect(whole!.model).toEqual(await alone());
  });

  it('that cannot be kept or told of ends, and is no result', async () => {
    // At once, and with what would be a result if the training had thrown it.
    const refused = () => {
      throw new InputError('the server says nonsense');
    };
    await expect(learn({ trial, until: 3 }, examples, learner, keeping({ tell: refused }))).rejects.toThrow(
      'nonsense',
    );
    const broken = async () => {
      throw new Error('the server is gone');
    };
    await expect(learn({ trial, until: 3 }, examples, learner, keeping({ tell: broken }))).rejects.toThrow(
      'gone',
    );
    await expect(learn({ trial, until: 2 }, examples, learner, keeping({ keep: broken }))).rejects.toThrow(
      'gone',
    );
  });

  it.each([
    [
      'diverges',
      { learning: { ...tiny.learning, optimizer: { ...tiny.learning.optimizer, rate: 1e30 } } },
      /training diverged in epoch 1/,
    ],
    ['is for other data', { image: [9, 9] }, /image is 9 × 9/],
  ])('that %s is a failure for everybody', async (_, changes, message) => {
    const other = { ...trial, recipe: { ...tiny, ...changes } } as Trial;
    const learned = await learn({ trial: other, until: 3 }, examples, learner, keeping());
    expect(learned!.outcome.failure).toMatch(message);
    expect(learned!.outcome.error).toBeUndefined();
    expect(learned!.model).toBeUndefined();
  });
});

it('a training that names code is none where nobody allows it', async () => {
  const learning = { ...tiny.learning, between: { kind: 'module', after: 0, path: '/tmp/any.mjs' } };
  const other = { ...trial, recipe: { ...tiny, learning } } as Trial;
  await expect(learn({ trial: other, until: 3 }, examples, learner, keeping())).rejects.toThrow(
    /names code to be run, which is not allowed here/,
  );
});

it('a training begins anew where its checkpoint is damaged', async () => {
  const learned = await learn(
    { trial, until: 3 },
    examples,
    learner,
    keeping({ checkpoint: new Uint8Array(99) }),
  );
  expect(learned!.model).toEqual(await alone());
});

it('an outcome of many epochs tells of some of them, the last one among these', async () => {
  const long = {
    ...trial,
    recipe: {
      ...tiny,
      layers: [8],
      learning: { ...tiny.learning, readout: { ...tiny.learning.readout, from: 0 } },
      batch: 200,
      epochs: 700,
    },
  };
  const learned = await learn({ trial: long, until: 700 }, examples, learner, keeping());
  const epochs = learned!.outcome.curve.map(({ epoch }) => epoch);
  expect([epochs.length, epochs[0], epochs.at(-1)]).toEqual([500, 1, 700]);
  expect(learned!.outcome.error).toBe(learned!.outcome.curve.at(-1)!.error);
});

describe('data of a sweep', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ff-sweep-'));
    await writeBlocks(join(folder, 'blocks'), 300, 50);
    await writeFile(join(folder, 'table.csv'), farTable(200));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('come out of their bytes as they were', async () => {
    const many: Dataset = {
      ...examples,
      classes: 300,
      classNames: Array.from({ length: 300 }, (_, i) => `c${i}`),
      labels: Uint16Array.from({ length: examples.count }, (_, i) => i),
    };
    const bytes: Dataset = {
      ...examples,
      shape: [5, 8],
      inputs: Uint8Array.from(examples.inputs, value => 255 * value),
    };
    for (const data of [examples, many, bytes]) {
      const found = unpackDataset(joinChunks(packDataset(data)));
      expect(found).toEqual({ ...data, labels: found.labels });
      expect([...found.labels]).toEqual([...data.labels]);
      expect(found.labels.constructor).toBe(data.labels.constructor);
    }
  });

  it('of a folder are its training images, and nothing of its test images', async () => {
    const data = await openData({ source: join(folder, 'blocks') });
    expect([data.name, data.count, data.holdOut, data.recipe.name]).toEqual(['blocks', 300, 45, 'one-pass']);
    expect(unpackDataset(joinChunks([...data.chunks])).shape).toEqual([28, 28]);
    expect(data.digest).toBe(digestOfBytes(data.chunks));
  });

  it('of a table are what ff train learns from, with what it holds out at the end', async () => {
    const data = await openData({ source: join(folder, 'table.csv'), label: 'kind' });
    // A fifth is for its test.
    expect([data.count, data.holdOut]).toEqual([161, 24]);
    expect(data.recipe.name).toBe('own-data');
    const { validation } = heldOutOf(unpackDataset(joinChunks([...data.chunks])), {
      kind: 'last',
      count: 24,
    });
    expect([0, 1, 2].map(label => validation.labels.filter(each => each === label).length)).toEqual([
      8, 8, 8,
    ]);
    await expect(openData({ source: join(folder, 'blocks'), label: 'kind' })).rejects.toThrow(
      /label is for tables/,
    );
  });

  it('are held out part by part, each example once and every class alike', () => {
    const ordered: Dataset = {
      ...examples,
      labels: Uint8Array.from(examples.labels, (_, i) => Math.floor(i / 60)),
    };
    const marked = {
      ...ordered,
      inputs: Float32Array.from({ length: 240 * inputs }, (_, i) => Math.floor(i / inputs)),
    };
    const seen: number[] = [];
    for (let fold = 0; fold < 7; fold++) {
      const { train, validation } = heldOutOf(marked, { kind: 'fold', fold, of: 7 });
      expect(train.count + validation.count).toBe(240);
      for (let label = 0; label < 4; label++) {
        const count = validation.labels.filter(each => each === label).length;
        expect(count === 8 || count === 9).toBe(true);
      }
      for (let i = 0; i < validation.count; i++) {
        const example = validation.inputs[i * inputs];
        expect(validation.labels[i]).toBe(ordered.labels[example]);
        seen.push(example);
      }
    }
    // Of few examples too, no part is empty.
    const few = {
      ...examples,
      count: 8,
      labels: Uint8Array.from([0, 1, 0, 1, 0, 1, 0, 1]),
      inputs: examples.inputs.subarray(0, 8 * inputs),
    };
    for (let fold = 0; fold < 8; fold++) {
      expect(heldOutOf(few, { kind: 'fold', fold, of: 8 }).validation.count).toBe(1);
    }
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 240 }, (_, i) => i));
  });

  it('of text are held out by whole strings', () => {
    const text: Dataset = {
      ...examples,
      predictions: 20,
      inputs: Float32Array.from({ length: 240 * inputs }, (_, i) => Math.floor(i / inputs)),
    };
    const { validation } = heldOutOf(text, { kind: 'fold', fold: 1, of: 4 });
    const found = Array.from({ length: validation.count }, (_, i) => validation.inputs[i * inputs]);
    expect(found.length % 20).toBe(0);
    for (let i = 0; i < found.length; i++) expect(found[i] % 20).toBe(i % 20);
  });
});

describe('who takes part', () => {
  it('is told by version, kernels and arithmetic', async () => {
    const own = await identityOf('simd');
    expect(await identityOf('simd')).toEqual(own);
    expect(differenceOf(own, own)).toBeUndefined();
    expect(differenceOf(own, { ...own, version: '9.9.9' })).toMatch(
      /it is of forward-forward 9\.9\.9, this is .*: install that version/,
    );
    expect(differenceOf(own, { ...own, build: 'relaxed' })).toMatch(/it runs relaxed kernels/);
    expect(differenceOf(own, { ...own, kernels: 'x' })).toMatch(/its kernels are others/);
    expect(differenceOf(own, { ...own, arithmetic: 'x' })).toMatch(/this processor rounds otherwise/);
  });
});
