// forward-forward/rows: rows and images as they are kept, for what runs the network on a device.

export type { Note, NoteCode } from './data/notes.ts';
export type { Row } from './data/tables/rows.ts';
export { modelOf, type OwnExamples, type RowModel } from './device/own-model.ts';
export { InputError } from './errors.ts';
export type { Answer } from './network/answers.ts';
export type { Calibration } from './readouts/calibration.ts';
