/** What a write makes, and what it says. */
import type { Route } from '../../../contract/route-table.ts';
import type { Body } from '../bodies/bodies.ts';
import type { IdPair } from '../ids/registry.ts';
import type { StoredAnswer } from '../journal/entries.ts';
import { parseBody } from '../json/places.ts';
import { type Known, valuesOf } from '../keys/keys.ts';

/** What a backend makes up is public from the moment that a client sees it. */
export function madeIds(route: Route, known: Known, raw: StoredAnswer): IdPair[] {
  const answer = parseBody(raw.body);
  return route.ids.flatMap(({ kind, role, place }) => {
    if (role !== 'made') return [];
    const legacyIds = valuesOf(place, { ...known, answer });
    return valuesOf(place, known).flatMap((publicId, i) => {
      const legacyId = legacyIds[i];
      return legacyId === undefined ? [] : [{ kind, publicId, legacyId }];
    });
  });
}

/** The request's body where the backends read it as JSON. */
export function jsonOf(route: Route, body: Body | undefined): unknown {
  return route.body === 'json' && body && 'bytes' in body ? parseBody(body.bytes) : undefined;
}
