/** Whose time or count stands at a place: that of the entity whose id stands nearest above it. */
import { type Step, stepsOf } from '@banyan/compare/json/places.ts';
import type { JsonPlace, Route } from '@banyan/route-table/route-table.ts';

export interface OwnedField {
  /** Where the value is. */
  steps: Step[];
  /** The member's name. */
  field: string;
  /** What kind of entity has it, where its id is, and how many steps lead to the object that has that id. */
  owner: { kind: string; member: string; depth: number };
}

/** The stored times of a route's answer that belong to an entity the answer names. */
export function ownedTimes(route: Pick<Route, 'ids' | 'times'>): OwnedField[] {
  return owned(
    route.ids,
    route.times.flatMap(({ role, place }) =>
      role === 'stored' && place.in === 'response' ? [place.at] : [],
    ),
  );
}

/** The counts of a route's answer, likewise. */
export function ownedCounts(route: Pick<Route, 'ids' | 'counts'>): OwnedField[] {
  return owned(route.ids, route.counts ?? []);
}

function owned(fields: Route['ids'], places: readonly JsonPlace[]): OwnedField[] {
  const ids = fields.flatMap(({ kind, role, place }) =>
    place.in === 'response' && role !== 'invented' ? [{ kind, steps: stepsOf(place.at) }] : [],
  );
  return places.flatMap((place) => {
    const steps = stepsOf(place);
    const owners = ids
      .filter(({ steps: id }) => id.slice(0, -1).every((step, i) => step === steps[i]))
      .sort((a, b) => b.steps.length - a.steps.length);
    const [nearest] = owners;
    if (!nearest) return [];
    const owner = {
      kind: nearest.kind,
      member: String(nearest.steps.at(-1)),
      depth: nearest.steps.length - 1,
    };
    return [{ steps, field: String(steps.at(-1)), owner }];
  });
}
