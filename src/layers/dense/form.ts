// A fully connected layer as recipes know it.

import type { LayerForm } from '../kind.ts';
import { type DenseSpec, denseSpec } from './spec.ts';

export const denseForm: LayerForm<DenseSpec> = {
  spec: denseSpec,
  output: ({ units }) => ({ height: 1, width: 1, channels: units }),
};
