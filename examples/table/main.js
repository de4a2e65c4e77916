// The same page in a window of Electron: `npx electron .`, in a folder whose package.json has "type": "module" and "main": "main.js". Files get a
// scheme of their own, so that they can have headers: those of a strict policy, and those that let threads share memory.

import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { app, BrowserWindow, protocol } from 'electron';

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const headers = {
  'content-security-policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

protocol.registerSchemesAsPrivileged([
  { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
]);

async function answer({ url }) {
  // No way leads out of the folder: the path of an address has no steps up once it is normalised.
  const path = join(import.meta.dirname, normalize(decodeURIComponent(new URL(url).pathname)));
  const body = await readFile(path).catch(() => undefined);
  if (!body) return new Response('not found', { status: 404 });
  const type = types[extname(path)] ?? 'text/plain';
  return new Response(body, { headers: { 'content-type': type, ...headers } });
}

// Not awaited: Electron is ready only once this module has been evaluated.
app.whenReady().then(() => {
  protocol.handle('app', answer);
  return new BrowserWindow().loadURL('app://table/index.html');
});
