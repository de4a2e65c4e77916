// The demo: its address can hold anything, and in a real Chromium it trains, answers, saves, loads, and learns the visitor's
// own digits, with isolation by headers, by its service worker, and without.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaults, formatState, parseState, ranges, words } from '../demo/src/state.ts';
import { loadNetwork } from '../src/index.ts';
import { chromiumPath, isolation, launch, noChromium, type Served, serve } from './browser/chromium.ts';
import { generator } from './support/data.ts';

if (!chromiumPath) console.warn(`${noChromium}: left out the tests of the demo in a page`);

describe('the address', () => {
  it('holds every setting, and none that is as by default', () => {
    expect(formatState(defaults)).toBe('');
    const state = {
      depth: 4,
      width: 99,
      objective: 'symba',
      negatives: 'uniform',
      images: 2000,
      epochs: 3,
      seed: 7,
    } as const;
    const hash = formatState(state);
    expect(hash).toBe('#depth=4&width=99&objective=symba&negatives=uniform&images=2000&epochs=3&seed=7');
    expect(parseState(hash)).toEqual({ state, complaints: [] });
    expect(parseState('')).toEqual({ state: defaults, complaints: [] });
  });

  it.each([
    ['#width=9', 'width in the address: expected a whole number from 16 to 2000, found “9”; took 300'],
    ['#depth=2.5', 'depth in the address: expected a whole number from 1 to 6, found “2.5”; took 2'],
    [
      '#seed=4294967296',
      'seed in the address: expected a whole number from 0 to 4294967295, found “4294967296”; took 1',
    ],
    [
      '#objective=backprop',
      'objective in the address: expected swish, symba, logistic, found “backprop”; took swish',
    ],
    [
      '#constructor=1',
      'constructor in the address: expected one of depth, width, objective, negatives, images, epochs, seed, found “1”',
    ],
  ])('%s gives the default and says so', (hash, complaint) => {
    expect(parseState(hash)).toEqual({ state: defaults, complaints: [complaint] });
  });

  it('gives a state that makes sense for twenty thousand damaged addresses', () => {
    const random = generator(5);
    const below = (count: number) => Math.floor(random() * count);
    const good = formatState({
      ...defaults,
      depth: 3,
      width: 77,
      objective: 'logistic',
      images: 10_000,
      seed: 12,
    });
    const junk = [
      '%',
      '%zz',
      '&',
      '=',
      '#',
      '\u0000',
      '\ud800',
      '9'.repeat(400),
      '-1',
      '__proto__',
      'depth',
      '1e9',
      '∞',
    ];
    let changed = 0;
    for (let round = 0; round < 20_000; round++) {
      let hash = good;
      for (let change = 1 + below(4); change > 0; change--) {
        const at = below(hash.length + 1);
        const piece = below(2) ? junk[below(junk.length)] : String.fromCharCode(below(0x250));
        hash = hash.slice(0, at) + piece + hash.slice(at + below(4));
      }
      const { state, complaints } = parseState(hash);
      for (const [name, [least, most]] of Object.entries(ranges)) {
        const value = state[name as keyof typeof ranges];
        expect(Number.isInteger(value) && value >= least && value <= most).toBe(true);
      }
      expect(words.objective).toContain(state.objective);
      expect(words.negatives).toContain(state.negatives);
      expect(Object.keys(state)).toEqual(Object.keys(defaults));
      for (const complaint of complaints) expect(complaint.length).toBeLessThan(250);
      expect(parseState(formatState(state))).toEqual({ state, complaints: [] });
      if (complaints.length > 0) changed++;
    }
    expect(changed).toBeGreaterThan(5000);
  });
});

const root = fileURLToPath(new URL('../demo', import.meta.url));
const small = '#width=100&images=2000&epochs=15';

