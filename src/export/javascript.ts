// A model as one JavaScript module that needs nothing else: kernels, weights, preprocessing and `predict`.

import { fileURLToPath } from 'node:url';
import { readBytes } from '../files/read.ts';

/** What a module takes and gives, in its first line. */
const NETWORK = 'predict(bytes or floats, encoded as in training) gives { label, goodness, probabilities }';
const OWN =
  'predict([row or image as it is, …]) gives [{ label, confidence, probabilities }, …]; see columns, classNames and notes, too';

// Addresses in full, for bundlers find the files by them; the same whether this module runs from src/ (in tests) or from dist/.
const NETWORK_BUNDLE = new URL('../../dist/export/standalone.bundle.js', import.meta.url);
const OWN_BUNDLE = new URL('../../dist/export/standalone-own.bundle.js', import.meta.url);

/** The text of a module around the bytes of a model file, of somebody's own data or of a network alone. */
export async function encodeJavaScript(model: Uint8Array, isOwn: boolean): Promise<string> {
  const bundle = fileURLToPath(isOwn ? OWN_BUNDLE : NETWORK_BUNDLE);
  const code = new TextDecoder().decode(await readBytes(bundle));
  const base64 = Buffer.from(model.buffer, model.byteOffset, model.byteLength).toString('base64');
  const first = `// import { predict } from this file: ${isOwn ? OWN : NETWORK}.`;
  return `${first}\nconst MODEL = '${base64}';\n${code}`;
}
