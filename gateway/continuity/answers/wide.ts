/** JSON in UTF-16 and UTF-32, told apart as RFC 4627 (3) says: by its mark, or by where its first characters have null bytes. */

type Wide = { unit: 2 | 4; isBig: boolean; mark: number };

/** Undefined where the bytes are UTF-8, with a mark or without. */
export function wideFormOf(bytes: Uint8Array): Wide | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return { unit: 4, isBig: true, mark: 4 };
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return { unit: 4, isBig: false, mark: 4 };
  if (a === 0xfe && b === 0xff) return { unit: 2, isBig: true, mark: 2 };
  if (a === 0xff && b === 0xfe) return { unit: 2, isBig: false, mark: 2 };
  if (bytes.byteLength >= 4) {
    if (a === 0) return { unit: b === 0 ? 4 : 2, isBig: true, mark: 0 };
    if (b === 0) return { unit: c === 0 && d === 0 ? 4 : 2, isBig: false, mark: 0 };
    return undefined;
  }
  if (bytes.byteLength === 2 && (a === 0 || b === 0)) return { unit: 2, isBig: a === 0, mark: 0 };
  return undefined;
}

/** @throws RangeError where the bytes are not of that form */
export function decodeWide(bytes: Uint8Array, { unit, isBig, mark }: Wide): string {
  const text = bytes.subarray(mark);
  if (text.byteLength % unit !== 0) throw new RangeError('a character is cut off');
  if (unit === 2) return new TextDecoder(isBig ? 'utf-16be' : 'utf-16le', { ignoreBOM: true }).decode(text);
  const view = new DataView(text.buffer, text.byteOffset, text.byteLength);
  const parts: string[] = [];
  for (let at = 0; at < text.byteLength; at += 4)
    parts.push(String.fromCodePoint(view.getUint32(at, !isBig)));
  return parts.join('');
}
