/** What the metadata of a model file call its format. */
export const FORMAT = 'forward-forward 2';
/** Files of this one have recipes of the first edition; all else is the same. */
export const FIRST_FORMAT = 'forward-forward 1';
