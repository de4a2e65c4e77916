// Models of all kinds of layers that predicting knows, and exports: dense ones, and convolutions with what they are standardised by.

import { InputError, refuse } from '../errors.ts';
import { readFloats } from '../files/int8.ts';
import type { Safetensors } from '../files/safetensors.ts';
import { type DeviceModel, readModel } from './model.ts';
import { convSizes, denseSizes } from './sizes.ts';

/** As readModel. */
export function readPredictable(file: Safetensors, path: string): DeviceModel {
  const model = readModel(file, path, { dense: denseSizes, conv: convSizes });
  const layers = model.layers.map((layer, l) => {
    const { patches, shape } = layer;
    if (patches && !patches.isDivided && model.activity === 'normalized') {
      refuse(`${path}: the normalization of its layers[${l}]`, 'absent beside normalized activities', 'none');
    }
    if (patches?.shortcut) {
      const earlier = model.layers[l - patches.shortcut];
      const isAlike = earlier?.patches && JSON.stringify(earlier.shape) === JSON.stringify(shape);
      const expected = 'a count of layers down to a convolution of as many positions and channels';
      if (!isAlike) refuse(`${path}: the shortcut of its layers[${l}]`, expected, patches.shortcut);
    }
    if (!patches?.isStandardised) return layer;
    const find = (name: string) => readFloats(file.tensors, name, [shape.channels], path);
    const [mean, name] = [find(`layers.${l}.norm.mean`), `layers.${l}.norm.variance`];
    const variance = find(name);
    const least = Math.min(...variance);
    if (least < 0) {
      throw new InputError(
        `${path}: ${name} has ${least}, expected variances of at least 0: the file is damaged`,
      );
    }
    return { ...layer, norm: { mean, variance } };
  });
  return { ...model, layers };
}
