/** Tokens of content streams and of character maps (ISO 32000-1, 7.2 and 7.8.2), cut where pdfminer's parser cuts them. */

/** `/Name`. */
export class Name {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** An operator, or another bare word. */
export class Keyword {
  readonly word: string;
  constructor(word: string) {
    this.word = word;
  }
}

export type Operand = number | boolean | null | Name | Uint8Array | Operand[] | Map<string, Operand>;

const codes = (characters: string) => new Set([...characters].map((character) => character.charCodeAt(0)));

/** Python's `\s`. A null byte is none of it: it ends no word, and stands for nothing between words. */
const whitespace = codes(' \t\n\v\f\r');
const endsOfWords = codes('#/%[]()<>{} \t\n\v\f\r');
const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const isLetter = (byte: number) => (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);

/** Bytes that pdfminer's parser passes over: a `>` by itself, a sign without digits. */
const nothing = Symbol('nothing');

const ends = new Map([
  [']', 'array'],
  ['>>', 'dictionary'],
]);

/** Any other character after a backslash is left out, with the backslash. */
const escapes: Readonly<Record<string, number>> = {
  n: 10,
  r: 13,
  t: 9,
  b: 8,
  f: 12,
  '(': 0x28,
  ')': 0x29,
  '\\': 0x5c,
};
/** Each byte a character; what TextDecoder calls `latin1` is Windows' code page. */
const latin1 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

export class Lexer {
  #at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next operand or operator; undefined at the end. Damaged parts are skipped. */
  next(): Operand | Keyword | undefined {
    for (;;) {
      const token = this.#token();
      if (!(token instanceof Keyword)) return token;
      if (token.word === '[') return this.#array();
      if (token.word === '<<') return this.#dictionary();
      if (!ends.has(token.word) && token.word !== '{' && token.word !== '}') return token;
    }
  }

