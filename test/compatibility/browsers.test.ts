// The whole library without a bundler in real browsers: Chromium, Firefox and WebKit, isolated and not, in a page, in a worker, under a
// strict policy and in a service worker; to the bits that Node learns.

import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as node from '../../src/index.ts';
import * as nodeOwn from '../../src/own-data.ts';
import {
  chromiumPath,
  isolation,
  launch,
  launchWithExtension,
  policy,
  type Served,
  serve,
  visitedIn,
} from '../browser/chromium.ts';
import { firefoxPath, openFirefox } from '../browser/firefox.ts';
import type { Visited } from '../browser/visit.ts';
import { hasWebKit, openWebKit } from '../browser/webkit.ts';
import golden from '../fixtures/kinds.json' with { type: 'json' };
import { keepRow } from './rows.ts';
import { type OwnLibrary, type Tour, tour } from './tour.ts';

interface Opened {
  readonly version: string;
  visit(url: string): Promise<Visited>;
  close(): Promise<void>;
}

async function openChromium(): Promise<Opened> {
  const browser = await launch();
  return {
    version: browser.version(),
    async visit(url) {
      const page = await browser.newPage();
      try {
        await page.goto(url);
        return await visitedIn(page);
      } finally {
        await page.close();
      }
    },
    close: () => browser.close(),
  };
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const whereIsolated = (isIsolated: boolean) => isIsolated;
const browsers = [
  { name: 'Chromium', isThere: chromiumPath !== undefined, open: openChromium, shares: whereIsolated },
  { name: 'Firefox', isThere: firefoxPath !== undefined, open: openFirefox, shares: whereIsolated },
  { name: 'WebKit', isThere: hasWebKit, open: openWebKit, shares: () => false },
  { name: 'WebKit that shares memory', isThere: hasWebKit, open: () => openWebKit(true), shares: () => true },
];
for (const { name, isThere } of browsers) {
  if (!isThere) console.warn(`left out: ${name} is not installed, or nothing to drive it by`);
}

let folder: string;
let expected: Tour;
const servers: Served[] = [];

async function serveWith(headers: Record<string, string>): Promise<string> {
  const mounts = { '/': folder, '/dist/': join(root, 'dist'), '/build/': join(root, 'build') };
  const served = await serve(mounts, headers);
  servers.push(served);
  return served.url;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ff-compatibility-'));
  await build({
    entryPoints: [join(here, 'page.ts'), join(here, 'service.ts')],
    bundle: true,
    format: 'esm',
    external: ['/dist/*'],
    outdir: folder,
  });
  const page =
    '<!doctype html><meta charset="utf-8"><title>tour</title><script type="module" src="/page.js"></script>';
  await writeFile(join(folder, 'index.html'), page);
  expected = await tour(node as never, nodeOwn as unknown as OwnLibrary, { threads: 2 });
});
afterAll(async () => {
  for (const { server } of servers) server.close();
  await rm(folder, { recursive: true });
});

const ways = [
  ['isolated', '/', isolation],
  ['not isolated', '/', {}],
  ['in a worker, isolated', '/?worker', isolation],
  ['under a strict policy, isolated', '/?policy', { ...isolation, ...policy }],
] as const;

describe.each(browsers)('in $name', ({ name, isThere, open, shares }) => {
  describe.skipIf(!isThere)('(skipped where it is not installed)', () => {
    let browser: Opened;
    beforeAll(async () => {
      browser = await open();
    });
    afterAll(() => browser?.close());

    it.each(ways)('learns what Node learns: %s', async (way, path, headers) => {
      const visited = await browser.visit(`${await serveWith(headers)}${path}`);
      expect(visited.failure).toBeUndefined();
      expect(visited.isIsolated).toBe(way !== 'not isolated');
      const { threads, ...others } = visited.tour!;
      const { threads: _, ...same } = expected;
      expect(others).toEqual(same);
      expect(threads > 1).toBe(shares(visited.isIsolated));
      keepRow({
        group: 'browsers',
        environment: `${name}, ${way}`,
        version: browser.version,
        tried: 'load without a bundler, train, predict, save, load, own table',
        result: `${threads === 1 ? 'one thread' : `${threads} threads`}, Node's bits`,
      });
    });

    it('comes to the same bits by every kind of layer and way of learning', async () => {
      const { failure, kinds } = await browser.visit(`${await serveWith(isolation)}/?kinds`);
      expect(failure).toBeUndefined();
      expect(kinds).toEqual(golden);
      keepRow({
        group: 'browsers',
        environment: `${name}, every kind of layer and way of learning`,
        version: browser.version,
        tried: `${Object.keys(golden).length} networks: train`,
        result: "one thread, Node's bits",
      });
    });

    it('says in a service worker where to train, and predicts there', async () => {
      const visited = await browser.visit(`${await serveWith({})}/?service`);
      expect(visited.failure).toBeUndefined();
      expect(visited.said).toMatch(
        /^true no workers can be started here, as in a service worker: .*; it predicts (\d), the page \1$/,
      );
      keepRow({
        group: 'browsers',
        environment: `${name}, service worker`,
        version: browser.version,
        tried: 'train, predict',
        result: 'predicts; says that training needs a page',
      });
    });
  });
});

