/** Values at places of the route table, in JSON that was parsed as usual. */

import { type Step, stepsOf } from '../../../compare/json/places.ts';
import type { JsonPlace } from '../../../contract/route-table.ts';
import { parseRequest } from './request-body.ts';

/** Every value at the place; none where the body has no such place. */
export function readPlace(body: unknown, place: JsonPlace): unknown[] {
  return stepsOf(place).reduce<unknown[]>(
    (values, step) => values.flatMap((value) => into(value, step)),
    [body],
  );
}

function into(value: unknown, step: Step): unknown[] {
  if (step === '[*]') return Array.isArray(value) ? value : [];
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return [];
  return [(value as Record<Step, unknown>)[step]];
}

/**
 * JSON of a body, or undefined where it is none. The last of duplicate keys wins, as in Python. `NaN`, a byte order mark and
 * UTF-16, which JavaScript refuses, are read as Python reads them.
 */
export function parseBody(body: Uint8Array | undefined): unknown {
  if (!body || body.byteLength === 0) return undefined;
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch {
    return parseRequest(body);
  }
}
