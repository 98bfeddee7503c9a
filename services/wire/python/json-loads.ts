/**
 * `json.loads(bytes)` as CPython 3.11's C scanner does it: what it accepts, what it makes of it, and the text of its errors,
 * with columns in code points.
 */
import { decodeDetected, textOf } from './decode.ts';
import { createScanString } from './json-scan-string.ts';
import type { PythonValue } from './values.ts';

/** A `json.JSONDecodeError`, or the ValueError of an int with too many digits; the message is its text. */
export class PythonJsonError extends Error {
  override name = 'PythonJsonError';
}

/** A `RecursionError`: not a ValueError, so Flask does not make a 400 of it. */
export class PythonRecursionError extends Error {
  override name = 'PythonRecursionError';
}

/**
 * Python's stack has 1,000 frames, and a request's handler starts with 24 of them used: so many containers deep may a
 * document be. Measured at the legacy app's own server; a test measures it again.
 */
const deepest = 975;
/** Digits that `int` converts before it refuses. */
const mostDigits = 4300;

const doubleQuote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const dot = 0x2e;
const colon = 0x3a;
const zero = 0x30;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Words that stand for a value, by their first character; a minus starts a number too. */
const words: readonly [text: string, value: PythonValue][] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];
const wordPoints = new Map(words.map(([text, value]) => [text.charCodeAt(0), { points: [...text], value }]));

/**
 * @param bytes a body; UTF-8, UTF-16 and UTF-32 are told apart as `json.detect_encoding` does it
 * @throws PythonJsonError, PythonDecodeError, PythonRecursionError
 */
export function jsonLoads(bytes: Uint8Array): PythonValue {
  return createParser(decodeDetected(bytes)).document();
}

const isSpace = (point: number | undefined) =>
  point === 0x20 || point === 0x0a || point === 0x0d || point === 0x09;
const isDigit = (point: number | undefined) => point !== undefined && point >= zero && point <= 0x39;

function createParser(points: Uint32Array) {
  let at = 0;
  let depth = 0;

  const scanString = createScanString(points, fail);

  function document(): PythonValue {
    skipSpace();
    const value = any();
    skipSpace();
    if (at < points.length) throw fail('Extra data', at);
    return value;
  }

  function any(): PythonValue {
    const first = points[at];
    if (first === doubleQuote) return string();
    if (first === openBrace) return nested('object', object);
    if (first === openBracket) return nested('array', array);
    const found = word(first);
    return found ? found.value : number();
  }

  function string(): string {
    const { text, end } = scanString(at + 1);
    at = end;
    return text;
  }

  function nested(kind: string, read: () => PythonValue): PythonValue {
    if (depth === deepest) throw recursionError(` while decoding a JSON ${kind} from a unicode string`);
    depth++;
    at++;
    const value = read();
    depth--;
    at++;
    return value;
  }

  function object(): PythonValue {
    const members = new Map<string, PythonValue>();
    skipSpace();
    if (points[at] === closeBrace) return members;
    for (;;) {
      if (points[at] !== doubleQuote) throw fail('Expecting property name enclosed in double quotes', at);
      const key = string();
      skipSpace();
      if (points[at] !== colon) throw fail("Expecting ':' delimiter", at);
      at++;
      skipSpace();
      members.set(key, any());
      if (isLast(closeBrace)) return members;
    }
  }

  function array(): PythonValue {
    const items: PythonValue[] = [];
    skipSpace();
    if (points[at] === closeBracket) return items;
    for (;;) {
      items.push(any());
      if (isLast(closeBracket)) return items;
    }
  }

  /** Behind a value: either the end of the container, or a comma, which is passed with the blanks around it. */
  function isLast(close: number): boolean {
    skipSpace();
    if (points[at] === close) return true;
    if (points[at] !== comma) throw fail("Expecting ',' delimiter", at);
    at++;
    skipSpace();
    return false;
  }

  function word(first: number | undefined): { value: PythonValue } | undefined {
    const candidate = first === undefined ? undefined : wordPoints.get(first);
    if (!candidate?.points.every((letter, i) => points[at + i] === letter.charCodeAt(0))) return undefined;
    at += candidate.points.length;
    return candidate;
  }

  function number(): PythonValue {
    const start = at;
    let end = at + (points[at] === minus ? 1 : 0);
    if (!isDigit(points[end])) throw located('Expecting value', start);
    end = points[end] === zero ? end + 1 : digitsFrom(end);
    const whole = end;
    if (points[end] === dot && isDigit(points[end + 1])) end = digitsFrom(end + 1);
    end = exponentFrom(end);
    at = end;
    return end > whole ? Number(textOf(points, start, end)) : int(start, end);
  }

  function int(start: number, end: number): bigint {
    const digits = end - start - (points[start] === minus ? 1 : 0);
    if (digits > mostDigits)
      throw new PythonJsonError(
        `Exceeds the limit (${mostDigits} digits) for integer string conversion: value has ${digits} digits; ` +
          'use sys.set_int_max_str_digits() to increase the limit',
      );
    return BigInt(textOf(points, start, end));
  }

  function digitsFrom(start: number): number {
    let end = start;
    while (isDigit(points[end])) end++;
    return end;
  }

  /** Where the exponent ends; where it starts, when there is none. */
  function exponentFrom(start: number): number {
    if (points[start] !== 0x65 && points[start] !== 0x45) return start;
    const sign = points[start + 1];
    const digits = start + (sign === minus || sign === 0x2b ? 2 : 1);
    return isDigit(points[digits]) ? digitsFrom(digits) : start;
  }

  function skipSpace(): void {
    while (isSpace(points[at])) at++;
  }

  /** Making an error takes Python frames itself, and near the limit there are none left. */
  function fail(message: string, position: number): Error {
    const left = deepest - depth;
    if (left <= 2) return recursionError(left === 1 ? '' : ' while calling a Python object');
    return located(message, position);
  }

  function located(message: string, position: number): Error {
    const before = points.subarray(0, position);
    const line = before.reduce((count, point) => (point === 0x0a ? count + 1 : count), 1);
    const column = position - before.lastIndexOf(0x0a);
    return new PythonJsonError(`${message}: line ${line} column ${column} (char ${position})`);
  }

  return { document };
}

function recursionError(doing: string): PythonRecursionError {
  return new PythonRecursionError(`maximum recursion depth exceeded${doing}`);
}
