// The code of a module that `ff export --js` writes of a model of own data; the module's first line defines MODEL.

import type { Note } from '../data/notes.ts';
import { modelOf, type OwnExamples } from '../device/own-model.ts';
import { loadPredictor } from '../device/predictor.ts';
import type { Answer } from '../network/answers.ts';

/** A model file in base64. */
declare const MODEL: string;

const file = Uint8Array.from(atob(MODEL), character => character.charCodeAt(0));
const model = modelOf(await loadPredictor(file));

/** The classes, in the order of an answer's probabilities. */
export const classNames: readonly string[] = model.classNames;
/** The columns of a table in the order in which rows that are arrays have them; none of images. */
export const columns: readonly string[] = model.columns;

/** An answer for each row, by name or in the order of `columns`, or for each image as bytes (height, width, channels). */
export function predict(examples: OwnExamples): Answer[] {
  return model.predict(examples);
}

/** What answers about `examples` may be wrong for. */
export function notes(examples: OwnExamples): Note[] {
  return model.notes(examples);
}
