// A real Chromium for tests, and a server that hands pages to it.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { type Visited, visitedOf } from './visit.ts';

const known = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The Chromium of this machine, or undefined: $CHROMIUM, or where systems install it. */
export const chromiumPath = known.find(path => path && existsSync(path));

/** What to say where there is none. */
export const noChromium = 'no Chromium found (CHROMIUM=path, or /usr/bin/chromium)';

const args = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath!, args });
}

/** A Chromium with the extension in a folder, and what the addresses of its files begin with. */
export async function launchWithExtension(
  folder: string,
): Promise<{ readonly context: BrowserContext; readonly url: string }> {
  const context = await chromium.launchPersistentContext('', {
    executablePath: chromiumPath!,
    args: [...args, `--disable-extensions-except=${folder}`, `--load-extension=${folder}`],
    ignoreDefaultArgs: ['--disable-extensions'],
  });
  // An extension that comes from a folder is called by the folder's path: the digits of its hash, as letters from a on.
  const digits = createHash('sha256').update(folder).digest('hex').slice(0, 32);
  const id = digits.replace(/./g, digit => String.fromCharCode(97 + Number.parseInt(digit, 16)));
  return { context, url: `chrome-extension://${id}` };
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};

export const isolation = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** A policy as strict as workers and WebAssembly allow. */
export const policy = {
  'content-security-policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
};

/** Serves folders at the paths given (`{ '/': folder }`), every file with `headers`. */
export async function serve(
  folders: Record<string, string>,
  headers: Record<string, string>,
): Promise<Served> {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url!, 'http://localhost').pathname));
    const mount = Object.keys(folders)
      .filter(prefix => path.startsWith(prefix))
      .sort((a, b) => b.length - a.length)[0];
    const file = join(folders[mount], path.slice(mount.length), path.endsWith('/') ? 'index.html' : '');
    const body = await readFile(file).catch(() => undefined);
    response.writeHead(body ? 200 : 404, {
      'content-type': types[extname(file)] ?? 'application/octet-stream',
      ...headers,
    });
    response.end(body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}` };
}

export interface Served {
  readonly server: Server;
  readonly url: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A page that has run the bundle in `out`, served with the package's files and `more` folders; its global `ff` is there. */
export async function openBundle(
  browser: Browser,
  out: string,
  headers: Record<string, string>,
  more: Record<string, string> = {},
): Promise<{ served: Served; page: Page }> {
  const own = { '/': out, '/build/': join(root, 'build'), '/dist/': join(root, 'dist') };
  const served = await serve({ ...own, ...more }, headers);
  const page = await browser.newPage();
  await page.goto(`${served.url}/`);
  await page.waitForFunction(() => 'ff' in globalThis);
  return { served, page };
}

/** What a page of the compatibility tests leaves behind. */
export function visitedIn(page: Page): Promise<Visited> {
  return visitedOf(() => page.evaluate(() => (globalThis as { visited?: Visited }).visited));
}
