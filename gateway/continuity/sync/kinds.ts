/** What the route table says of each kind of entity: how its entities are found, and what shows them. */
import type { Route, RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { listReads, shownKinds, wholeReads } from '../comparison/shows.ts';
import { kindsOf, polledKinds } from '../protocol/keys.ts';
import type { ListRoute } from '../reads/merged-list.ts';

/** One kind, as the first sync sees it. */
export interface SyncedKind {
  kind: string;
  /** Lists that name every entity of the kind. Without such a list only the application can tell which entities legacy has. */
  lists: readonly (Route & ListRoute)[];
  /** Whether a read shows anything of the kind. Of what nothing shows, no client can miss anything. */
  isShown: boolean;
  /** Whether a route names a single entity of the kind. */
  hasEntities: boolean;
  /** Reads that name no entity of the kind, and have no row for each. */
  wholeReads: readonly Route[];
  /** Routes that write to the kind. */
  writes: readonly RouteKey[];
}

/** All kinds of a table but background jobs: the backend that has begun a job answers for it. */
export function syncedKinds(table: RouteTable): SyncedKind[] {
  const polled = new Set(polledKinds(table));
  const shown = new Set(shownKinds(table));
  const kinds = new Set(table.routes.flatMap(kindsOf).filter((kind) => !polled.has(kind)));
  return [...kinds].map((kind) => {
    const routes = table.routes.filter((route) => kindsOf(route).includes(kind));
    return {
      kind,
      lists: listReads(table, kind),
      isShown: shown.has(kind),
      hasEntities: routes.some(({ keys }) => keys.some((key) => !('list' in key))),
      wholeReads: wholeReads(table, kind),
      writes: routes.filter(({ access }) => access === 'write').map(({ key }) => key),
    };
  });
}
