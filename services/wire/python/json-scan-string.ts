/** The strings of a JSON document, as CPython's `scanstring` reads them: with its ideas of where an escape must end. */
import { textOf } from './decode.ts';

const quote = 0x22;
const backslash = 0x5c;
const letterU = 0x75;

const escapes = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, character]) => [letter.charCodeAt(0), character],
  ),
);

export interface ScannedString {
  text: string;
  /** Behind the closing quote. */
  end: number;
}

/**
 * @param points the document's code points
 * @param fail makes the error of a message and a position
 * @returns what reads a string whose opening quote stands before `start`
 */
export function createScanString(points: Uint32Array, fail: (message: string, position: number) => Error) {
  return (start: number): ScannedString => {
    let text = '';
    let at = start;
    for (;;) {
      const end = plainEnd(at, start);
      text += textOf(points, at, end);
      if (points[end] === quote) return { text, end: end + 1 };
      const letter = points[end + 1];
      if (letter === undefined) throw unterminated(start);
      const read = letter === letterU ? unicodeEscape(end) : simpleEscape(end, letter);
      text += read.text;
      at = read.end;
    }
  };

  /** Where the next quote or backslash is. */
  function plainEnd(from: number, start: number): number {
    let at = from;
    for (; at < points.length; at++) {
      const point = points[at] ?? 0;
      if (point === quote || point === backslash) return at;
      if (point <= 0x1f) throw fail('Invalid control character at', at);
    }
    throw unterminated(start);
  }

  function unterminated(start: number): Error {
    return fail('Unterminated string starting at', start - 1);
  }

  function simpleEscape(at: number, letter: number): ScannedString {
    const character = escapes.get(letter);
    if (character === undefined) throw fail('Invalid \\escape', at);
    return { text: character, end: at + 2 };
  }

  /** Four digits, and one more character behind them. A first half takes the second half with it where it follows. */
  function unicodeEscape(at: number): ScannedString {
    const end = at + 6;
    if (end >= points.length) throw fail('Invalid \\uXXXX escape', at + 1);
    const unit = hexadecimal(at);
    const isFirstHalf = (unit & 0xfc00) === 0xd800;
    if (!isFirstHalf || end + 6 >= points.length || points[end] !== backslash || points[end + 1] !== letterU)
      return { text: String.fromCharCode(unit), end };
    const second = hexadecimal(end);
    if ((second & 0xfc00) !== 0xdc00) return { text: String.fromCharCode(unit), end };
    return { text: String.fromCharCode(unit, second), end: end + 6 };
  }

  function hexadecimal(at: number): number {
    const digits = textOf(points, at + 2, at + 6);
    if (!/^[0-9A-Fa-f]{4}$/.test(digits)) throw fail('Invalid \\uXXXX escape', at + 1);
    return Number.parseInt(digits, 16);
  }
}
