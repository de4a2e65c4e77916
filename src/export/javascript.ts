// A network as one JavaScript module that needs nothing else: kernels, weights and `predict`.

import { fileURLToPath } from 'node:url';
import { readBytes } from '../files/read.ts';

/** The same file whether this one runs from src/ (in tests) or from dist/. */
const BUNDLE = fileURLToPath(new URL('../../dist/export/standalone.bundle.js', import.meta.url));

/** The text of a module around the bytes of a model file. */
export async function encodeJavaScript(model: Uint8Array): Promise<string> {
  const code = new TextDecoder().decode(await readBytes(BUNDLE));
  const base64 = Buffer.from(model.buffer, model.byteOffset, model.byteLength).toString('base64');
  return `// import { predict } from this file: predict(bytes or floats) gives { label, goodness, probabilities }.\nconst MODEL = '${base64}';\n${code}`;
}
