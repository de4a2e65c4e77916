// A real WebKit for tests: WebKitGTK's own small browser, by its WebDriver, on a screen that nobody sees.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { freePort } from './port.ts';
import type { Visited } from './visit.ts';

const browsers = ['4.1', '4.0', '6.0'].map(of => `/usr/lib/x86_64-linux-gnu/webkit2gtk-${of}/MiniBrowser`);
const browserPath = browsers.find(path => existsSync(path));

/** Whether this machine has all that it takes. */
export const hasWebKit =
  browserPath !== undefined &&
  existsSync('/usr/bin/WebKitWebDriver') &&
  spawnSync('which', ['xvfb-run']).status === 0;

/** `sharesMemory`: as Apple's browsers do, and Debian's build where it is told to. */
export async function openWebKit(sharesMemory = false) {
  const port = await freePort();
  const driver: ChildProcess = spawn(
    'xvfb-run',
    ['-a', '/usr/bin/WebKitWebDriver', '--host=127.0.0.1', `--port=${port}`],
    {
      stdio: 'ignore',
      detached: true,
      env: { ...process.env, JSC_useSharedArrayBuffer: sharesMemory ? '1' : '0' },
    },
  );
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const { value } = (await response.json()) as { value: unknown };
    if (!response.ok) throw new Error(JSON.stringify(value));
    return value as never;
  };
  const end = () => process.kill(-driver.pid!, 'SIGKILL');
  try {
    for (let tries = 0; ; tries++) {
      try {
        await call('GET', '/status');
        break;
      } catch (error) {
        if (tries === 100) throw error;
        await setTimeout(100);
      }
    }
    const options = { binary: browserPath, args: ['--automation'] };
    const alwaysMatch = { 'webkitgtk:browserOptions': options };
    const { sessionId, capabilities } = await call('POST', '/session', { capabilities: { alwaysMatch } });
    const session = `/session/${sessionId}`;
    await call('POST', `${session}/timeouts`, { script: 90_000, pageLoad: 60_000 });
    return {
      version: String((capabilities as { browserVersion: string }).browserVersion),
      async visit(url: string): Promise<Visited> {
        await call('POST', `${session}/url`, { url });
        const script =
          'const done = arguments[0]; (function look() { if (globalThis.visited) done(globalThis.visited); else setTimeout(look, 50); })();';
        return call('POST', `${session}/execute/async`, { script, args: [] });
      },
      async close(): Promise<void> {
        await call('DELETE', session).catch(() => {});
        end();
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}
