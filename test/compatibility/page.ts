// The page of the compatibility tests: does in its own thread, in a worker or in a service worker what its address asks for.

// @ts-expect-error: served to the page, not bundled.
import * as served from '/dist/standalone/index.js';
import type * as Standalone from '../../src/standalone.ts';
import type { Visited } from '../browser/visit.ts';
import { bitsOfKinds, tour } from './tour.ts';

const ff: typeof Standalone = served;
const inWindow = typeof document !== 'undefined';

/** What a page without `blob:` workers gives. */
const files = { workerUrl: '/dist/page/worker.js', wasmUrl: '/build/' };
const ownFiles = { workerUrl: '/dist/page/own-data-worker.js', wasmUrl: '/build/' };

async function askServiceWorker(): Promise<string> {
  const registration = await navigator.serviceWorker.register('/service.js', { type: 'module' });
  const worker = registration.installing ?? registration.waiting ?? registration.active!;
  const network = await ff.createNetwork(
    { ...ff.recipes.quick, layers: [40, 30] },
    { inputs: 60, classes: 4 },
  );
  const model = await ff.encodeNetwork(network);
  const { label } = await network.predict(new Uint8Array(60).fill(9));
  await network.close();
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise<string>(resolve => {
    port1.onmessage = ({ data }) => resolve(data);
  });
  worker.postMessage({ model, port: port2 }, [port2]);
  return `${await answer}, the page ${label}`;
}

async function visit(): Promise<Omit<Visited, 'isIsolated'>> {
  switch (location.search) {
    case '?policy':
      return { tour: await tour(ff, ff, files, ownFiles) };
    case '?kinds':
      // That more threads come to the same, determinism.test.ts finds out.
      return { kinds: await bitsOfKinds(ff, { threads: 1 }) };
    case '?service':
      return { said: await askServiceWorker() };
    default:
      return { tour: await tour(ff, ff) };
  }
}

function tell(visited: Visited): void {
  if (inWindow) Object.assign(globalThis, { visited });
  else postMessage(visited);
}

const isIsolated = crossOriginIsolated;
if (inWindow && location.search === '?worker') {
  const worker = new Worker('/page.js', { type: 'module' });
  worker.onmessage = ({ data }) => tell(data);
  worker.onerror = ({ message }) => tell({ isIsolated, failure: `the worker: ${message}` });
} else {
  visit().then(
    made => tell({ isIsolated, ...made }),
    error => tell({ isIsolated, failure: String(error?.stack ?? error) }),
  );
}
