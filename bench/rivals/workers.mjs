// A web worker for Node, as far as jax-js needs one: it has threads where there is a global Worker that
// loads a blob, and Node has none.

import { resolveObjectURL } from 'node:buffer';
import { Worker as Thread } from 'node:worker_threads';

const PRELUDE = `
const { parentPort } = require('node:worker_threads');
globalThis.self = globalThis;
globalThis.postMessage = message => parentPort.postMessage(message);
parentPort.on('message', data => self.onmessage({ data }));
`;

class WebWorker {
  #thread;

  constructor(url) {
    const source = resolveObjectURL(url).text();
    this.#thread = source.then(text => {
      const thread = new Thread(PRELUDE + text, { eval: true });
      thread.on('message', data => this.onmessage({ data }));
      thread.on('error', error => this.onerror(error));
      return thread;
    });
  }

  postMessage(message) {
    if (this.#thread instanceof Promise) {
      this.#thread = this.#thread.then(thread => {
        thread.postMessage(message);
        this.#thread = thread;
        return thread;
      });
    } else this.#thread.postMessage(message);
  }
}

/** Makes jax-js start `threads` workers; call it before jax-js is imported. */
export function offerWorkers(threads) {
  globalThis.Worker = WebWorker;
  Object.defineProperty(globalThis, 'navigator', {
    value: { hardwareConcurrency: threads },
    configurable: true,
  });
}
