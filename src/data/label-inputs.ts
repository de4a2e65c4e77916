// Inputs that own data leave to the label.

/** Classes up to which each label is tried as an input; beyond, the layers tell the classes apart themselves. */
export const MOST_LABEL_INPUTS = 32;
