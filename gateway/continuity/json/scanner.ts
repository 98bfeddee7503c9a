/**
 * Where values begin and end in JSON that comes in pieces, cut anywhere. It takes what `compare/json/parse.ts` takes, and
 * keeps nothing but which objects and arrays are open.
 */
import { DEEPEST } from '@banyan/compare/json/parse.ts';

export type Kind = 'object' | 'array' | 'string' | 'scalar';

/** Told of what comes, in order. Offsets are in the piece that is being read. */
export interface JsonListener {
  /** A value begins. */
  value(kind: Kind, at: number): void;
  /** A member's key begins. */
  key(at: number): void;
  /** The key or the text that began last ends. @param end the offset after its quote */
  stringEnd(end: number): void;
  /** The object or the array that is the innermost one ends. */
  close(): void;
}

type State =
  | ('value' | 'first value' | 'after value' | 'key' | 'first key' | 'colon')
  | ('string' | 'escape' | 'hex' | 'word' | NumberState);

type NumberState = 'minus' | 'zero' | 'whole' | 'point' | 'fraction' | 'e' | 'sign' | 'exponent';

export class JsonScanner {
  readonly #listener: JsonListener;
  readonly #open: ('object' | 'array')[] = [];
  #state: State = 'value';
  #isKey = false;
  /** What is still to come of a word such as `null`. */
  #word = '';
  /** Digits that are still to come of an escape. */
  #digits = 0;

  constructor(listener: JsonListener) {
    this.#listener = listener;
  }

  /** Whether what has come is a whole document: of nothing but white space it is, as of an answer to HEAD. */
  get isWhole(): boolean {
    if (this.#open.length > 0) return false;
    return (
      this.#state === 'value' || this.#state === 'after value' || endsOfNumber.has(this.#state as NumberState)
    );
  }

  /** @returns where the piece stops being JSON, if only as something is missing before; its length where it does not */
  scan(piece: Uint8Array): number {
    for (let at = 0; at < piece.length; at += 1) {
      // Most of all bytes.
      if (this.#state === 'string') while (isPlain(piece[at])) at += 1;
      const byte = piece[at];
      if (byte !== undefined && !this.#takes(byte, at)) return at;
    }
    return piece.length;
  }

  #takes(byte: number, at: number): boolean {
    switch (this.#state) {
      case 'string':
        if (byte === code('\\')) return this.#go('escape');
        return byte === code('"') && this.#endString(at + 1);
      case 'escape':
        this.#digits = 4;
        if (byte === code('u')) return this.#go('hex');
        return escapes.has(byte) && this.#go('string');
      case 'hex':
        this.#digits -= 1;
        return hexDigits.has(byte) && this.#go(this.#digits > 0 ? 'hex' : 'string');
      case 'word':
        return byte === this.#word.charCodeAt(0) && this.#goOn(this.#word.slice(1));
      case 'first key':
        if (byte === code('}')) return this.#close();
        return isSpace(byte) || (byte === code('"') && this.#beginKey(at));
      case 'key':
        return isSpace(byte) || (byte === code('"') && this.#beginKey(at));
      case 'colon':
        return isSpace(byte) || (byte === code(':') && this.#go('value'));
      case 'first value':
        if (byte === code(']')) return this.#close();
        return isSpace(byte) || this.#begin(byte, at);
      case 'value':
        return isSpace(byte) || this.#begin(byte, at);
      case 'after value':
        return isSpace(byte) || this.#goOnAfter(byte);
      default:
        return this.#takesInNumber(this.#state, byte);
    }
  }

  #begin(byte: number, at: number): boolean {
    const first = firsts.get(byte);
    if (!first || this.#open.length > DEEPEST) return false;
    const { kind, state, word } = first;
    this.#listener.value(kind, at);
    this.#isKey = false;
    if (kind === 'object' || kind === 'array') this.#open.push(kind);
    return word === undefined ? this.#go(state) : this.#goOn(word);
  }

  #beginKey(at: number): boolean {
    this.#listener.key(at);
    this.#isKey = true;
    return this.#go('string');
  }

  #endString(end: number): boolean {
    this.#listener.stringEnd(end);
    return this.#go(this.#isKey ? 'colon' : 'after value');
  }

  #goOnAfter(byte: number): boolean {
    const container = this.#open.at(-1);
    if (container && byte === code(',')) return this.#go(container === 'object' ? 'key' : 'value');
    return byte === (container && ends[container]) && this.#close();
  }

  #close(): boolean {
    this.#open.pop();
    this.#listener.close();
    return this.#go('after value');
  }

  #goOn(word: string): boolean {
    this.#word = word;
    return this.#go(word === '' ? 'after value' : 'word');
  }

  /** What ends a number is no part of it. */
  #takesInNumber(state: NumberState, byte: number): boolean {
    if (state === 'minus' && byte === code('I')) return this.#goOn('nfinity');
    const next = numbers[state].get(byte);
    if (next) return this.#go(next);
    if (!endsOfNumber.has(state)) return false;
    return isSpace(byte) ? this.#go('after value') : this.#goOnAfter(byte);
  }

  #go(state: State): true {
    this.#state = state;
    return true;
  }
}

const code = (character: string) => character.charCodeAt(0);
const codes = (characters: string) => new Set(Array.from(characters, code));

const isPlain = (byte: number | undefined) =>
  byte !== undefined && byte >= 0x20 && byte !== 0x22 && byte !== 0x5c;
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const escapes = codes('"\\/bfnrt');
const hexDigits = codes('0123456789abcdefABCDEF');

const ends = { object: code('}'), array: code(']') };

/** What a byte begins: a value of a kind, with the state after it or the rest of a word. */
type First = { kind: Kind; state: State; word?: string };
const firsts = steps<First>(
  ['{', { kind: 'object', state: 'first key' }],
  ['[', { kind: 'array', state: 'first value' }],
  ['"', { kind: 'string', state: 'string' }],
  ['-', { kind: 'scalar', state: 'minus' }],
  ['0', { kind: 'scalar', state: 'zero' }],
  ['123456789', { kind: 'scalar', state: 'whole' }],
  ...['true', 'false', 'null', 'NaN', 'Infinity'].map(
    (word): Step<First> => [word.charAt(0), { kind: 'scalar', state: 'word', word: word.slice(1) }],
  ),
);

const digits = '0123456789';
/** What comes after a byte of a number, by what came last (RFC 8259, 6). */
const numbers: Record<NumberState, Map<number, NumberState>> = {
  minus: steps<NumberState>(['0', 'zero'], ['123456789', 'whole']),
  zero: steps<NumberState>(['.', 'point'], ['eE', 'e']),
  whole: steps<NumberState>([digits, 'whole'], ['.', 'point'], ['eE', 'e']),
  point: steps<NumberState>([digits, 'fraction']),
  fraction: steps<NumberState>([digits, 'fraction'], ['eE', 'e']),
  e: steps<NumberState>(['+-', 'sign'], [digits, 'exponent']),
  sign: steps<NumberState>([digits, 'exponent']),
  exponent: steps<NumberState>([digits, 'exponent']),
};
const endsOfNumber = new Set<NumberState>(['zero', 'whole', 'fraction', 'exponent']);

type Step<To> = [characters: string, to: To];

function steps<To>(...all: Step<To>[]): Map<number, To> {
  return new Map(
    all.flatMap(([characters, to]) => Array.from(characters, (each) => [code(each), to] as const)),
  );
}
