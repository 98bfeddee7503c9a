/** `bytes.decode(json.detect_encoding(bytes), 'surrogatepass')`, to the text of its errors. */

/** A `UnicodeDecodeError`; the message is its text. */
export class PythonDecodeError extends Error {
  override name = 'PythonDecodeError';
}

/** What `json.detect_encoding` finds. */
export type Encoding = 'utf-8' | 'utf-8-sig' | 'utf-16' | 'utf-16-le' | 'utf-16-be' | Utf32;
type Utf32 = 'utf-32' | 'utf-32-le' | 'utf-32-be';

/** By byte order mark, else by where zero bytes stand: the first characters of a document are ASCII. */
function detectEncoding(bytes: Uint8Array): Encoding {
  const [a, b, c, d] = bytes;
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return 'utf-32';
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? 'utf-32' : 'utf-16';
  if (a === 0xfe && b === 0xff) return 'utf-16';
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8-sig';
  if (bytes.length >= 4) {
    if (a === 0) return b ? 'utf-16-be' : 'utf-32-be';
    if (b === 0) return c || d ? 'utf-16-le' : 'utf-32-le';
  } else if (bytes.length === 2) {
    if (a === 0) return 'utf-16-be';
    if (b === 0) return 'utf-16-le';
  }
  return 'utf-8';
}

/**
 * @returns the code points, halves of pairs that are encoded by themselves kept apart as Python keeps them
 * @throws PythonDecodeError
 */
export function decodeDetected(bytes: Uint8Array): Uint32Array {
  const encoding = detectEncoding(bytes);
  // Positions in errors count from behind this mark, but include the other ones.
  if (encoding === 'utf-8-sig') return decodeUtf8(bytes.subarray(3));
  if (encoding === 'utf-8') return decodeUtf8(bytes);
  const little = encoding.endsWith('le') || bytes[0] === 0xff;
  const start = encoding === 'utf-16' ? 2 : encoding === 'utf-32' ? 4 : 0;
  return encoding.startsWith('utf-16')
    ? decodeUtf16(bytes, start, little)
    : decodeUtf32(bytes, start, little);
}

function decodeUtf8(bytes: Uint8Array): Uint32Array {
  const points = new Uint32Array(bytes.length);
  let count = 0;
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : checkedLength(bytes, at);
    let point = length === 1 ? first : first & (0x7f >> length);
    for (let i = 1; i < length; i++) point = (point << 6) | ((bytes[at + i] ?? 0) & 0x3f);
    points[count++] = point;
    at += length;
  }
  return points.subarray(0, count);
}

const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

/** How many bytes the sequence has, checked in CPython's order, so that errors name the bytes that CPython names. */
function checkedLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0xc2 || first > 0xf4) throw fault('utf-8', bytes, at, at + 1, 'invalid start byte');
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  for (let i = 1; i < length; i++) {
    if (at + i >= bytes.length) throw fault('utf-8', bytes, at, bytes.length, 'unexpected end of data');
    const next = bytes[at + i] ?? 0;
    // A surrogate that is complete is let pass.
    const surrogate = first === 0xed && i === 1 && isContinuation(next) && isContinuation(bytes[at + 2]);
    if (!isContinuation(next) || (i === 1 && isOutOfRange(first, next) && !surrogate))
      throw fault('utf-8', bytes, at, at + i, 'invalid continuation byte');
  }
  return length;
}

/** Overlong forms, surrogates, and what is past U+10FFFF show in the second byte. */
function isOutOfRange(first: number, second: number): boolean {
  if (first === 0xe0) return second < 0xa0;
  if (first === 0xed) return second > 0x9f;
  if (first === 0xf0) return second < 0x90;
  return first === 0xf4 && second > 0x8f;
}

function decodeUtf16(bytes: Uint8Array, start: number, little: boolean): Uint32Array {
  const points: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = little ? 'utf-16-le' : 'utf-16-be';
  for (let at = start; at < bytes.length; at += 2) {
    if (at + 1 === bytes.length) throw fault(name, bytes, at, at + 1, 'truncated data');
    const unit = view.getUint16(at, little);
    const next = (unit & 0xfc00) === 0xd800 && at + 3 < bytes.length ? view.getUint16(at + 2, little) : 0;
    if ((next & 0xfc00) === 0xdc00) {
      points.push(0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00));
      at += 2;
    } else points.push(unit);
  }
  return Uint32Array.from(points);
}

function decodeUtf32(bytes: Uint8Array, start: number, little: boolean): Uint32Array {
  const points: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = little ? 'utf-32-le' : 'utf-32-be';
  for (let at = start; at < bytes.length; at += 4) {
    if (at + 4 > bytes.length) throw fault(name, bytes, at, bytes.length, 'truncated data');
    const point = view.getUint32(at, little);
    if (point > 0x10ffff) throw fault(name, bytes, at, at + 4, 'code point not in range(0x110000)');
    points.push(point);
  }
  return Uint32Array.from(points);
}

function fault(encoding: string, bytes: Uint8Array, start: number, end: number, reason: string) {
  const hex = (bytes[start] ?? 0).toString(16).padStart(2, '0');
  const where =
    end === start + 1 ? `byte 0x${hex} in position ${start}` : `bytes in position ${start}-${end - 1}`;
  return new PythonDecodeError(`'${encoding}' codec can't decode ${where}: ${reason}`);
}

/** Arguments that a call takes without harm to the stack. */
const block = 8192;

/** The text of code points; those of a pair's halves join where they meet. */
export function textOf(points: Uint32Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += block)
    text += String.fromCodePoint(...points.subarray(at, Math.min(end, at + block)));
  return text;
}
