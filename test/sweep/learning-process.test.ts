// The process that does trainings, as whoever has started it sees it.

import { afterEach, expect, it, vi } from 'vitest';
import { joinChunks } from '../../src/files/safetensors.ts';
import { packDataset } from '../../src/sweep/data.ts';
import { LearningFailed, LearningProcess, ProcessEnded } from '../../src/sweep/learning-process.ts';
import { examples, planOf } from '../support/sweep.ts';

const [trial] = planOf({ seeds: 1 }).trials;
const packed = joinChunks(packDataset(examples));
const dataOf = async () => packed;
const keeping = { keep: async () => true, tell: () => {}, signal: new AbortController().signal };
const settings = { threads: 1, allowModule: false };

let learner: LearningProcess;
afterEach(() => {
  vi.useRealTimers();
  learner.close();
});

it('is ended where it hangs for a minute, and there is another the next time', async () => {
  learner = new LearningProcess(settings);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const first = learner.learn({ trial, until: 3 }, dataOf, keeping);
  const ended = expect(first).rejects.toEqual(new ProcessEnded('SIGKILL'));
  await Promise.resolve();
  // All within one moment, in which nothing can be heard of it, and nothing is known of how long it takes to begin.
  vi.advanceTimersByTime(59_000);
  expect(learner.hangs).toBe(false);
  vi.advanceTimersByTime(2000);
  expect(learner.hangs).toBe(true);
  vi.advanceTimersByTime(50_000);
  vi.useRealTimers();
  await ended;
  expect(learner.hangs).toBe(false);
  const learned = await learner.learn({ trial, until: 3 }, dataOf, keeping);
  expect(learned!.outcome.curve.length).toBe(3);
});

it('says what a training has failed of, and does the next one', async () => {
  learner = new LearningProcess(settings);
  const damaged = async () => packed.subarray(0, 100);
  const failed = learner.learn({ trial, until: 3 }, damaged, keeping);
  await expect(failed).rejects.toBeInstanceOf(LearningFailed);
  const learned = await learner.learn({ trial, until: 3 }, dataOf, keeping);
  expect(learned!.outcome.curve.length).toBe(3);
});
