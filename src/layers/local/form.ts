// A layer of local fields as recipes know it.

import type { LayerForm } from '../kind.ts';
import { checkCover } from './cover.ts';
import { type LocalSpec, localSpec } from './spec.ts';

export const localForm: LayerForm<LocalSpec> = {
  spec: localSpec,
  output({ height, width, channels, field }, below) {
    checkCover({ height, width, channels }, below, field);
    return { height, width, channels };
  },
};