describe.skipIf(!chromiumPath)('the page', () => {
  let browser: Browser;
  let folder: string;
  const servers: Served[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ff-demo-'));
    await build({
      root,
      configFile: join(root, 'vite.config.ts'),
      logLevel: 'error',
      build: { outDir: folder },
    });
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    for (const { server } of servers) server.close();
    await rm(folder, { recursive: true });
  });

  async function open(
    headers: Record<string, string>,
    hash: string,
    options: { hasWorker?: boolean; viewport?: { width: number; height: number } } = {},
  ): Promise<{ page: Page; context: BrowserContext; failures: string[] }> {
    const served = await serve({ '/ff/': folder }, headers);
    servers.push(served);
    const { hasWorker = true, viewport = { width: 1200, height: 800 } } = options;
    const context = await browser.newContext({ viewport });
    if (!hasWorker) {
      const nothing = { contentType: 'text/javascript', body: '' };
      await context.route('**/coi-serviceworker.js', route => route.fulfill(nothing));
    }
    const page = await context.newPage();
    const failures: string[] = [];
    page.on('pageerror', error => failures.push(String(error)));
    page.on('console', message => message.type() === 'error' && failures.push(message.text()));
    await page.goto(`${served.url}/ff/${hash}`);
    await page.locator('#machine:not(:empty)').waitFor();
    return { page, context, failures };
  }

  async function done(page: Page): Promise<number> {
    await expect.poll(() => page.textContent('#status'), { timeout: 60_000 }).toMatch(/^Done: /);
    return Number.parseFloat((await page.textContent('#test-error'))!);
  }

  it.each([
    ['isolated by headers', isolation, true, /^Here: (one thread|\d+ threads), /],
    ['isolated by its service worker', {}, true, /^Here: (one thread|\d+ threads), /],
    ['not isolated', {}, false, /^Here: one thread \(this page is not cross-origin isolated\)/],
  ] as const)('trains and answers, %s', async (_, headers, hasWorker, machine) => {
    const { page, context, failures } = await open(headers, small, { hasWorker });
    if (hasWorker) await page.waitForFunction(() => crossOriginIsolated);
    await page.locator('#machine:not(:empty)').waitFor();
    expect(await page.textContent('#machine')).toMatch(machine);
    await page.click('#run');
    expect(await done(page)).toBeLessThan(20);
    expect(await page.locator('#errors polyline').count()).toBe(2);
    expect(await page.locator('#layers svg').count()).toBe(2);
    // A one: hard to take for anything else.
    const box = (await page.locator('#pad').boundingBox())!;
    const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const;
    await page.mouse.move(...at(0.52, 0.2));
    await page.mouse.down();
    await page.mouse.move(...at(0.48, 0.8), { steps: 10 });
    await page.mouse.up();
    await expect.poll(() => page.textContent('#answer')).toBe('It says 1');
    expect(await page.locator('#goodness tbody tr').count()).toBe(10);
    expect(await page.locator('#goodness .best th').textContent()).toBe('1');
    expect(failures).toEqual([]);
    await context.close();
  });

  it('draws, trains and teaches with the keyboard alone, and saves a file that Node and the page read', async () => {
    const { page, context, failures } = await open(isolation, small);
    await page.locator('#settings input').first().focus();
    await page.keyboard.press('Enter');
    await done(page);
    await page.focus('#pad');
    await page.keyboard.press('Space');
    for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await expect.poll(() => page.textContent('#answer')).toMatch(/^It says \d$/);
    // Taught that this is a 4, it believes it.
    await page.focus('#teach button:nth-child(5)');
    await page.keyboard.press('Enter');
    await page.focus('#personalise');
    await page.keyboard.press('Enter');
    await page.locator('#status', { hasText: 'Training' }).waitFor();
    const error = await done(page);
    expect(error).toBeLessThan(25);
    await page.focus('#pad');
    await page.keyboard.press('Space');
    for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Space');
    await expect.poll(() => page.textContent('#answer')).toBe('It says 4');

    const download = page.waitForEvent('download');
    await page.click('#save');
    const path = join(folder, 'saved.safetensors');
    await (await download).saveAs(path);
    const network = await loadNetwork(path, { threads: 1 });
    expect(network.session.recipe.layers).toEqual([100, 100]);
    await network.close();

    await page.reload();
    await page.locator('#machine:not(:empty)').waitFor();
    await page.setInputFiles('#load', path);
    await expect
      .poll(() => page.textContent('#keep-status'))
      .toMatch(/^Loaded saved\.safetensors: \d+\.\d % of 1,000 test digits wrong\.$/);
    expect(await page.textContent('#network')).toBe(
      'Loaded from saved.safetensors: 2 × 100 units, swish, tempting wrong labels, seed 1.',
    );
    expect(await page.inputValue('[name=width]')).toBe('100');
    expect(await page.isHidden('#changed')).toBe(true);
    expect(Number.parseFloat((await page.textContent('#test-error'))!)).toBe(error);
    expect(new URL(page.url()).hash).toBe('');
    await page.focus('#pad');
    await page.keyboard.press('Space');
    for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await expect.poll(() => page.textContent('#answer')).toBe('It says 4');
    await page.setInputFiles('#load', {
      name: 'bad',
      mimeType: '',
      buffer: (await readFile(path)).subarray(0, 99),
    });
    await expect.poll(() => page.textContent('#keep-message')).toMatch(/^bad cannot be loaded: /);
    await page.setInputFiles('#load', {
      name: 'photo.png',
      mimeType: '',
      buffer: Buffer.from('\x89PNG\r\n\x1a\n'.repeat(9)),
    });
    await expect
      .poll(() => page.textContent('#keep-message'))
      .toBe(
        'photo.png cannot be loaded: not a safetensors file: it does not begin with the length of a header. Choose a file that this page or ff has saved.',
      );
    expect(failures).toEqual([]);
    await context.close();
  });

  it('keeps settings in the address, and is not put off by a strange one', async () => {
    const { page, context, failures } = await open(isolation, '#depth=1&width=frog&%zz&images=3000&seed=9');
    expect(await page.textContent('#message')).toMatch(/width in the address: expected a whole number/);
    expect(await page.inputValue('[name=depth]')).toBe('1');
    expect(await page.inputValue('[name=width]')).toBe('300');
    expect(await page.inputValue('[name=images]')).toBe('3000');
    await page.fill('[name=width]', '50');
    await page.selectOption('[name=objective]', 'logistic');
    await page.fill('[name=epochs]', '1');
    await page.click('#run');
    await done(page);
    const trained = '#depth=1&width=50&objective=logistic&images=3000&epochs=1&seed=9';
    expect(new URL(page.url()).hash).toBe(trained);
    // What is changed now is not this network's, nor is the address.
    await page.fill('[name=width]', '60');
    await page.locator('[name=width]').blur();
    await page.locator('#changed:not([hidden])').waitFor();
    expect(new URL(page.url()).hash).toBe(trained);
    expect(await page.textContent('#network')).toMatch(/^This network: 1 × 50 units, logistic, /);
    await page.click('#back');
    expect(await page.inputValue('[name=width]')).toBe('50');
    expect(await page.isHidden('#changed')).toBe(true);
    expect(failures).toEqual([]);
    await context.close();
  });

  it('stops, goes on, and fits a narrow screen', async () => {
    const { page, context, failures } = await open({}, '#width=400&images=10000&epochs=50', {
      hasWorker: false,
      viewport: { width: 390, height: 800 },
    });
    await page.click('#run');
    await page.locator('#errors polyline').first().waitFor();
    await page.click('#run');
    await expect.poll(() => page.textContent('#status')).toMatch(/^Stopped/);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.click('#more');
    await page.locator('#status', { hasText: 'Training' }).waitFor();
    expect(await page.textContent('#run')).toBe('Stop');
    await page.click('#run');
    await expect.poll(() => page.textContent('#run')).toBe('Train');
    expect(failures).toEqual([]);
    await context.close();
  });

  it('names everything for who does not see it', async () => {
    const { page, context } = await open(isolation, small);
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll('button, input, select, canvas[role], svg, section, [tabindex]')]
        .filter(item => {
          const labels = (item as HTMLInputElement).labels?.length ?? 0;
          const by = item.getAttribute('aria-labelledby');
          const name = item.getAttribute('aria-label') ?? (by && document.getElementById(by)?.textContent);
          return !labels && !name && !item.textContent?.trim();
        })
        .map(item => item.outerHTML.slice(0, 80)),
    );
    expect(nameless).toEqual([]);
    await context.close();
  });

  // Long tasks are wall time: once in a while it is another program that holds the page up.
  it('is never held up for 50 ms while it trains', { retry: 3 }, async () => {
    const { page, context } = await open(isolation, '#images=10000&epochs=8');
    await page.click('#sample');
    await page.click('#run');
    await page.locator('#errors polyline').first().waitFor();
    await page.evaluate(() => {
      const longTasks: string[] = [];
      Object.assign(globalThis, { longTasks });
      const observer = new PerformanceObserver(list => {
        for (const { duration, startTime } of list.getEntries())
          longTasks.push(`${duration} at ${startTime}`);
      });
      observer.observe({ entryTypes: ['longtask'] });
    });
    await done(page);
    await page.waitForTimeout(300);
    expect(await page.evaluate(() => (globalThis as unknown as { longTasks: string[] }).longTasks)).toEqual(
      [],
    );
    await context.close();
  });
});
