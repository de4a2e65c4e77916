// A layer of local fields in words.

import type { LayerWords } from '../kind.ts';
import type { FieldSize, LocalSpec } from './spec.ts';

export const localWords: LayerWords<LocalSpec> = {
  size: ({ height, width, channels }) => `${height}×${width}×${channels}`,
  describe({ height, width, channels, field, above }) {
    const fields = `fields of ${describeField(field)}${above ? `; above, of ${describeField(above)}` : ''}`;
    return `${height} × ${width} × ${channels} (${fields})`;
  },
};

function describeField({ size, stride, overhang }: FieldSize): string {
  return `${size}, ${stride} apart${overhang ? `, ${overhang} over the edge` : ''}`;
}
