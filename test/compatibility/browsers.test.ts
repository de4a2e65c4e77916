// The whole library without a bundler in real browsers: Chromium, Firefox and WebKit, isolated and not, in a page, in a worker, under a
// strict policy and in a service worker; to the bits that Node learns.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as node from '../../src/index.ts';
import * as nodeOwn from '../../src/own-data.ts';
import {
  chromiumPath,
  isolation,
  launch,
  policy,
  type Served,
  serve,
  visitedIn,
} from '../browser/chromium.ts';
import { firefoxPath, openFirefox } from '../browser/firefox.ts';
import type { Visited } from '../browser/visit.ts';
import { hasWebKit, openWebKit } from '../browser/webkit.ts';
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
