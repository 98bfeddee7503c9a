/** The names of things in the journal's tables: loaded at a start, and stored with what makes them. */
import type { BackendName, RouteTable } from '@banyan/route-table/route-table.ts';
import { IdRegistry } from '../names/id-registry.ts';
import type { Names } from '../names/names.ts';
import { TimeMemory, type TimePair } from '../names/time-memory.ts';
import { isMappable } from '../names/unsupported.ts';
import type { JournalDb } from './tables.ts';

export const loadNames = async (db: JournalDb, table: RouteTable): Promise<Names> => ({
  ids: await loadIds(db, table),
  times: await loadTimes(db),
});

/** Pairs that are not of the format that the table declares now are not mapped, even if an earlier version stored them. */
export async function loadIds(db: JournalDb, { routes }: RouteTable): Promise<IdRegistry> {
  const fields = new Map(routes.flatMap(({ ids }) => ids.map((field) => [field.kind, field])));
  const rows = await db.selectFrom('ids').selectAll().execute();
  const pairs = rows.map((row) => ({ kind: row.kind, publicId: row.public_id, legacyId: row.legacy_id }));
  return new IdRegistry(
    pairs.filter((pair) => {
      const field = fields.get(pair.kind);
      return !field || isMappable(field, pair);
    }),
  );
}

async function loadTimes(db: JournalDb): Promise<Names['times']> {
  const rows = await db.selectFrom('times').selectAll().execute();
  const of = (name: BackendName) =>
    new TimeMemory(
      rows
        .filter(({ side }) => side === name)
        .map(({ key, field, value, public_value: publicValue }) => ({ key, field, value, publicValue })),
    );
  return { legacy: of('legacy'), new: of('new') };
}

/** Stores what is shown of one entity now, in place of what was: a value that the side no longer has is of no use. */
export async function storeTimes(
  db: JournalDb,
  side: BackendName,
  key: string,
  pairs: readonly TimePair[],
): Promise<void> {
  await db.deleteFrom('times').where('side', '=', side).where('key', '=', key).execute();
  if (pairs.length === 0) return;
  await db
    .insertInto('times')
    .values(pairs.map(({ publicValue, ...pair }) => ({ ...pair, side, public_value: publicValue })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
