/** A vector in pgvector's text form. Nine digits say which of the 32-bit floats it is, no more are needed. */
export function toVector(values: ArrayLike<number>): string {
  return `[${Array.from(values, (value) => value.toPrecision(9)).join()}]`;
}

/**
 * The same in pgvector's binary form, which has nothing to be parsed: PGlite takes half a millisecond for the numbers of a text.
 * A parameter of a statement only; see `passVectors`.
 */
export function toBinaryVector(values: ArrayLike<number>): Uint8Array {
  // 16 bits for how many there are, 16 for later, then the floats: `vector_recv` in pgvector's vector.c.
  const bytes = Buffer.alloc(4 + 4 * values.length);
  bytes.writeUInt16BE(values.length);
  for (let n = 0; n < values.length; n++) bytes.writeFloatBE(values[n] ?? 0, 4 + 4 * n);
  return bytes;
}
