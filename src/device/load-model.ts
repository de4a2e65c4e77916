// A model of own data for prediction alone, from the bytes of its file.

import type { KernelOptions } from './kernels.ts';
import { type Model, modelOf } from './own-model.ts';
import { loadPredictor, type Predictor } from './predictor.ts';

/**
 * The model of own data in a file, which takes rows or images as they are kept and answers with the names of classes. Throws an
 * InputError as loadPredictor does, and where the file says nothing of own data.
 */
export async function loadModel(model: Uint8Array, options: KernelOptions = {}): Promise<Model<Predictor>> {
  return modelOf(await loadPredictor(model, options));
}
