/** Keeps the counts of comparisons in the database: in batches, so that no request waits for it. A kill loses one batch. */
import { sql } from 'kysely';
import type { Count, Tally } from '../shadow/tally.ts';
import { every } from './every.ts';
import { JOURNAL_SCHEMA, type JournalDb } from './tables.ts';

/** Milliseconds from one batch to the next. */
const pace = 5000;

/** Goes on from where an earlier gateway was. */
export async function loadTally(db: JournalDb, tally: Tally): Promise<void> {
  const rows = await db.selectFrom('comparisons').selectAll().execute();
  tally.load(rows.map((row) => ({ ...row, count: Number(row.count) })));
}

/** Writes what has changed. `close` writes the rest; what cannot be written then is lost. */
export function startStoring({
  db,
  tally,
  everyMilliseconds = pace,
}: {
  db: () => Promise<JournalDb>;
  tally: Tally;
  everyMilliseconds?: number | undefined;
}): { close(): Promise<void> } {
  const keyOf = ({ route, outcome }: Count) => `${outcome} ${route}`;
  const stored = new Map(tally.counts().map((count) => [keyOf(count), count.count]));
  const store = async () => {
    const changed = tally.counts().filter((count) => stored.get(keyOf(count)) !== count.count);
    if (changed.length === 0) return;
    await storeCounts(await db(), changed);
    for (const count of changed) stored.set(keyOf(count), count.count);
  };
  const storing = every(everyMilliseconds, store);
  return {
    async close() {
      await storing.close();
      await store().catch(() => undefined);
    },
  };
}

/** Counts only grow: whoever writes an older one, or the same one twice because its commit was not known, changes nothing. */
const storeCounts = (db: JournalDb, counts: readonly Count[]) =>
  sql`
    insert into ${sql.id(JOURNAL_SCHEMA, 'comparisons')} as held (route, outcome, count)
    select * from unnest(
      ${counts.map(({ route }) => route)}::text[],
      ${counts.map(({ outcome }) => outcome)}::text[],
      ${counts.map(({ count }) => count)}::bigint[])
    on conflict (route, outcome) do update set count = greatest(held.count, excluded.count)`.execute(db);
