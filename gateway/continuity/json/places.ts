/** Values at places of the route table, in JSON that was parsed as usual. */
import { randomUUID } from 'node:crypto';
import { type Step, stepsOf } from '@banyan/compare/json/places.ts';
import type { JsonPlace } from '@banyan/route-table/route-table.ts';

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
 * JSON of an answer in UTF-8, or undefined where it is none. The last of duplicate keys wins. A byte order mark, `NaN` and
 * `Infinity`, which Python's json writes, are read too.
 */
export function parseBody(body: Uint8Array | undefined): unknown {
  if (!body || body.byteLength === 0) return undefined;
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return parseLoosely(text);
  }
}

/** Stands before a number that JSON has not; nobody can write it into a text, as it is another one in each process. */
const odd = `number ${randomUUID()} `;
/** Texts are matched to be left as they are. */
const textOrOddNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN/gs;

function parseLoosely(text: string): unknown {
  const withoutMark = text.replace(/^\ufeff/, '');
  const quoted = withoutMark.replace(textOrOddNumber, (token) =>
    token.startsWith('"') ? token : `"${odd}${token}"`,
  );
  const revive = (_name: string, value: unknown) =>
    typeof value === 'string' && value.startsWith(odd) ? Number(value.slice(odd.length)) : value;
  try {
    return JSON.parse(quoted, revive);
  } catch {
    return undefined;
  }
}
