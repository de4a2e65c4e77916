// The kinds of layers as recipes know them, by name. Apart from kinds.ts, so that whoever reads recipes does not load what networks
// need.

import { refuse } from '../errors.ts';
import { type Schema, union } from '../schema.ts';
import type { ConvSpec } from './conv/spec.ts';
import { denseForm } from './dense/form.ts';
import type { DenseSpec } from './dense/spec.ts';
import type { LayerForm } from './kind.ts';
import type { LocalSpec } from './local/spec.ts';

/** What a recipe says of a layer: a count of units is short for a dense layer of so many. */
export type LayerSpec = number | DenseSpec | LocalSpec | ConvSpec;

export const layerForms: Record<string, LayerForm> = { dense: denseForm };

/** What is said of a layer in full. */
export function fullSpec(layer: LayerSpec): Exclude<LayerSpec, number> {
  return typeof layer === 'number' ? { kind: 'dense', units: layer } : layer;
}

export const layerSpec: Schema<LayerSpec> = (value, path) => {
  if (typeof value === 'object') {
    const specs = Object.fromEntries(Object.entries(layerForms).map(([kind, { spec }]) => [kind, spec]));
    return union(specs)(value, path) as LayerSpec;
  }
  return Number.isSafeInteger(value) && (value as number) > 0
    ? (value as number)
    : refuse(path, 'a count of units above 0, or a layer with its kind', value);
};
