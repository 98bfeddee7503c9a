/** A vector in pgvector's text form. Nine digits say which of the 32-bit floats it is, no more are needed. */
export function toVector(values: ArrayLike<number>): string {
  return `[${Array.from(values, (value) => value.toPrecision(9)).join()}]`;
}
