/** What legacy takes only once under a name, such as a document: it lists it still when a restart has made it forget the content. */
import type { Route } from '@banyan/route-table/route-table.ts';
import { findIn } from '../../probe/probe.ts';
import { type Known, valuesOf } from '../../protocol/keys.ts';
import type { Sides } from '../../sides/sides.ts';

/** The write that takes away what a write has added, before legacy takes it again. @returns undefined if the table names none */
export function removalOf(
  { again }: Route,
  known: Known,
  sides: Sides,
): { route: Route; params: Record<string, string> } | undefined {
  if (!again) return undefined;
  const params = Object.entries(again.params).map(([name, place]) => [name, valuesOf(place, known)[0] ?? '']);
  return { route: sides.routeOf(again.after), params: Object.fromEntries(params) };
}

/**
 * Whether legacy lists what a write has added, by the read that shows its removal.
 * @returns undefined if the table does not say. @throws BanyanError if legacy cannot be asked
 */
export async function isStillListed(route: Route, known: Known, sides: Sides): Promise<boolean | undefined> {
  const removal = removalOf(route, known, sides);
  const probe = removal?.route.probe;
  if (!removal || !probe) return undefined;
  const { params } = removal;
  const { shown } = await sides.read('legacy', probe.read, params);
  const doubt = {
    route: removal.route,
    known: { params },
    expected: undefined,
    sentAt: 0,
    isTaken: () => false,
    isOverlapped: false,
  };
  const looked = { side: 'legacy', read: sides.routeOf(probe.read), answer: shown } as const;
  return findIn(probe, looked, doubt).seen === 'not done';
}