/** A folder with the example of a table, and all of the package that its page loads. */
async function exampleFolder(): Promise<string> {
  const example = await realpath(await mkdtemp(join(tmpdir(), 'ff-example-')));
  await cp(join(root, 'examples/table'), example, { recursive: true });
  for (const name of ['dist', 'build']) await cp(join(root, name), join(example, name), { recursive: true });
  return example;
}

/** Has the example's page learn a table. */
async function learnInExample(page: Page, url: string): Promise<void> {
  await page.goto(url);
  const rows = Array.from({ length: 90 }, (_, i) => `${(i % 3) * 10 + (i % 7)},${'abc'[i % 3]}`);
  const buffer = Buffer.from(['size,kind', ...rows].join('\n'));
  await page.locator('input').setInputFiles({ name: 'sizes.csv', mimeType: 'text/csv', buffer });
  await page.getByText(/^\d+\.\d % of the rows kept for the test are wrong/).waitFor();
}

describe.skipIf(!chromiumPath)('the example of a table (skipped where Chromium is not installed)', () => {
  it('learns in an extension, as Node does, under the policy of its manifest', async () => {
    const extension = await exampleFolder();
    await cp(join(folder, 'index.html'), join(extension, 'tour.html'));
    await cp(join(folder, 'page.js'), join(extension, 'page.js'));
    const { context, url } = await launchWithExtension(extension);
    try {
      const page = await context.newPage();
      await learnInExample(page, `${url}/index.html`);
      await page.goto(`${url}/tour.html?policy`);
      const visited = await visitedIn(page);
      expect(visited).toEqual({ isIsolated: true, tour: expected });
      keepRow({
        group: 'browsers',
        environment: 'Chromium, extension (manifest 3), isolated',
        version: context.browser()?.version() ?? '',
        tried: 'examples/table; train, predict, save, load, own table',
        result: `${visited.tour!.threads} threads, Node's bits`,
      });
    } finally {
      await context.close();
      await rm(extension, { recursive: true });
    }
  });

  // Electron itself comes from no registry: what its program hands to the window is given to Chromium, which is its engine.
  it('learns from what the program for Electron serves, with as many threads as it may have', async () => {
    const example = await exampleFolder();
    await mkdir(join(example, 'node_modules/electron'), { recursive: true });
    await writeFile(join(example, 'package.json'), '{ "type": "module", "main": "main.js" }');
    await writeFile(
      join(example, 'node_modules/electron/package.json'),
      '{ "type": "module", "exports": "./index.js" }',
    );
    await writeFile(
      join(example, 'node_modules/electron/index.js'),
      `export const seen = {};
       export const app = { whenReady: () => new Promise(resolve => Object.assign(seen, { start: resolve })) };
       export const protocol = {
         registerSchemesAsPrivileged: schemes => Object.assign(seen, { schemes }),
         handle: (scheme, handler) => Object.assign(seen, { scheme, handler }),
       };
       export class BrowserWindow { async loadURL(url) { seen.url = url; } }`,
    );
    await import(join(example, 'main.js'));
    const { seen } = await import(join(example, 'node_modules/electron/index.js'));
    seen.start();
    await vi.waitUntil(() => seen.url);
    expect(seen).toMatchObject({ scheme: 'app', url: 'app://table/index.html' });
    expect(seen.schemes).toMatchObject([{ scheme: 'app', privileges: { standard: true, secure: true } }]);
    const answer = async (path: string): Promise<Response> => seen.handler({ url: `app://table${path}` });
    expect((await answer('/../../../../etc/hostname')).status).toBe(404);
    const server = createServer(async ({ url }, response) => {
      const { status, headers, body } = await answer(url!);
      response.writeHead(status, Object.fromEntries(headers));
      response.end(body && Buffer.from(await new Response(body).arrayBuffer()));
    });
    const browser = await launch();
    try {
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      const page = await browser.newPage();
      await learnInExample(page, `http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    } finally {
      await browser.close();
      server.close();
      await rm(example, { recursive: true });
    }
  });
});
