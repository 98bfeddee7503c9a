/** Vectors as parameters of statements. */
import { fromSql, toSql } from 'pgvector';

/**
 * pgvector's text form, `[0.1,0.2,…]`, for a server and for PGlite. Each number is rounded to 32 bits and written with enough digits
 * that the database stores exactly those bits; only the sign of a zero is lost, which changes no distance.
 */
export function toVector(values: ArrayLike<number>): string {
  // Null is for null alone.
  return toSql(Array.from(values, Math.fround)) as string;
}

/**
 * The text form as pgvector's binary form, for PGlite: it takes 0.7 ms to read the text, on the thread that serves requests, and
 * next to nothing to read the bytes (decision 0008). A text that is no vector stays as it is, so that the database says what is wrong with it.
 */
export function binaryVector(text: string): Uint8Array | string {
  const values = text.startsWith('[') ? fromSql(text) : undefined;
  if (!Array.isArray(values) || values.some(Number.isNaN)) return text;
  // 16 bits for how many there are, 16 for later, then the floats: `vector_recv` in pgvector's vector.c.
  const bytes = Buffer.alloc(4 + 4 * values.length);
  bytes.writeUInt16BE(values.length);
  for (const [n, value] of values.entries()) bytes.writeFloatBE(value, 4 + 4 * n);
  return bytes;
}
