// The library in a real Chromium: bundled by four bundlers, with and without cross-origin isolation, to the same bits as Node.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Api from '../src/browser.ts';
import { createNetwork, encodeNetwork, type Recipe, recipes } from '../src/index.ts';
import { type Bundled, bundle, bundlerNames } from './browser/bundles.ts';
import {
  chromiumPath,
  isolation,
  launch,
  noChromium,
  openBundle,
  policy,
  type Served,
} from './browser/chromium.ts';
import { prototypes } from './support/data.ts';

if (!chromiumPath) console.warn(`${noChromium}: left out the tests of bundles and of training in a page`);

/** What a page of these tests has as globals. */
interface Globals {
  readonly ff: typeof Api;
  readonly data: Api.Dataset;
}

const everything = "import * as ff from 'forward-forward'; globalThis.ff = ff;";
const [inputs, classes] = [90, 6];
const data = { ...prototypes(400, inputs, classes, 1), shape: [9, 10] as const };
const plain = { ...data, inputs: Array.from(data.inputs), labels: Array.from(data.labels) };
const quick: Recipe = { ...recipes.quick, layers: [70, 40], batch: 20, epochs: 2 };
const hinton: Recipe = { ...recipes['hinton-supervised'], layers: [70, 100, 40], batch: 20, epochs: 2 };