  /** Skips the data of an inline image: to a white-space character after `EI`. */
  skipInlineImage(): void {
    const bytes = this.#bytes;
    for (let at = this.#at; at < bytes.length; at++)
      if (
        bytes[at] === 0x45 &&
        bytes[at + 1] === 0x49 &&
        (at + 2 >= bytes.length || whitespace.has(bytes[at + 2] ?? 0))
      ) {
        this.#at = at + 2;
        return;
      }
    this.#at = bytes.length;
  }

  #array(): Operand[] {
    const items: Operand[] = [];
    for (;;) {
      const token = this.#token();
      if (token === undefined) return items;
      if (!(token instanceof Keyword)) items.push(token);
      else if (token.word === ']') return items;
      else if (token.word === '[') items.push(this.#array());
      else if (token.word === '<<') items.push(this.#dictionary());
    }
  }

  #dictionary(): Map<string, Operand> {
    const items: Operand[] = [];
    for (;;) {
      const token = this.#token();
      if (token === undefined || (token instanceof Keyword && token.word === '>>')) break;
      if (!(token instanceof Keyword)) items.push(token);
      else if (token.word === '[') items.push(this.#array());
      else if (token.word === '<<') items.push(this.#dictionary());
    }
    const entries = new Map<string, Operand>();
    for (let i = 0; i + 1 < items.length; i += 2) {
      const key = items[i];
      if (key instanceof Name) entries.set(key.name, items[i + 1] ?? null);
    }
    return entries;
  }

  #token(): Operand | Keyword | undefined {
    for (;;) {
      const token = this.#tokenOrNothing();
      if (token !== nothing) return token;
    }
  }

  #tokenOrNothing(): Operand | Keyword | typeof nothing | undefined {
    this.#skipBlanks();
    const bytes = this.#bytes;
    const first = bytes[this.#at];
    if (first === undefined) return undefined;
    const character = String.fromCharCode(first);
    if (character === '/') return this.#name();
    if (character === '(') return this.#literal();
    if (character === '<' && bytes[this.#at + 1] !== 0x3c) return this.#hexadecimal();
    if (character === '<' || character === '>') {
      const twice = bytes[this.#at + 1] === first;
      this.#at += twice ? 2 : 1;
      return twice ? new Keyword(character + character) : nothing;
    }
    if ('+-.'.includes(character) || isDigit(first)) return this.#number();
    if (isLetter(first)) return word(this.#regular());
    this.#at++;
    return new Keyword(character);
  }

  /** What is no number after all, such as a sign by itself, is left out. */
  #number(): number | typeof nothing {
    const bytes = this.#bytes;
    const start = this.#at;
    const digits = () => {
      while (isDigit(bytes[this.#at])) this.#at++;
    };
    if (bytes[this.#at] !== 0x2e) this.#at++;
    digits();
    if (bytes[this.#at] === 0x2e) {
      this.#at++;
      digits();
    }
    const text = latin1(bytes.subarray(start, this.#at));
    return /\d/.test(text) ? Number(text) : nothing;
  }

  #skipBlanks(): void {
    const bytes = this.#bytes;
    for (; this.#at < bytes.length; this.#at++) {
      const byte = bytes[this.#at] ?? 0;
      if (byte === 0x25) while (this.#at + 1 < bytes.length && !isLineEnd(bytes[this.#at + 1])) this.#at++;
      else if (byte !== 0 && !whitespace.has(byte)) return;
    }
  }

  #regular(): string {
    const start = this.#at;
    const bytes = this.#bytes;
    while (this.#at < bytes.length && !endsOfWords.has(bytes[this.#at] ?? 0)) this.#at++;
    return latin1(bytes.subarray(start, this.#at));
  }

  #name(): Name {
    this.#at++;
    let written = this.#regular();
    while (this.#bytes[this.#at] === 0x23) {
      this.#at++;
      written += `#${this.#regular()}`;
    }
    // Names are bytes, in UTF-8 where they are more than ASCII; that is how MuPDF is asked for them.
    const bytes = written.replace(
      /#([0-9a-fA-F]{0,2})/g,
      (_, hex: string) => hex && String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return new Name(Buffer.from(bytes, 'latin1').toString('utf8'));
  }

  #hexadecimal(): Uint8Array {
    this.#at++;
    let digits = '';
    for (; this.#at < this.#bytes.length; this.#at++) {
      const byte = this.#bytes[this.#at] ?? 0;
      const character = String.fromCharCode(byte);
      if (/[0-9a-fA-F]/.test(character)) digits += character;
      else if (!whitespace.has(byte)) break;
    }
    if (this.#bytes[this.#at] === 0x3e) this.#at++;
    // A digit that is left over is a byte by itself.
    return Uint8Array.from(digits.match(/..?/g) ?? [], (pair) => Number.parseInt(pair, 16));
  }

  #literal(): Uint8Array {
    const bytes = this.#bytes;
    const out: number[] = [];
    let depth = 1;
    for (this.#at++; this.#at < bytes.length; this.#at++) {
      const byte = bytes[this.#at] ?? 0;
      if (byte === 0x5c) {
        this.#at++;
        this.#escape(out);
        continue;
      }
      if (byte === 0x28) depth++;
      if (byte === 0x29 && --depth === 0) break;
      out.push(byte);
    }
    this.#at++;
    return Uint8Array.from(out);
  }

  /** At the character after a backslash; ends at the last one that belongs to it. */
  #escape(out: number[]): void {
    const bytes = this.#bytes;
    const character = String.fromCharCode(bytes[this.#at] ?? 0);
    const octal = /^[0-7]{1,3}/.exec(latin1(bytes.subarray(this.#at, this.#at + 3)))?.[0];
    if (octal) {
      const value = Number.parseInt(octal, 8);
      if (value > 0xff) throw new Error(`there is no character \\${octal}`);
      out.push(value);
      this.#at += octal.length - 1;
    } else if (character === '\r') {
      if (bytes[this.#at + 1] === 0x0a) this.#at++;
    } else if (Object.hasOwn(escapes, character)) out.push(escapes[character] ?? 0);
  }
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d;
}

function word(text: string): boolean | Keyword {
  if (text === 'true') return true;
  if (text === 'false') return false;
  return new Keyword(text);
}
