// Networks in a real Chromium with convolutions and other things that few recipes ask for: to the same bits as Node, and loaded only for
// those.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Api from '../src/browser.ts';
import type * as OwnApi from '../src/browser-own-data.ts';
import { parseSafetensors } from '../src/files/safetensors.ts';
import {
  createNetwork,
  decodeNetwork,
  describeRecipe,
  encodeNetwork,
  type Recipe,
  recipes,
} from '../src/index.ts';
import * as own from '../src/own-data.ts';
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

if (!chromiumPath) console.warn(`${noChromium}: left out the tests of convolutions in a page`);

/** What a page of these tests has as globals. */
interface Globals {
  readonly ff: typeof Api;
  readonly data: Api.Dataset;
  readonly learn: (recipe: Api.Recipe, options: object) => Promise<number[]>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const everything = "import * as ff from 'forward-forward'; globalThis.ff = ff;";
const files = { workerUrl: '/dist/page/worker.js', wasmUrl: '/build/' };
const [inputs, classes] = [90, 6];
const data = { ...prototypes(200, inputs, classes, 1), shape: [9, 10] as const };
const plain = { ...data, inputs: Array.from(data.inputs), labels: Array.from(data.labels) };
const small: Recipe = {
  ...recipes.conv,
  layers: [
    { kind: 'conv', channels: 12, size: 3, maxPool: 2, cells: 2 },
    { kind: 'conv', channels: 33, size: 3, stride: 2 },
    40,
  ],
  image: [9, 10],
  shift: 1,
  batch: 20,
  epochs: 2,
};
const { optimizer } = recipes['one-pass'].learning;
const readout = { rate: 0.1, momentum: 0.9, decay: 0 };
const { goodness, objective } = recipes.quick.learning;
const byGoodness = { goodness, objective, optimizer, readout: { ...readout, from: 0 } };
const dense: Recipe = { ...recipes['one-pass'], layers: [30, 20], batch: 20, epochs: 1 };

/** Dense layers that learn in other ways, or from other images, than most. */
const rare: Record<string, Recipe> = {
  backprop: { ...dense, learning: { kind: 'backprop', optimizer, readout } },
  perturbation: {
    ...dense,
    learning: { kind: 'perturbation', deviation: 0.01, rate: 0.1, readout: { rate: 0.1 } },
  },
  unsupervised: {
    ...dense,
    image: [9, 10],
    learning: { kind: 'unsupervised', negatives: { kind: 'hybrids', blurs: 2 }, ...byGoodness },
  },
  recurrent: {
    ...dense,
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
  },
  'parts of images': { ...dense, crop: 0.7 },
  'other colours': { ...dense, colorJitter: { brightness: 0.2, contrast: 0.3, gain: 0.1 } },
  'images compared': {
    ...small,
    layers: small.layers.slice(0, 2),
    learning: { ...recipes['one-pass'].learning, similarity: 0.5 },
  },
};

describe.skipIf(!chromiumPath)('convolutions in Chromium', () => {
  let browser: Browser;
  let folder: string;
  const servers: Served[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ff-conv-'));
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    for (const { server } of servers) server.close();
    await rm(folder, { recursive: true });
  });

  /** A page that runs a bundle, with its data, and all scripts that it has asked for since. */
  async function open(
    { out }: Pick<Bundled, 'out'>,
    headers: Record<string, string>,
  ): Promise<{ page: Page; asked: string[] }> {
    const { served, page } = await openBundle(browser, out, headers);
    servers.push(served);
    const asked: string[] = [];
    page.on('request', request => {
      if (/^http.*\.js$/.test(request.url())) asked.push(request.url());
    });
    await page.evaluate(({ inputs, labels, ...rest }) => {
      Object.assign(globalThis, {
        data: { ...rest, inputs: Uint8Array.from(inputs), labels: Uint8Array.from(labels) },
        learn: async (recipe: Api.Recipe, options: object) => {
          const { ff, data } = globalThis as unknown as Globals;
          const network = await ff.createNetwork(recipe, { inputs: 90, classes: 6, seed: 5, ...options });
          for await (const _event of network.fit(data));
          const bytes = Array.from(await ff.encodeNetwork(network));
          await network.close();
          return bytes;
        },
      });
    }, plain);
    return { page, asked };
  }

  const learn = (page: Page, recipe: Recipe, options: object) =>
    page.evaluate(({ recipe, options }) => (globalThis as unknown as Globals).learn(recipe, options), {
      recipe,
      options,
    });

  const inNode = async (threads: number, build: 'relaxed' | 'simd', recipe = small) => {
    const network = await createNetwork(recipe, { inputs, classes, threads, build, seed: 5 });
    for await (const _event of network.fit(data));
    const bytes = await encodeNetwork(network);
    await network.close();
    return Array.from(bytes);
  };

  it.each(bundlerNames)('are loaded once, and where there are some only: bundled by %s', async name => {
    const { page, asked } = await open(await bundle(name, folder, everything), {});
    await learn(page, dense, {});
    expect(asked).toEqual([]);
    const bytes = await learn(page, small, { build: 'simd' });
    expect(bytes).toEqual(await inNode(1, 'simd'));
    await learn(page, { ...small, epochs: 1 }, {});
    // esbuild has them in the one file that it writes, where it is not told to split.
    expect(asked).toHaveLength(name === 'esbuild' ? 0 : 1);
    await page.close();
  });

  it('work from files that nobody bundled', async () => {
    const out = join(folder, 'unbundled');
    await mkdir(out);
    await writeFile(
      join(out, 'index.html'),
      '<!doctype html><script type="module">import * as ff from "/dist/page/index.js"; globalThis.ff = ff;</script>',
    );
    const { page, asked } = await open({ out }, {});
    expect(await learn(page, small, { build: 'simd' })).toEqual(await inNode(1, 'simd'));
    expect(asked.map(url => new URL(url).pathname)).toEqual(['/dist/page/extras.js']);
    await page.close();
  });

  describe.each([
    ['isolated', isolation],
    ['not isolated', {}],
  ])('%s', (_, headers) => {
    let whole: Bundled;
    beforeAll(async () => {
      whole = await bundle('rollup', folder, everything);
    });

    it.each([1, 2])('learn the bits that Node learns: %i threads', async threads => {
      const { page } = await open(whole, headers);
      for (const build of ['relaxed', 'simd'] as const) {
        const bytes = await learn(page, small, { threads, build });
        for (const inThreads of [1, 2]) expect(bytes).toEqual(await inNode(inThreads, build));
      }
      await page.close();
    });

    it.each(Object.keys(rare))('so do other recipes that ask for what few do: %s', async name => {
      const { page, asked } = await open(whole, headers);
      const bytes = await learn(page, rare[name], { threads: 2, build: 'simd' });
      expect(bytes).toEqual(await inNode(1, 'simd', rare[name]));
      expect(asked).toHaveLength(1);
      const again = await page.evaluate(async bytes => {
        const { ff } = globalThis as unknown as Globals;
        const network = await ff.decodeNetwork(Uint8Array.from(bytes));
        const saved = Array.from(await ff.encodeNetwork(network));
        await network.close();
        return saved;
      }, bytes);
      const [tensors, expected] = [again, bytes].map(
        file => parseSafetensors(Uint8Array.from(file), 'it').tensors,
      );
      expect(tensors).toEqual(expected);
      await page.close();
    });

    it.each(['quick', 'hybrids', 'recurrent', 'backprop', 'perturbation', 'rolled-out'])(
      'files of the first edition open: %s',
      async name => {
        const bytes = await readFile(join(root, `test/fixtures/edition-1/${name}.safetensors`));
        const network = await decodeNetwork(bytes);
        const expected = await network.tensor('layers.0.weight');
        const { recipe } = network.session;
        await network.close();
        const { page } = await open(whole, headers);
        const told = await page.evaluate(async bytes => {
          const { ff } = globalThis as unknown as Globals;
          const network = await ff.decodeNetwork(Uint8Array.from(bytes));
          const { data } = await network.tensor('layers.0.weight');
          const { recipe, inputs } = network.session;
          const { probabilities } = await network.predict(new Uint8Array(inputs).fill(9));
          await network.close();
          return { data: Array.from(data), recipe, isSound: probabilities.every(Number.isFinite) };
        }, Array.from(bytes));
        expect(told).toEqual({ data: Array.from(expected.data), recipe, isSound: true });
        await page.close();
      },
    );

    it('open again from a file, in a page that had none', async () => {
      const bytes = await inNode(2, 'simd');
      const network = await decodeNetwork(Uint8Array.from(bytes), { threads: 1 });
      const expected = Array.from((await network.evaluate(data)).answers.predictions);
      await network.close();
      const { page, asked } = await open(whole, headers);
      const again = await page.evaluate(async bytes => {
        const { ff, data } = globalThis as unknown as Globals;
        // A view, as of a file within a larger one.
        const network = await ff.decodeNetwork(Uint8Array.from([0, ...bytes]).subarray(1));
        const { predictions } = (await network.evaluate(data)).answers;
        const saved = Array.from(await ff.encodeNetwork(network, true));
        await network.close();
        const resumed = await ff.decodeNetwork(Uint8Array.from(saved));
        const { label } = await resumed.predict(data.inputs.subarray(0, 90));
        await resumed.close();
        return { predictions: Array.from(predictions), label };
      }, bytes);
      expect(asked).toHaveLength(1);
      expect(again).toEqual({ predictions: expected, label: expected[0] });
      await page.close();
    });

    it('are said to be missing where they cannot be loaded, and load once they can be', async () => {
      const { page } = await open(whole, headers);
      await page.route('**/*.js', route => route.abort());
      const told = await page.evaluate(async small => {
        const { ff } = globalThis as unknown as Globals;
        const options = { inputs: 90, classes: 6 };
        return ff.createNetwork(small, options).catch(error => error.message);
      }, small);
      expect(told).toMatch(/^cannot load what the recipe needs: .*\.js/);
      expect(await learn(page, dense, {})).not.toHaveLength(0);
      await page.unroute('**/*.js');
      expect(await learn(page, small, { build: 'simd' })).toEqual(await inNode(1, 'simd'));
      await page.close();
    });

    it('come with the files of a strict policy', async () => {
      const { page } = await open(whole, { ...headers, ...policy });
      const expected = await inNode(1, 'simd');
      const { workerUrl } = files;
      expect(await learn(page, small, { build: 'simd', threads: 2, ...files })).toEqual(expected);
      expect(await learn(page, small, { build: 'simd', threads: 2, workerUrl })).toEqual(expected);
      await page.close();
    });

    it('take kernels from files', async () => {
      const { page } = await open(whole, headers);
      const { wasmUrl } = files;
      expect(await learn(page, small, { build: 'simd', threads: 2, wasmUrl })).toEqual(
        await inNode(2, 'simd'),
      );
      await page.close();
    });
  });

  it('are described and checked as in Node', async () => {
    const { page } = await open(await bundle('vite', folder, everything), {});
    const told = await page.evaluate(async small => {
      const { ff } = globalThis as unknown as Globals;
      const tell = (recipe: unknown) =>
        ff
          .createNetwork(recipe as Api.Recipe, { inputs: 90, classes: 6 })
          .catch(error => `${error instanceof ff.InputError} ${error.message}`);
      const { 'conv-color': color } = ff.recipes;
      return {
        recipe: color,
        words: ff.describeRecipe(color),
        complaints: [
          await tell({ ...small, layers: [{ kind: 'cnov', channels: 9, size: 3 }] }),
          await tell({ ...small, layers: [{ kind: 'conv', channels: 8, size: 3 }] }),
          await tell({ ...small, layers: [null] }),
          await tell({ ...small, layers: { some: 1 } }),
          await tell(undefined),
          await ff.decodeNetwork(new Uint8Array(3)).catch(error => error.message),
        ],
      };
    }, small);
    expect(told.recipe).toEqual(recipes['conv-color']);
    expect(told.words).toEqual(describeRecipe(recipes['conv-color']));
    expect(told.complaints).toEqual([
      expect.stringMatching(/^true recipe conv: .* one of dense, local, conv \(did you mean conv\?\)/),
      expect.stringMatching(/^true .*channels must be at least 9, found 8/),
      expect.stringMatching(/^true recipe conv: layers\[0\] must be/),
      expect.stringMatching(/^true recipe conv: layers must be/),
      expect.stringMatching(/^true recipe without a name/),
      expect.stringMatching(/^the model: not a safetensors file/),
    ]);
    await page.close();
  });

  it('learn images of own data as in Node', async () => {
    const many = prototypes(400, inputs, 5, 1);
    const images = {
      name: 'drawn',
      count: many.count,
      height: 9,
      width: 10,
      channels: 1,
      pixels: many.inputs as Uint8Array,
      labels: Array.from(many.labels, label => `class ${label}`),
    } as const;
    const encoded = await own.preprocess({ examples: images }, { pixels: 'plain' });
    const { model } = await own.trainModel(encoded, { recipe: small, threads: 1 });
    const expected = parseSafetensors(await model.encode(), 'm').tensors;
    await model.close();
    const source = "import * as ff from 'forward-forward/own-data'; globalThis.ff = ff;";
    const { page, asked } = await open(await bundle('rollup', folder, source), {});
    const told = await page.evaluate(
      async ({ images, recipe }) => {
        const { ff } = globalThis as unknown as { ff: typeof OwnApi };
        const examples = { ...images, pixels: Uint8Array.from(images.pixels) };
        const encoded = await ff.preprocess({ examples }, { pixels: 'plain' });
        const { model } = await ff.trainModel(encoded, { recipe, threads: 1 });
        const before = await model.predict(examples);
        const bytes = await model.encode();
        await model.close();
        const again = await ff.decodeModel(bytes);
        const after = await again.predict(examples);
        await again.close();
        return { bytes: Array.from(bytes), isSame: JSON.stringify(before) === JSON.stringify(after) };
      },
      { images: { ...images, pixels: Array.from(images.pixels) }, recipe: small },
    );
    expect(parseSafetensors(Uint8Array.from(told.bytes), 'm').tensors).toEqual(expected);
    expect(told.isSame).toBe(true);
    expect(asked).toHaveLength(1);
    await page.close();
  });
});
