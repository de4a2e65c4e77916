// Own data in a real Chromium: read, encoded, learned and asked in workers, bundled by four bundlers, to the same bits as in Node.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Api from '../src/browser-own-data.ts';
import { parseSafetensors } from '../src/files/safetensors.ts';
import { type Recipe, recipes } from '../src/index.ts';
import * as node from '../src/own-data.ts';
import * as Pictures from '../src/pictures.ts';
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
import { rows } from './support/data.ts';

if (!chromiumPath) console.warn(`${noChromium}: left out the tests of own data in a page`);

/** What a page of these tests has as a global. */
interface Globals {
  readonly ff: typeof Api;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const everything = "import * as ff from 'forward-forward/own-data'; globalThis.ff = ff;";
/** CSV with what has to be found out: delimiter, decimal commas, missing cells, and an encoding. */
const csv = [
  'size;colour;kind',
  ...rows(300, 1).map(
    ({ size, colour, kind }) => `${String(size).replace('.', ',')};${colour ?? ''};${kind}`,
  ),
].join('\n');
const recipe: Recipe = { ...recipes.quick, layers: [60, 40], shift: 0, batch: 20, epochs: 30 };
const fresh = rows(60, 2).map(({ size, colour }) => ({ size, colour }));

describe.skipIf(!chromiumPath)('own data in Chromium', () => {
  let browser: Browser;
  let folder: string;
  let whole: Bundled;
  let expected: { data: object; answers: node.Answer[]; bytes: Uint8Array; error: number };
  const servers: Served[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ff-own-data-'));
    await mkdir(join(folder, 'data'));
    await writeFile(join(folder, 'data', 'table.csv'), csv);
    await writeFile(join(folder, 'data', 'table.csv.gz'), gzipSync(csv));
    await writeFile(join(folder, 'data', 'broken.csv.gz'), gzipSync(csv).subarray(0, 100));
    await writeFile(join(folder, 'data', 'page.html'), '<!doctype html><p>not found, but found</p>');
    browser = await launch();
    whole = await bundle('esbuild', folder, everything);
    const data = await node.preprocess(
      { examples: await node.readTable(new File([csv], 'table.csv')) },
      { label: 'kind' },
    );
    const { model } = await node.trainModel(data, { recipe, threads: 1 });
    expected = {
      data: { encoding: data.encoding, notes: data.notes },
      answers: await model.predict(await node.tableFrom(fresh)),
      bytes: await model.encode(),
      error: (await model.network.evaluate(data.test)).answers.error,
    };
    await model.close();
  });
  afterAll(async () => {
    await browser?.close();
    for (const { server } of servers) server.close();
    await rm(folder, { recursive: true });
  });

  /** Answers as Node gives them, but for the last bits of their confidence. */
  function expectAnswers(answers: readonly node.Answer[]): void {
    expect(answers.map(({ label }) => label)).toEqual(expected.answers.map(({ label }) => label));
    answers.forEach(({ confidence }, i) => {
      expect(confidence).toBeCloseTo(expected.answers[i].confidence, 5);
    });
  }

  async function open({ out }: Bundled, headers: Record<string, string>): Promise<Page> {
    const { served, page } = await openBundle(browser, out, headers, { '/data/': join(folder, 'data') });
    servers.push(served);
    return page;
  }

  describe.each(bundlerNames)('bundled by %s', name => {
    let bundled: Bundled;
    beforeAll(async () => {
      bundled = await bundle(name, folder, everything);
    });

    it('has no trace of Node, and the same names', async () => {
      expect(bundled.code).not.toMatch(/["']node:|\brequire\(|\bprocess\./);
      const page = await open(bundled, {});
      const names = await page.evaluate(() => Object.keys((globalThis as unknown as Globals).ff));
      expect(names.sort()).toEqual(Object.keys(node).sort());
      await page.close();
    });

    it.each([
      ['isolated', isolation],
      ['not isolated', {}],
    ])('reads, learns and answers as Node does, %s', async (_, headers) => {
      const page = await open(bundled, headers);
      const told = await page.evaluate(
        async ({ csv, fresh, recipe }) => {
          const { ff } = globalThis as unknown as Globals;
          const examples = await ff.readTable(new File([csv], 'table.csv'));
          const data = await ff.preprocess({ examples }, { label: 'kind' });
          const epochs: number[] = [];
          let inputs = 0;
          const { model, history } = await ff.trainModel(data, {
            recipe,
            threads: 1,
            onStart: network => {
              inputs = network.session.inputs;
            },
            onEpoch: ({ epoch }) => epochs.push(epoch),
          });
          const { answers } = await model.network.evaluate(data.test);
          const asked = await ff.tableFrom(fresh);
          const before = await model.predict(asked);
          const bytes = await model.encode();
          await model.close();
          const again = await ff.decodeModel(bytes);
          const after = await again.predict(asked);
          const odd = await again.notes(await ff.tableFrom([{ size: 1e9, colour: 'never seen' }]));
          await again.close();
          return {
            data: { encoding: data.encoding, notes: data.notes },
            answers: before,
            bytes: Array.from(bytes),
            error: answers.error,
            isSame: JSON.stringify(before) === JSON.stringify(after),
            isTold: epochs.length > 0 && epochs.length === history.length,
            isSized: inputs === data.train.width,
            odd: odd.map(({ code }) => code),
          };
        },
        { csv, fresh, recipe },
      );
      expect(told.data).toEqual(expected.data);
      expect(told.error).toBe(expected.error);
      expect(told.error).toBeLessThan(10);
      // All of what was learned; how sure it may be comes of logarithms, in which engines differ by a bit.
      const tensors = [Uint8Array.from(told.bytes), expected.bytes].map(
        bytes => parseSafetensors(bytes, 'm').tensors,
      );
      expect(tensors[0]).toEqual(tensors[1]);
      expectAnswers(told.answers);
      expect(told).toMatchObject({ isSame: true, isTold: true, isSized: true });
      expect(told.odd).toContain('far');
      await expect.poll(() => page.workers().length).toBe(0);
      await page.close();
    });
  });

  it('brings the worker of networks once to a page that has both entries, and no own data to one with networks', async () => {
    const networks = await bundle(
      'esbuild',
      folder,
      "import * as nn from 'forward-forward'; globalThis.nn = nn;",
    );
    expect(networks.code).not.toMatch(/the model learned from images|cells between|decorrelat/);
    const both = await bundle(
      'esbuild',
      folder,
      `import * as nn from 'forward-forward'; globalThis.nn = nn; ${everything}`,
    );
    // What is more in both than in own data alone is what the entry of networks has for the page itself.
    expect(both.code.length - whole.code.length).toBeLessThan(16_000);
    expect(networks.code.length).toBeGreaterThan(100_000);
  });

  it('tells whoever draws without a page what to do', async () => {
    const size = { height: 2, width: 2, channels: 1 } as const;
    await expect(Pictures.imagesFrom([], { size })).rejects.toThrow(/needs a canvas.*readExamples/);
  });

  it('runs what the README shows as it stands', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    const [, program] = /```js\n([^`]*from 'forward-forward\/own-data';[\s\S]*?)```/.exec(readme)!;
    const page = await open(await bundle('esbuild', folder, `${program}globalThis.ff = 'is there';`), {});
    await page.setInputFiles('input', { name: 'x.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
    const told = page.getByText(/learned kind: .* % wrong by goodness/);
    await told.waitFor();
    expect(Number(/: ([\d.]+) %/.exec((await told.textContent())!)![1])).toBeLessThan(10);
    await page.close();
  });

  it.each([
    ['isolated', isolation],
    ['not isolated', {}],
  ])('learns what a page draws: canvases, bitmaps, frames of a video, files, %s', async (_, headers) => {
    const source = `${everything} import { imagesFrom } from 'forward-forward/pictures'; globalThis.imagesFrom = imagesFrom;`;
    const page = await open(await bundle('esbuild', folder, source), headers);
    const told = await page.evaluate(
      async ({ recipe }) => {
        const { ff, imagesFrom } = globalThis as unknown as Globals & Pick<typeof Pictures, 'imagesFrom'>;
        const size = { height: 8, width: 10, channels: 3 } as const;
        /** A bar that lies, in red, or stands, in blue, on nothing. */
        const draw = (i: number) => {
          const canvas = new OffscreenCanvas(20, 16);
          const context = canvas.getContext('2d')!;
          context.fillStyle = i % 2 ? '#f00' : '#00f';
          if (i % 2) context.fillRect(2, (2 * i) % 12, 16, 4);
          else context.fillRect((2 * i) % 16, 2, 4, 12);
          return canvas;
        };
        const kinds = [
          async (canvas: OffscreenCanvas) => canvas,
          async (canvas: OffscreenCanvas) => canvas.transferToImageBitmap(),
          async (canvas: OffscreenCanvas) => new VideoFrame(canvas, { timestamp: 0 }),
          async (canvas: OffscreenCanvas) => canvas.convertToBlob(),
          async (canvas: OffscreenCanvas) => canvas.getContext('2d')!.getImageData(0, 0, 20, 16),
        ];
        const one = await Promise.all(kinds.map(kind => kind(draw(2))));
        const alike = await imagesFrom(one, { size });
        const pictures = Array.from({ length: 80 }, (_, i) => draw(i));
        const labels = pictures.map((_, i) => (i % 2 ? 'lies' : 'stands'));
        const examples = await imagesFrom(pictures, { size, labels });
        const data = await ff.preprocess({ examples });
        const { model } = await ff.trainModel(data, { recipe });
        const { encoding } = model;
        if (encoding.kind !== 'image') throw new Error('a model of images');
        const answers = await model.predict(await imagesFrom([draw(5), draw(8)], { size: encoding }));
        const grey = await imagesFrom([draw(4)], { size: { ...size, channels: 1 } });
        await model.close();
        const complaints = await Promise.all(
          [
            imagesFrom([], { size }),
            imagesFrom([new Blob(['no image'])], { size }),
            imagesFrom([draw(1)], { size, labels: [] }),
          ].map(made =>
            made.then(
              () => 'nothing',
              error => `${error.name}: ${error.message}`,
            ),
          ),
        );
        const stride = 3 * 80;
        return {
          differences: kinds.map((_, i) =>
            Math.max(
              ...alike.pixels
                .slice(0, stride)
                .map((value, k) => Math.abs(value - alike.pixels[i * stride + k])),
            ),
          ),
          corner: Array.from(alike.pixels.slice(0, 3)),
          isBlue: Array.from(alike.pixels.slice(3 * 33, 3 * 34)),
          answers: answers.map(({ label }) => label),
          grey: [grey.pixels.length, grey.pixels[0], grey.pixels[35]],
          // What was given is still there.
          kept: examples.pixels.length,
          complaints,
        };
      },
      { recipe },
    );
    // Frames of a video are kept in colours of their own.
    for (const difference of told.differences) expect(difference).toBeLessThan(12);
    expect(told.corner).toEqual([255, 255, 255]);
    expect(told.isBlue).toEqual([0, 0, 255]);
    expect(told.answers).toEqual(['lies', 'stands']);
    expect(told.grey).toEqual([80, 255, 29]);
    expect(told.kept).toBe(80 * 240);
    expect(told.complaints).toEqual([
      'InputError: pictures must be one or more, found []',
      expect.stringMatching(/^InputError: image 0 cannot be drawn: /),
      'InputError: labels must be 1, one for each image, found 0',
    ]);
    await page.close();
  });

  describe.each([
    ['isolated', isolation],
    ['not isolated', {}],
  ])('%s', (_, headers) => {
    it('reads a response, gzipped or not, and says what is wrong with one', async () => {
      const page = await open(whole, headers);
      const { tables, complaints } = await page.evaluate(async () => {
        const { ff } = globalThis as unknown as Globals;
        const read = async (path: string, options = {}) => ff.readTable(await fetch(path), options);
        const tables = await Promise.all(['/data/table.csv', '/data/table.csv.gz'].map(path => read(path)));
        const tell = async (made: Promise<unknown>) =>
          made.then(
            () => 'nothing',
            error => `${error instanceof ff.InputError} ${error.message}`,
          );
        const used = await fetch('/data/table.csv');
        await used.text();
        const latin = new File(
          [Uint8Array.from([0x61, 0x2c, 0x62, 0x0a, 0x80, 0xff, 0xff, 0x2c, 0x31, 0x0a])],
          'x.csv',
        );
        const complaints = [
          await tell(read('/data/lacking.csv')),
          await tell(read('/data/page.html')),
          await tell(read('/data/broken.csv.gz')),
          await tell(ff.readTable(used)),
          await tell(ff.readTable('/data/table.csv' as never)),
          await tell(ff.readTable(new File([], 'empty.csv'))),
          await tell(ff.readTable(latin)),
          await tell(ff.readTable(new File(['a,b\n"1,2\n'], 'quote.csv'))),
          await tell(ff.preprocess({ examples: undefined as never })),
          await tell(ff.preprocess({ examples: tables[0] }, { label: 'kidn' })),
          await tell(ff.decodeModel(new Uint8Array(5))),
          await tell(ff.decodeModel('model' as never)),
        ];
        return { tables, complaints };
      });
      const table = await node.readTable(new File([csv], 'x'));
      const expectedColumns = table.columns.map(({ name, values }) => ({ name, values: [...values] }));
      for (const { columns } of tables) expect(columns).toEqual(expectedColumns);
      expect(tables[0].name).toMatch(/^http.*\/data\/table\.csv$/);
      expect(complaints).toEqual([
        expect.stringMatching(/^true http.*lacking.csv: expected a response with a table, found status 404/),
        expect.stringMatching(/^true http.*page.html: expected .* found a web page/),
        expect.stringMatching(/^true http.*broken.csv.gz: damaged gzip/),
        expect.stringMatching(/^true http.*table.csv: expected .* found one that was read before/),
        expect.stringMatching(/^true source must be a File, a Blob or a Response, found "\/data/),
        expect.stringMatching(/^true empty.csv is empty/),
        expect.stringMatching(/^true x.csv is no UTF-8, .* say its encoding/),
        expect.stringMatching(/^true quote.csv: record 2: a quote is not closed/),
        'true examples must be a table or images, found undefined',
        expect.stringMatching(/^true .* has no column kidn: did you mean kind\?/),
        expect.stringMatching(/^true the model: not a safetensors file/),
        'true the model: expected its bytes as a Uint8Array',
      ]);
      await expect.poll(() => page.workers().length).toBe(0);
      await page.close();
    });

    it('answers in training, is stopped, and keeps what was best; or says that nothing was learned', async () => {
      const page = await open(whole, headers);
      const told = await page.evaluate(
        async ({ csv }) => {
          const { ff } = globalThis as unknown as Globals;
          const data = await ff.preprocess(
            { examples: await ff.readTable(new Blob([csv])) },
            { label: 'kind' },
          );
          const stop = new AbortController();
          let asked: Promise<{ label: number }> | undefined;
          const { model, isStopped, isRetrained, history } = await ff.trainModel(data, {
            signal: stop.signal,
            onStart: network => {
              asked = network.predict(data.test.inputs.slice(0, data.test.width));
            },
            onEpoch: ({ validationError }) => {
              if (validationError !== undefined) stop.abort();
            },
          });
          const { label } = await asked!;
          const answers = await model.predict(await ff.tableFrom([{ size: 1, colour: 'red' }]));
          await model.close();
          const tell = async (made: Promise<unknown>) =>
            made.then(
              () => 'nothing',
              error => `${error instanceof ff.InputError} ${error.message}`,
            );
          const complaints = [
            await tell(ff.trainModel(data, { signal: AbortSignal.abort() })),
            await tell(ff.trainModel(data, { checkpoint: 'here' } as never)),
            await tell(ff.trainModel(data, { threads: 0 })),
            await tell(
              ff.trainModel(data, {
                onEpoch: () => {
                  throw new Error('of the caller');
                },
              }),
            ),
            await tell(model.predict(await ff.tableFrom([{ size: 1 }]))),
          ];
          return { isStopped, isRetrained, epochs: history.length, label, answers, complaints };
        },
        { csv },
      );
      expect(told).toMatchObject({ isStopped: true, isRetrained: false, label: expect.any(Number) });
      expect(told.answers).toHaveLength(1);
      expect(told.complaints).toEqual([
        expect.stringMatching(/^true training was stopped before its first epoch ended/),
        'true checkpoint needs Node: a page has no files, leave it out',
        'true threads must be a whole number from 1 to 256, found 0',
        'false of the caller',
        'true the network is closed',
      ]);
      await expect.poll(() => page.workers().length).toBe(0);
      await page.close();
    });

    it('reads a file of a model that Node wrote', async () => {
      const page = await open(whole, headers);
      const told = await page.evaluate(
        async ({ bytes, fresh }) => {
          const { ff } = globalThis as unknown as Globals;
          const model = await ff.decodeModel(Uint8Array.from(bytes));
          // All at once: each has its own examples.
          const [answers, lacking, odd, one] = await Promise.all([
            model.predict(await ff.tableFrom(fresh)),
            model
              .predict(await ff.tableFrom([{ length: 3 }]))
              .catch(error => `${error instanceof ff.InputError} ${error.message}`),
            model.notes(await ff.tableFrom([{ size: 1e9, colour: 'red' }])),
            model.predict(await ff.tableFrom(fresh.slice(0, 1))),
          ]);
          await model.close();
          return { answers, lacking, odd: odd.map(({ code }) => code), one };
        },
        { bytes: Array.from(expected.bytes), fresh },
      );
      expectAnswers(told.answers as node.Answer[]);
      expect(told.one).toEqual((told.answers as node.Answer[]).slice(0, 1));
      expect(told.lacking).toMatch(/^true rows has no column/);
      expect(told.odd).toContain('far');
      await page.close();
    });

    it('works under a strict policy from files', async () => {
      const page = await open(whole, { ...headers, ...policy });
      const told = await page.evaluate(
        async ({ csv, recipe }) => {
          const { ff } = globalThis as unknown as Globals;
          const refused = await ff.readTable(new Blob([csv])).catch(error => error.message);
          const files = { workerUrl: '/dist/page/own-data-worker.js', wasmUrl: '/build/' };
          const examples = await ff.readTable(new Blob([csv]), files);
          const data = await ff.preprocess({ examples }, { label: 'kind', ...files });
          const { model } = await ff.trainModel(data, { ...files, recipe, threads: 2 });
          const { error } = (await model.network.evaluate(data.test)).answers;
          await model.close();
          return { refused, error };
        },
        { csv, recipe },
      );
      expect(told.refused).toMatch(/the worker failed: .*workerUrl/);
      expect(told.error).toBeLessThan(10);
      await page.close();
    });

    // Long tasks are wall time: once in a while it is another program that holds the page up.
    it('never holds the page up for 50 ms while a large table is read, learned and asked', {
      retry: 3,
    }, async () => {
      const page = await open(whole, headers);
      const longTasks = await page.evaluate(async () => {
        const { ff } = globalThis as unknown as Globals;
        const cells = 'abcdefghijklmnopqrst'.split('');
        const lines = Array.from({ length: 20_000 }, (_, i) =>
          [...cells.map((_, k) => ((i * (k + 7) * 7919) % 1000) / 10), 'xyz'[i % 3]].join(','),
        );
        const file = new File([`${[...cells, 'label'].join(',')}\n${lines.join('\n')}\n`], 'large.csv');
        await new Promise(resolve => setTimeout(resolve, 300));
        const longTasks: string[] = [];
        const observer = new PerformanceObserver(list => {
          for (const { duration, startTime } of list.getEntries())
            longTasks.push(`${duration} at ${startTime}`);
        });
        observer.observe({ entryTypes: ['longtask'] });
        const examples = await ff.readTable(file);
        const data = await ff.preprocess({ examples });
        const stop = new AbortController();
        setTimeout(() => stop.abort(), 2000);
        await ff.trainModel(data, { signal: stop.signal }).then(
          ({ model }) => model.close(),
          () => {},
        );
        // They are told a moment later.
        await new Promise(resolve => setTimeout(resolve, 200));
        return longTasks;
      });
      expect(longTasks).toEqual([]);
      await page.close();
    });
  });
});
