/**
 * Changes values in a JSON text and nothing else: a token's bytes are exchanged, key order, spacing and escapes of all the
 * rest stay as they are. Texts are Latin-1 strings, a character a byte.
 */
import { decodeString, type JsonValue } from '@banyan/compare/json/parse.ts';
import type { Step } from '@banyan/compare/json/places.ts';

/** Bytes `start` to `end` become `text`. */
export interface Splice {
  start: number;
  end: number;
  text: string;
}

export const inOrder = (splices: readonly Splice[]) => splices.toSorted((a, b) => a.start - b.start);

/** Applies splices that are in order and do not overlap, to the part of `text` from `from` to `to`, which has them all. */
export function spliced(text: string, splices: readonly Splice[], from = 0, to = text.length): string {
  let result = '';
  let at = from;
  for (const { start, end, text: replacement } of splices) {
    result += text.slice(at, start) + replacement;
    at = end;
  }
  return result + text.slice(at, to);
}

/** A string as a JSON token, in bytes: ASCII, with escapes, as legacy writes it. */
export function tokenOf(value: string): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export const areOfOneLength = (one: string, other: string) => tokenOf(one).length === tokenOf(other).length;

/** A value in a JSON text with the values that it stands in, the outermost first. */
export interface Found {
  value: JsonValue;
  ancestors: JsonValue[];
}

/** The values at a place, with what they stand in. Of duplicate keys all are found. */
export function findAll(root: JsonValue, steps: readonly Step[]): Found[] {
  let found: Found[] = [{ value: root, ancestors: [] }];
  for (const step of steps)
    found = found.flatMap(({ value, ancestors }) =>
      childrenOf(value, step).map((child) => ({ value: child, ancestors: [...ancestors, value] })),
    );
  return found;
}

function childrenOf(value: JsonValue, step: Step): JsonValue[] {
  if (step === '[*]') return value.kind === 'array' ? value.items.map((item) => item.value) : [];
  if (value.kind !== 'object') return [];
  return value.members.filter(({ key }) => key === step).map((member) => member.value);
}

/** The text that a member of an object has; of duplicate keys the last. */
export function memberOf(value: JsonValue | undefined, name: string): string | undefined {
  if (value?.kind !== 'object') return undefined;
  const member = value.members.findLast(({ key }) => key === name)?.value;
  return member?.kind === 'string' ? decodeString(member.lexeme) : undefined;
}
