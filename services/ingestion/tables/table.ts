/** Rows of cells; null where a row has no cell of its own in that column. */
export type Table = (string | null)[][];
