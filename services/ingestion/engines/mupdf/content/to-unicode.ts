/** ToUnicode character maps (ISO 32000-1, 9.10.3), with pdfminer's tolerance of faulty ones. */
import { glyphText } from './encodings.ts';
import { Keyword, Lexer, Name, type Operand } from './lexer.ts';

const utf16 = new TextDecoder('utf-16be', { ignoreBOM: true });
/** A range that is longer than all codes is damage, or an attack. */
const longestRange = 0x10000;

export class UnicodeMap extends Map<number, string> {
  /** A no-break space never replaces a space. */
  add(code: number, text: string): void {
    if (text !== '\xa0' || this.get(code) !== ' ') this.set(code, text);
  }
}

export function readToUnicode(bytes: Uint8Array): UnicodeMap {
  const lexer = new Lexer(bytes);
  const map = new UnicodeMap();
  let operands: Operand[] = [];
  let inside = true;
  for (let token = lexer.next(); token !== undefined; token = lexer.next()) {
    if (!(token instanceof Keyword)) operands.push(token);
    else {
      if (token.word === 'begincmap') inside = true;
      else if (token.word === 'endcmap') inside = false;
      else if (inside && token.word === 'endbfchar') characters(operands, map);
      else if (inside && token.word === 'endbfrange') ranges(operands, map);
      else if (inside && token.word === 'endcidchar') cidCharacters(operands, map);
      operands = [];
    }
  }
  return map;
}

function characters(operands: Operand[], map: UnicodeMap): void {
  for (let i = 0; i + 1 < operands.length; i += 2) {
    const [code, text] = [operands[i], operands[i + 1]];
    if (code instanceof Uint8Array && text instanceof Uint8Array) map.add(number(code), decode(text));
  }
}

function cidCharacters(operands: Operand[], map: UnicodeMap): void {
  for (let i = 0; i + 1 < operands.length; i += 2) {
    const [code, text] = [operands[i], operands[i + 1]];
    if (typeof code === 'number' && text instanceof Uint8Array) map.add(code, decode(text));
  }
}

function ranges(operands: Operand[], map: UnicodeMap): void {
  for (let i = 0; i + 2 < operands.length; i += 3) {
    const [from, to, texts] = [operands[i], operands[i + 1], operands[i + 2]];
    if (!(from instanceof Uint8Array) || !(to instanceof Uint8Array) || from.length !== to.length) continue;
    const first = number(from);
    const count = Math.min(number(to) - first + 1, longestRange);
    if (Array.isArray(texts))
      for (const [offset, text] of texts.slice(0, count).entries()) addAny(map, first + offset, text);
    else if (texts instanceof Uint8Array)
      for (let offset = 0; offset < count; offset++)
        map.add(first + offset, decode(following(texts, offset)));
  }
}

function addAny(map: UnicodeMap, code: number, text: Operand): void {
  if (text instanceof Uint8Array) map.add(code, decode(text));
  else if (typeof text === 'number') map.add(code, String.fromCodePoint(text));
  else if (text instanceof Name) map.add(code, glyphText(text.name) ?? '');
}

/** The text `offset` places later: its last four bytes are counted on. */
function following(text: Uint8Array, offset: number): Uint8Array {
  const result = Uint8Array.from(text);
  const tail = result.subarray(-4);
  let value = number(tail) + offset;
  for (let at = tail.length - 1; at >= 0; at--) {
    tail[at] = value % 256;
    value = Math.floor(value / 256);
  }
  return result;
}

function number(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

/** UTF-16, what is wrong in it left out. */
function decode(bytes: Uint8Array): string {
  return utf16.decode(bytes.subarray(0, bytes.length - (bytes.length % 2))).replaceAll('\ufffd', '');
}
