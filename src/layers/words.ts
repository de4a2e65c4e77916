// Every kind of layer in words, by name. Apart from forms.ts, so that a page that shows recipes does not load what checks them.

import { convWords } from './conv/words.ts';
import { denseWords } from './dense/words.ts';
import { fullSpec, type LayerSpec } from './forms.ts';
import type { AnySpec, LayerWords } from './kind.ts';
import { localWords } from './local/words.ts';

// A kind is asked of its own specifications only, which their `kind` sees to.
export const layerWords = { conv: convWords, dense: denseWords, local: localWords } as unknown as Record<
  string,
  LayerWords
>;

/** The words for a layer, and what is said of it in full. */
export function wordsOf(layer: LayerSpec): { words: LayerWords; spec: AnySpec } {
  const spec = fullSpec(layer);
  return { words: layerWords[spec.kind], spec };
}
