// What kernels and their callers agree on: units lie in panels of 32, and every array of theirs is (panels, rows, 32).

/** Units in a panel: eight vectors of four. */
export const PANEL = 32;

/** Bytes of a panel's row: one input's weights, or one row's activities, of its units; the unit of the offsets in compressed rows. */
export const ROW_BYTES = PANEL * 4;

/** The target of a row that is left out. */
export const SKIP = 0xffffffff;
