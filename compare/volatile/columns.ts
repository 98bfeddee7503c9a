/** What the route table says of the volatile values in a route's answer, ready to be looked up by place. */
import type { IdField, Route, TimeField } from '@banyan/route-table/route-table.ts';
import { isAt, type Path, type Step, stepsOf } from '../json/places.ts';

export type VolatileRule =
  | { what: 'id'; kind: string; role: IdField['role'] }
  | { what: 'time'; role: TimeField['role'] };

export class VolatileColumns {
  readonly #rules: { steps: Step[]; rule: VolatileRule }[];
  readonly access: Route['access'];

  constructor(route: Pick<Route, 'ids' | 'times' | 'access'> | undefined) {
    this.access = route?.access ?? 'read';
    this.#rules = [
      ...(route?.ids ?? []).map(({ place, kind, role }) => ({
        place,
        rule: { what: 'id', kind, role } as const,
      })),
      ...(route?.times ?? []).map(({ place, role }) => ({ place, rule: { what: 'time', role } as const })),
    ].flatMap(({ place, rule }) => (place.in === 'response' ? [{ steps: stepsOf(place.at), rule }] : []));
  }

  at(path: Path): VolatileRule | undefined {
    return this.#rules.find(({ steps }) => isAt(path, steps))?.rule;
  }

  /** The member by which the elements of the list at `path` are told apart, if the table names one. */
  identityIn(path: Path): { member: string; kind: string } | undefined {
    for (const { steps, rule } of this.#rules) {
      const member = steps.at(-1);
      if (rule.what !== 'id' || rule.role === 'invented' || typeof member !== 'string') continue;
      if (steps.at(-2) === '[*]' && isAt(path, steps.slice(0, -2))) return { member, kind: rule.kind };
    }
    return undefined;
  }
}
