/** A request as it is drawn, before it is known what it is sent to. */

import type { Flips } from '../fresh/gateway.ts';

/**
 * Where it names something that a backend made up, it has a mark in its place, `{{chat:0}}`: of the chats that were made
 * in this sequence, the one made last; `{{chat:1}}` the one before it, and so on, round and round.
 */
export interface Drawn {
  method: string;
  /** Path and query, a character a byte. */
  target: string;
  /** Name and value, a character a byte. */
  headers: readonly (readonly [name: string, value: string])[];
  body?: Buffer | undefined;
  /** Flips that come before it: when the one before it was answered, whatever that has begun. */
  flips?: Flips | undefined;
}

/** @param nth 0 is the one made last */
export function mark(kind: string, nth: number): string {
  return `{{${kind}:${nth}}}`;
}

/** @param text a character a byte */
export function fillMarks(text: string, idOf: (kind: string, nth: number) => string): string {
  return text.replace(/\{\{(\w+):(\d{1,3})\}\}/g, (_, kind: string, nth: string) => idOf(kind, Number(nth)));
}
