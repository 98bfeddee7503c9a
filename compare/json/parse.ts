/**
 * Reads JSON without losing a byte: values with the lexemes and the white space that they are made of. Texts are Latin-1
 * strings, a character a byte. Python's `NaN` and `Infinity` are read too.
 */

export interface JsonMember {
  /** White space before the key, between key and colon, between colon and value, after the value. */
  gaps: [string, string, string, string];
  keyLexeme: string;
  key: string;
  value: JsonValue;
}

export interface JsonItem {
  gaps: [string, string];
  value: JsonValue;
}

export type JsonValue = { start: number; end: number } & (
  | { kind: 'object'; members: JsonMember[]; inside: string }
  | { kind: 'array'; items: JsonItem[]; inside: string }
  | { kind: 'string' | 'number' | 'literal'; lexeme: string }
);

export interface JsonText {
  text: string;
  /** White space, and a byte order mark where the text has one. */
  before: string;
  value: JsonValue;
  after: string;
}

/** Deeper values are compared as bytes. */
export const DEEPEST = 500;

/** @returns undefined where the text is not JSON. */
export function parseJson(text: string): JsonText | undefined {
  const reader = new Reader(text);
  const before = reader.mark() + reader.space();
  const value = reader.value(0);
  const after = reader.space();
  return value && reader.at === text.length ? { text, before, value, after } : undefined;
}

/** What a string lexeme stands for. Invalid UTF-8 in it is replaced; only for people to read and for names. */
export function decodeString(lexeme: string): string | undefined {
  try {
    return JSON.parse(Buffer.from(lexeme, 'latin1').toString('utf8')) as string;
  } catch {
    return undefined;
  }
}

class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** The byte order mark of UTF-8: no part of JSON (RFC 8259, 8.1), and many readers pass over it. */
  mark(): string {
    return this.#match(/\xef\xbb\xbf/y) ?? '';
  }

  space(): string {
    return this.#match(/[ \t\r\n]*/y) ?? '';
  }

  value(depth: number): JsonValue | undefined {
    if (depth > DEEPEST) return undefined;
    const start = this.at;
    const first = this.text[start];
    if (first === '{') return this.#object(start, depth);
    if (first === '[') return this.#array(start, depth);
    const string = this.#string();
    if (string !== undefined) return { kind: 'string', lexeme: string, start, end: this.at };
    const number = this.#match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y);
    if (number !== undefined) return { kind: 'number', lexeme: number, start, end: this.at };
    const literal = this.#match(/(?:true|false|null|NaN|-?Infinity)(?![\w.])/y);
    if (literal !== undefined) return { kind: 'literal', lexeme: literal, start, end: this.at };
    return undefined;
  }

  #string(): string | undefined {
    if (this.text[this.at] !== '"') return undefined;
    for (let at = this.at + 1; at < this.text.length; at += 1) {
      const character = this.text[at] ?? '';
      if (character < ' ') return undefined;
      if (character === '\\') at += 1;
      if (character !== '"') continue;
      const lexeme = this.text.slice(this.at, at + 1);
      if (/\\(?!["\\/bfnrt]|u[0-9A-Fa-f]{4})/.test(lexeme.replaceAll('\\\\', ''))) return undefined;
      this.at = at + 1;
      return lexeme;
    }
    return undefined;
  }

  #object(start: number, depth: number): JsonValue | undefined {
    const members: JsonMember[] = [];
    this.at += 1;
    let gap = this.space();
    if (this.#take('}')) return { kind: 'object', members, inside: gap, start, end: this.at };
    do {
      if (members.length > 0) gap = this.space();
      const keyLexeme = this.#string();
      if (keyLexeme === undefined) return undefined;
      const afterKey = this.space();
      if (!this.#take(':')) return undefined;
      const beforeValue = this.space();
      const value = this.value(depth + 1);
      if (!value) return undefined;
      const key = decodeString(keyLexeme) ?? keyLexeme;
      members.push({ gaps: [gap, afterKey, beforeValue, this.space()], keyLexeme, key, value });
    } while (this.#take(','));
    return this.#take('}') ? { kind: 'object', members, inside: '', start, end: this.at } : undefined;
  }

  #array(start: number, depth: number): JsonValue | undefined {
    const items: JsonItem[] = [];
    this.at += 1;
    let gap = this.space();
    if (this.#take(']')) return { kind: 'array', items, inside: gap, start, end: this.at };
    do {
      if (items.length > 0) gap = this.space();
      const value = this.value(depth + 1);
      if (!value) return undefined;
      items.push({ gaps: [gap, this.space()], value });
    } while (this.#take(','));
    return this.#take(']') ? { kind: 'array', items, inside: '', start, end: this.at } : undefined;
  }

  #take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }
}
