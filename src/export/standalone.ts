// The code of a module that `ff export --js` writes; the module's first line defines MODEL.

import { loadPredictor } from '../device/predictor.ts';
import type { Prediction } from '../readouts/prediction.ts';

/** A model file in base64. */
declare const MODEL: string;

const predictor = await loadPredictor(Uint8Array.from(atob(MODEL), character => character.charCodeAt(0)));

/** Inputs of an example, the label's included. */
export const inputs: number = predictor.inputs;
export const classes: number = predictor.classes;

/** What the network thinks of one example: `inputs` bytes (standing for value / 255) or floats. */
export function predict(example: Uint8Array | Float32Array): Prediction {
  return predictor.predict(example);
}
