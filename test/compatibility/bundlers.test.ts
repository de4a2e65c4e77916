// The library in programs as bundlers make them without configuration: of a page by each of them, and of a server by Next.js.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as node from '../../src/index.ts';
import * as nodeOwn from '../../src/own-data.ts';
import { bundle, bundlerNames } from '../browser/bundles.ts';
import { chromiumPath, isolation, launch, type Served, serve, visitedIn } from '../browser/chromium.ts';
import { freePort } from '../browser/port.ts';
import type { Visited } from '../browser/visit.ts';
import { hosts, isInstalled, projectWith, run, start, versionOf } from './installed.ts';
import { keepRow } from './rows.ts';
import { type OwnLibrary, type Tour, tour } from './tour.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const TRIED = 'load, train, predict, save, load';

/** A program that makes the tour, with the library left to be bundled. */
async function programOf(text: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: text, resolveDir: here, loader: 'ts' },
    bundle: true,
    format: 'esm',
    external: ['forward-forward', 'forward-forward/*'],
    write: false,
  });
  return outputFiles[0].text;
}

const tell = `.then(tour => Object.assign(globalThis, { visited: { tour } }), error => Object.assign(globalThis, { visited: { failure: String(error.stack) } }));`;
const pageProgram = (own: string) =>
  programOf(
    `import * as ff from 'forward-forward'; ${own} import { tour } from './tour.ts'; tour(ff${own && ', own'})${tell}`,
  );
const OWN = "import * as own from 'forward-forward/own-data';";

let expected: Tour;
beforeAll(async () => {
  expected = await tour(node as never, nodeOwn as unknown as OwnLibrary, { threads: 2 });
});

function check({ tour: made, failure }: Pick<Visited, 'tour' | 'failure'>, hasOwn: boolean): Tour {
  expect(failure).toBeUndefined();
  const { threads, ownError, ...others } = made!;
  const { threads: _, ownError: expectedError, ...same } = expected;
  expect(others).toEqual(same);
  if (hasOwn) expect(ownError).toBe(expectedError);
  return made!;
}

describe.skipIf(!chromiumPath)('in a page (skipped without Chromium)', () => {
  let browser: Browser;
  let folder: string;
  const servers: Served[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ff-bundlers-'));
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    for (const { server } of servers) server.close();
    await rm(folder, { recursive: true });
  });

  async function visited(page: Page, url: string): Promise<Visited> {
    await page.goto(url);
    return visitedIn(page);
  }

  async function visit(out: string): Promise<Visited> {
    const served = await serve({ '/': out }, isolation);
    servers.push(served);
    const page = await browser.newPage();
    return visited(page, `${served.url}/`).finally(() => page.close());
  }

  it.each(bundlerNames)('bundled by %s', async name => {
    const { out } = await bundle(name, folder, await pageProgram(OWN));
    const { threads } = check(await visit(out), true);
    const { version } = JSON.parse(await readFile(`${root}node_modules/${name}/package.json`, 'utf8'));
    const result = `${threads} threads, Node's bits`;
    keepRow({ group: 'bundlers', environment: name, version, tried: `${TRIED}, own table`, result });
  });

  const parcel = isInstalled('parcel');
  it.skipIf(!parcel)('bundled by Parcel (skipped where it is not installed)', async () => {
    const project = projectWith({
      'package.json': '{}',
      'index.html':
        '<!doctype html><meta charset="utf-8"><title>tour</title><script type="module" src="./main.js"></script>',
      'main.js': await pageProgram(''),
    });
    try {
      const words = [
        'build',
        'index.html',
        '--dist-dir',
        'out',
        '--no-cache',
        '--cache-dir',
        'cache',
        '--no-optimize',
      ];
      const built = run(project, join(hosts, 'node_modules/.bin/parcel'), words);
      expect(built.status, built.output).toBe(0);
      const { threads } = check(await visit(join(project, 'out')), false);
      const result = `${threads} threads, Node's bits`;
      keepRow({
        group: 'bundlers',
        environment: 'Parcel',
        version: versionOf('parcel'),
        tried: TRIED,
        result,
      });
    } finally {
      await rm(project, { recursive: true });
    }
  });

  const next = isInstalled('next');
  it.skipIf(!next)(
    'built by Next.js: in a page, and on the server (skipped where it is not installed)',
    async () => {
      const client = `'use client';
import { useEffect } from 'react';
import { visit } from './visit.js';
export default function Client() { useEffect(() => { visit(); }, []); return null; }`;
      const project = projectWith({
        'package.json':
          '{ "dependencies": { "forward-forward": "*", "next": "*", "react": "*", "react-dom": "*" } }',
        'app/layout.js':
          'export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html>; }',
        'app/page.js': `import { recipes } from 'forward-forward';
import Client from './client.js';
export default function Page() { return <main>{recipes.quick.name}<Client /></main>; }`,
        'app/client.js': client,
        'app/visit.js': await programOf(
          `import * as ff from 'forward-forward'; import * as own from 'forward-forward/own-data'; import { tour } from './tour.ts'; export const visit = () => tour(ff, own)${tell}`,
        ),
        'app/api/tour/serve.js': await programOf(
          `import * as ff from 'forward-forward'; import * as own from 'forward-forward/own-data'; import { tour } from './tour.ts';
export const serve = () => tour(ff, own, { threads: 2 }, {});`,
        ),
        'app/api/tour/route.js': `import { serve } from './serve.js';
export const dynamic = 'force-dynamic';
export const GET = async () => Response.json(await serve());`,
      });
      let end: (() => void) | undefined;
      try {
        const program = join(hosts, 'node_modules/.bin/next');
        const env = { NEXT_TELEMETRY_DISABLED: '1' };
        const built = run(project, program, ['build'], env);
        expect(built.status, built.output).toBe(0);
        const port = await freePort();
        end = start(project, program, ['start', '-p', `${port}`], env);
        const url = `http://127.0.0.1:${port}`;
        let response: Response | undefined;
        for (let tries = 0; !response; tries++) {
          response = await fetch(`${url}/api/tour`).catch(error => {
            if (tries === 100) throw error;
            return undefined;
          });
          await setTimeout(100);
        }
        const { threads } = check({ tour: (await response.json()) as Tour }, true);
        expect(threads).toBe(2);
        const version = versionOf('next');
        const shared = { group: 'bundlers', version, tried: `${TRIED}, own table` } as const;
        keepRow({ ...shared, environment: 'Next.js, route handler', result: "2 threads, Node's bits" });
        const page = await browser.newPage();
        check(await visited(page, url), true);
        expect(await page.textContent('main')).toBe('quick');
        keepRow({ ...shared, environment: 'Next.js, page', result: "one thread, Node's bits" });
        keepRow({ ...shared, environment: 'Next.js, server component', tried: 'load', result: 'rendered' });
        await page.close();
      } finally {
        end?.();
        await rm(project, { recursive: true });
      }
    },
  );
});
