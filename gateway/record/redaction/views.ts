/**
 * A text as a reader would see it who undoes one encoding: JSON's and URLs' escapes, entities, UTF-16's zero bytes, the
 * framing of events. A secret found in a view is replaced in the text, each character in the encoding that it had.
 */
import { type View, ViewBuilder } from './view.ts';

export function viewsOf(text: string): View[] {
  const views: View[] = [];
  if (text.includes('\0')) views.push(decoded(text, /\0+/g, () => ''));
  if (text.includes('\\')) views.push(decoded(text, /\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/gs, jsonEscape));
  if (/%[0-9a-fA-F]{2}/.test(text))
    views.push(decoded(text, /%[0-9a-fA-F]{2}/g, (piece) => fromHex(piece.slice(1))));
  if (/&(?:#|quot|amp|apos|lt|gt)/.test(text))
    views.push(decoded(text, /&(?:#\d{1,5}|#[xX][0-9a-fA-F]{1,4}|quot|amp|apos|lt|gt);/g, entity));
  return views;
}

const fromHex = (digits: string) => String.fromCharCode(Number.parseInt(digits, 16));

/** An escape that is no ASCII letter stays as it is: a stand-in keeps its form. */
function jsonEscape(piece: string): string {
  if (piece.length > 2) {
    const char = fromHex(piece.slice(2));
    return char < '\x80' ? char : piece;
  }
  return /[nrtbf]/.test(piece[1] ?? '') ? ' ' : (piece[1] ?? '');
}

const entities: Record<string, string> = { quot: '"', amp: '&', apos: "'", lt: '<', gt: '>' };

function entity(piece: string): string {
  const name = piece.slice(1, -1);
  if (!name.startsWith('#')) return entities[name] ?? piece;
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code < 0x80 ? String.fromCharCode(code) : piece;
}

function decoded(text: string, pattern: RegExp, meaning: (piece: string) => string): View {
  const builder = new ViewBuilder(text.length);
  let at = 0;
  for (const { 0: piece, index } of text.matchAll(pattern)) {
    builder.copy(text, at, index);
    at = index + piece.length;
    const char = meaning(piece);
    if (char === piece) builder.copy(text, index, at);
    else if (char !== '') builder.put(char, index, at);
  }
  builder.copy(text, at, text.length);
  return builder.done();
}

/** A stand-in's character written as the character that it stands for was, in as many bytes. */
export function encodedAs(piece: string, char: string): string {
  if (piece.length === 1) return char;
  const hex = char.charCodeAt(0).toString(16);
  if (piece.startsWith('\\u')) return `\\u${hex.padStart(4, '0')}`;
  if (piece.startsWith('\\x')) return `\\x${hex.padStart(2, '0')}`;
  if (piece.startsWith('%')) return `%${hex.toUpperCase().padStart(2, '0')}`;
  if (/^&#x/i.test(piece)) return `&#x${hex.padStart(piece.length - 4, '0')};`;
  if (piece.startsWith('&#')) return numberEntity(piece, char.charCodeAt(0));
  return piece;
}

/** Of the letters from a to z only three have a number of two digits. */
function numberEntity(piece: string, code: number): string {
  const digits = piece.length - 3;
  const fitting = String(code).length > digits ? 97 + (code % 3) : code;
  return `&#${String(fitting).padStart(digits, '0')};`;
}