describe.skipIf(!chromiumPath)('in Chromium', () => {
  let browser: Browser;
  let folder: string;
  let whole: Bundled;
  const servers: Served[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ff-browser-'));
    browser = await launch();
    whole = await bundle('esbuild', folder, everything);
  });
  afterAll(async () => {
    await browser?.close();
    for (const { server } of servers) server.close();
    await rm(folder, { recursive: true });
  });

  /** A page that runs a bundle, with its data. */
  async function open({ out }: Bundled, headers: Record<string, string>): Promise<Page> {
    const { served, page } = await openBundle(browser, out, headers);
    servers.push(served);
    await page.evaluate(({ inputs, labels, ...rest }) => {
      Object.assign(globalThis, {
        data: { ...rest, inputs: Uint8Array.from(inputs), labels: Uint8Array.from(labels) },
      });
    }, plain);
    return page;
  }

  describe.each(bundlerNames)('bundled by %s', name => {
    let bundled: Bundled;
    beforeAll(async () => {
      bundled = await bundle(name, folder, everything);
    });

    it('has no trace of Node', () => {
      expect(bundled.code).not.toMatch(/["']node:|\brequire\(|\bprocess\./);
    });

    it.each([
      ['isolated', isolation],
      ['not isolated', {}],
    ])('trains and predicts, %s', async (_, headers) => {
      const page = await open(bundled, headers);
      const { isIsolated, threads, cores, before, after, label } = await page.evaluate(
        async recipe => {
          const { ff, data } = globalThis as unknown as Globals;
          const network = await ff.createNetwork(recipe, { inputs: 90, classes: 6 });
          const before = (await network.evaluate(data)).answers.error;
          for await (const _event of network.fit(data));
          const after = (await network.evaluate(data)).answers.error;
          const { label } = await network.predict(data.inputs.subarray(0, 90));
          const { threads } = network;
          await network.close();
          const isIsolated = crossOriginIsolated;
          return { isIsolated, threads, cores: navigator.hardwareConcurrency, before, after, label };
        },
        { ...quick, shift: 0, epochs: 8 },
      );
      expect(isIsolated).toBe(headers === isolation);
      expect(threads).toBe(isIsolated ? cores : 1);
      expect(before).toBeGreaterThan(50);
      expect(after).toBeLessThan(10);
      expect(label).toBe(data.labels[0]);
      await page.close();
    });

    it('leaves out what a page does not use', async () => {
      const source = "import { recipes } from 'forward-forward'; console.log(recipes.quick);";
      const { code } = await bundle(name, folder, source);
      expect(code).toContain('a good network in under a minute');
      expect(code.length).toBeLessThan(5000);
    });
  });

  describe.each([
    ['quick', quick],
    ['hinton-supervised', hinton],
  ])('learns the same bits as Node: %s', (_, recipe) => {
    const inNode = async (threads: number, build: 'relaxed' | 'simd') => {
      const network = await createNetwork(recipe, { inputs, classes, threads, build, seed: 5 });
      for await (const _event of network.fit(data));
      const state = { ...network.position, trainSeconds: 0, history: [] };
      const bytes = await encodeNetwork(network);
      await network.close();
      return { state, bytes };
    };

    it.each([
      ['isolated, two threads', isolation, 2],
      ['isolated, one thread', isolation, 1],
      ['not isolated', {}, 2],
    ])('%s', async (_, headers, threads) => {
      const page = await open(whole, headers);
      for (const build of ['relaxed', 'simd'] as const) {
        const learned = await page.evaluate(
          async ({ recipe, threads, build }) => {
            const { ff, data } = globalThis as unknown as Globals;
            const options = { inputs: 90, classes: 6, threads, build, seed: 5 };
            const network = await ff.createNetwork(recipe, options);
            for await (const _event of network.fit(data));
            const state = { ...network.position, trainSeconds: 0, history: [] };
            const bytes = Array.from(await ff.encodeNetwork(network));
            await network.close();
            return { threads: network.threads, state, bytes };
          },
          { recipe, threads, build },
        );
        expect(learned.threads).toBe(headers === isolation ? threads : 1);
        for (const inThreads of [1, 2]) {
          const expected = await inNode(inThreads, build);
          expect(Buffer.compare(Buffer.from(learned.bytes), expected.bytes)).toBe(0);
          expect(learned.state).toEqual(expected.state);
        }
      }
      await page.close();
    });
  });

  describe.each([
    ['isolated', isolation],
    ['not isolated', {}],
  ])('%s', (_, headers) => {
    it('stops, answers meanwhile, saves a checkpoint and goes on from it to the same bits', async () => {
      const page = await open(whole, headers);
      const result = await page.evaluate(
        async recipe => {
          const { ff, data } = globalThis as unknown as Globals;
          const options = { inputs: 90, classes: 6 };
          const straight = await ff.createNetwork(recipe, options);
          for await (const _event of straight.fit(data));
          let network = await ff.createNetwork(recipe, options);
          const stop = new AbortController();
          const training = (async () => {
            for await (const _event of network.fit(data, { signal: stop.signal }));
          })();
          const asked = await network.predict(data.inputs.subarray(0, 90));
          const weights = await network.tensor('layers.1.weight');
          while (network.position.epoch === 1) await new Promise(resolve => setTimeout(resolve));
          const { progress } = network;
          stop.abort();
          await training;
          const stoppedAt = network.position;
          const checkpoint = await ff.encodeNetwork(network, true);
          await network.close();
          network = await ff.decodeNetwork(checkpoint);
          const resumedAt = network.position;
          for await (const _event of network.fit(data));
          const [a, b] = [await ff.encodeNetwork(network), await ff.encodeNetwork(straight)];
          const isSame = a.length === b.length && a.every((byte, i) => byte === b[i]);
          const epochs = network.history.map(({ epoch }) => epoch);
          await network.close();
          await straight.close();
          return { asked, shape: weights.shape, progress, stoppedAt, resumedAt, isSame, epochs };
        },
        { ...quick, layers: [300, 300], epochs: 60 },
      );
      expect(result.asked.goodness).toHaveLength(classes);
      expect(result.shape).toEqual([300, 300]);
      expect(result.progress.epoch).toBeGreaterThan(1);
      expect(result.stoppedAt.epoch).toBeLessThanOrEqual(60);
      expect(result.resumedAt).toEqual(result.stoppedAt);
      expect(result.isSame).toBe(true);
      expect(result.epochs).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
      await page.close();
    });

    // Long tasks are wall time: once in a while it is another program that holds the page up.
    it('never holds the page up for 50 ms while it trains, is asked, and saves', { retry: 3 }, async () => {
      const page = await open(whole, headers);
      const longTasks = await page.evaluate(
        async recipe => {
          const { ff, data } = globalThis as unknown as Globals;
          // As many and as wide as digits.
          const [count, width] = [20_000, 784];
          const inputs = new Uint8Array(count * width);
          const labels = new Uint8Array(count);
          for (let i = 0; i < count; i++) {
            labels[i] = data.labels[i % data.count];
            inputs.set(data.inputs.subarray((i % data.count) * 90, ((i % data.count) + 1) * 90), i * width);
          }
          const large = { ...data, name: 'large', count, width, inputs, labels, shape: [28, 28] as const };
          const network = await ff.createNetwork(recipe, { inputs: width, classes: 6 });
          const longTasks: string[] = [];
          const observer = new PerformanceObserver(list => {
            for (const { duration, startTime } of list.getEntries())
              longTasks.push(`${duration} at ${startTime}`);
          });
          observer.observe({ entryTypes: ['longtask'] });
          const stop = new AbortController();
          setTimeout(() => stop.abort(), 2500);
          const training = (async () => {
            for await (const _event of network.fit(large, { signal: stop.signal }));
          })();
          await network.evaluate(ff.slice(large, 0, 200));
          await network.tensor('layers.0.weight');
          await training;
          await ff.encodeNetwork(network, true);
          await network.close();
          // They are told a moment later.
          await new Promise(resolve => setTimeout(resolve, 200));
          return longTasks;
        },
        { ...quick, layers: [1000, 1000], batch: 100 },
      );
      expect(longTasks).toEqual([]);
      await page.close();
    });

    it('says what is wrong with an InputError, as in Node', async () => {
      const page = await open(whole, headers);
      const complaints = await page.evaluate(async recipe => {
        const { ff, data } = globalThis as unknown as Globals;
        const tell = async (made: Promise<unknown>) =>
          made.then(
            () => 'nothing',
            error => `${error instanceof ff.InputError} ${error.message}`,
          );
        const options = { inputs: 90, classes: 6 };
        const network = await ff.createNetwork(recipe, options);
        const narrow = { ...data, width: 9, inputs: data.inputs.slice(0, 9 * data.count) };
        const training = network.fit(data).next();
        const told = [
          await tell(network.fit(data).next()),
          await tell(network.evaluate(narrow)),
          await tell(network.tensor('no.such')),
          await tell(ff.createNetwork({ ...recipe, layers: [] }, options)),
          await tell(ff.createNetwork(recipe, { ...options, threads: 0 })),
          await tell(ff.decodeNetwork(new Uint8Array(5))),
        ];
        await training;
        await network.close();
        told.push(await tell(network.predict(new Uint8Array(90))));
        return told;
      }, quick);
      expect(complaints).toEqual([
        expect.stringMatching(/^true the network is in training/),
        expect.stringMatching(/^true prototypes has .* inputs an example, the network expects 90/),
        'true the network has no tensor called no.such',
        expect.stringMatching(/^true recipe quick: layers must be/),
        'true threads must be a whole number from 1 to 256, found 0',
        expect.stringMatching(/^true the model: not a safetensors file/),
        'true the network is closed',
      ]);
      await page.close();
    });

    it('learns the same from the bytes of a canvas and from plain arrays', async () => {
      const page = await open(whole, headers);
      const { learned, expected, complaints } = await page.evaluate(async recipe => {
        const { ff, data } = globalThis as unknown as Globals;
        const context = new OffscreenCanvas(30, data.count).getContext('2d')!;
        // 90 bytes are the three channels of 30 pixels.
        const picture = context.createImageData(30, data.count);
        for (let k = 0; k < data.inputs.length; k++) {
          picture.data[Math.floor(k / 3) * 4 + (k % 3)] = data.inputs[k];
        }
        for (let k = 3; k < picture.data.length; k += 4) picture.data[k] = 255;
        context.putImageData(picture, 0, 0);
        const drawn = context.getImageData(0, 0, 30, data.count).data;
        const clamped = drawn.filter((_, k) => k % 4 !== 3);
        const labels = Array.from(data.labels);
        const learn = async (given: Api.DatasetLike) => {
          const network = await ff.createNetwork(recipe, { inputs: 90, classes: 6, threads: 1 });
          for await (const _event of network.fit(given, { validation: given }));
          const { label } = await network.predict(given.inputs.slice(0, 90));
          const weights = Array.from((await network.tensor('layers.1.weight')).data);
          await network.close();
          return { label, weights };
        };
        const floats = Float32Array.from(data.inputs);
        const learned = [
          await learn({ ...data, inputs: clamped, labels }),
          await learn({ ...data, inputs: Array.from(floats), labels: Float64Array.from(labels) }),
        ];
        const expected = [await learn(data), await learn({ ...data, inputs: floats })];
        const tell = async (made: Promise<unknown>) =>
          made.then(
            () => 'nothing',
            error => `${error instanceof ff.InputError} ${error.message}`,
          );
        const network = await ff.createNetwork(recipe, { inputs: 90, classes: 6 });
        const { labels: _, ...unlabelled } = data;
        const complaints = [
          await tell(ff.createNetwork(recipe, undefined as never)),
          await tell(network.fit(undefined as never).next()),
          await tell(network.fit(unlabelled as never).next()),
          await tell(network.evaluate({ ...data, inputs: new BigInt64Array(data.inputs.length) as never })),
          await tell(network.predict(undefined as never)),
          await tell(network.predict(Array(90).fill('1') as never)),
        ];
        await network.close();
        return { learned, expected, complaints };
      }, quick);
      expect(learned).toEqual(expected);
      expect(complaints).toEqual([
        'true classes must be a whole number from 2 to 10000, found undefined',
        'true the data: inputs must be an array of numbers, found undefined',
        'true prototypes: labels must be an array of numbers, found undefined',
        'true prototypes: inputs must be an array of numbers, found BigInt64Array',
        'true the example: inputs must be an array of numbers, found undefined',
        'true the example: input 0 of example 0 must be a finite number in single precision, found "1"',
      ]);
      await page.close();
    });

    it('ends all workers when the network is closed', async () => {
      const page = await open(whole, headers);
      await page.evaluate(async recipe => {
        const { ff } = globalThis as unknown as Globals;
        const network = await ff.createNetwork(recipe, { inputs: 90, classes: 6 });
        Object.assign(globalThis, { network });
      }, quick);
      expect(page.workers().length).toBeGreaterThan(0);
      await page.evaluate(() => (globalThis as unknown as { network: Api.Network }).network.close());
      await expect.poll(() => page.workers().length).toBe(0);
      await page.close();
    });

    it('works under a strict policy from files, and says what to do without them', async () => {
      const page = await open(whole, { ...headers, ...policy });
      const result = await page.evaluate(async recipe => {
        const { ff, data } = globalThis as unknown as Globals;
        const options = { inputs: 90, classes: 6, threads: 2 };
        const refused = await ff.createNetwork(recipe, options).catch(error => error.message);
        const files = { workerUrl: '/dist/page/worker.js', wasmUrl: '/build/' };
        const network = await ff.createNetwork(recipe, { ...options, ...files });
        const { epoch } = (await network.fit(data).next()).value as Api.EpochEvent;
        await network.close();
        const lost = { ...files, wasmUrl: '/nowhere/' };
        const notFound = await ff
          .createNetwork(recipe, { ...options, ...lost })
          .catch(error => error.message);
        const name = crossOriginIsolated ? 'simd-shared' : 'simd';
        const wasmModule = await WebAssembly.compileStreaming(fetch(`/build/${name}.wasm`));
        const given = { workerUrl: files.workerUrl, wasmModule, build: 'simd' as const };
        const other = await ff.createNetwork(recipe, { ...options, ...given });
        const { label } = await other.predict(data.inputs.subarray(0, 90));
        await other.close();
        return { refused, epoch, notFound, label };
      }, quick);
      expect(result.refused).toMatch(/the worker failed: .*workerUrl/);
      expect(result.epoch).toBe(1);
      expect(result.notFound).toMatch(/cannot fetch the kernels from .*\/nowhere\/.*wasm: status 404/);
      expect(result.label).toBeLessThan(classes);
      await page.close();
    });
  });
});
