/** Takes up what an earlier gateway has left in the journal. */
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { loadKnowledge } from './journal/known.ts';
import { allOwed } from './journal/mirrored.ts';
import { settle } from './journal/settle.ts';
import { namedFiles } from './journal/spent-bodies.ts';
import type { JournalDb } from './journal/tables.ts';
import type { Parts } from './parts.ts';

/**
 * The order matters: an entry that was spilled is settled before anybody looks at what is in doubt, and the lag is complete before
 * the mirror or the resolver begins, as both rely on it.
 */
export async function recover(
  { names, bodies, spill, journal, resolver, mirror, restarts, audit }: Parts,
  db: JournalDb,
  table: RouteTable,
): Promise<void> {
  await bodies.recover(await namedFiles(db));
  for (const settlement of await spill.all()) {
    // What was resolved otherwise meanwhile counts as written directly on the side: under an id that nobody knows.
    if ((await settle(db, settlement)) === 'other') audit.suspect(settlement.madeKeys);
    else for (const pair of settlement.ids) names.ids.add(pair);
    await spill.remove(settlement.id);
  }
  await loadKnowledge(db, journal.knowledge);
  await restarts.load();
  const lookIntoDoubt = await resolver.recover();
  for (const entry of await allOwed(db)) journal.lag.loaded(entry);
  await journal.loadOwners(table);
  lookIntoDoubt();
  mirror.kick();
}
