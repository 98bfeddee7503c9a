/** Values at places of the route table, in JSON that was parsed as usual. */
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
