// A real Firefox for tests, over WebDriver BiDi.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Visited, visitedOf } from './visit.ts';

const known = [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'];
const hosts = fileURLToPath(new URL('../hosts/', import.meta.url));

/** The Firefox of this machine, or undefined where there is none, or nothing to drive it by. */
export const firefoxPath = existsSync(`${hosts}node_modules/puppeteer-core`)
  ? known.find(path => path && existsSync(path))
  : undefined;

export async function openFirefox() {
  const puppeteer = createRequire(`${hosts}_`)('puppeteer-core');
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath: firefoxPath, headless: true });
  return {
    version: String(await browser.version()).replace(/^firefox\//, ''),
    async visit(url: string): Promise<Visited> {
      const page = await browser.newPage();
      try {
        await page.goto(url);
        return await visitedOf(() => page.evaluate('globalThis.visited'));
      } finally {
        await page.close();
      }
    },
    close: (): Promise<void> => browser.close(),
  };
}
