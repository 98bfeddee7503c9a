/** Which routes have to stay legacy because no journal can be kept for their state. */
import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';

export interface JournalChoice {
  /** CONTINUITY; with `off` a person has decided that nothing has to be kept the same. */
  setting: 'on' | 'off';
  /** Whether the application has a database for the journal. */
  canKeep: boolean;
  table: RouteTable;
}

/** @returns why a route has to stay legacy; undefined if it may leave it */
export function boundWithoutJournal({
  setting,
  canKeep,
  table,
}: JournalChoice): (route: RouteKey) => string | undefined {
  const stateful = new Set(statefulRoutes(table));
  return (route) => (setting === 'on' && !canKeep && stateful.has(route) ? reason : undefined);
}

/** Whether a journal is kept at all. */
export const keepsJournal = ({ setting, canKeep, table }: JournalChoice): boolean =>
  setting === 'on' && canKeep && statefulRoutes(table).length > 0;

const statefulRoutes = ({ routes }: RouteTable): RouteKey[] =>
  routes.flatMap(({ key, keys }) => (keys.length > 0 ? [key] : []));

const reason =
  'it has state, and without state continuity each backend keeps what was written to the other from its clients. ' +
  "Give the application's configuration a database for the journal (`continuity`); or start Banyan with CONTINUITY=off where that does not matter.";
