/** What the journal has of the first sync: `keys.new_base` and `kinds`, as `migrations/0014-knowledge.ts` made them. */
import { sql } from 'kysely';
import type { Knowledge } from '../knowledge/knowledge.ts';
import { listKey } from '../protocol/keys.ts';
import type { JournalDb, JournalTx } from './tables.ts';

/** At a start: before anything is served. */
export async function loadKnowledge(db: JournalDb, knowledge: Knowledge): Promise<void> {
  const kinds = await db.selectFrom('kinds').select('kind').where('known_since', 'is not', null).execute();
  for (const { kind } of kinds) knowledge.ended(kind);
  const ended = kinds.map(({ kind }) => kind);
  // The known keys of a kind that has ended say nothing more, and there may be as many of them as entities ever were.
  const rows = await db
    .selectFrom('keys')
    .select(['key', 'new_base'])
    .where(({ or, eb }) =>
      or([eb('new_base', 'is', null), sql<boolean>`split_part(key, ':', 1) <> all (${ended}::text[])`]),
    )
    .execute();
  for (const { key, new_base } of rows) {
    if (new_base === null) knowledge.forgot(key);
    else knowledge.learned(key);
  }
}

/** Keys of a kind that have a row, and that the new backend is not known to have. */
export async function unknownKeys(db: JournalDb, kind: string): Promise<string[]> {
  const rows = await db
    .selectFrom('keys')
    .select('key')
    .where('new_base', 'is', null)
    .where(sql<boolean>`starts_with(key, ${`${kind}:`})`)
    .execute();
  return rows.map(({ key }) => key);
}

/** What a key's row shows: nothing is settled on the key as long as `head` stays, and nothing is under way at 0. */
export interface KeyState {
  key: string;
  head: string | null;
  inFlight: number;
}

/**
 * Sees to it that the keys have rows, and reads them: in this order, so that an entity that is deleted meanwhile is known to be gone.
 */
export async function noteKeys(db: JournalDb, keys: readonly string[]): Promise<Map<string, KeyState>> {
  if (keys.length === 0) return new Map();
  await db
    .insertInto('keys')
    .values(keys.map((key) => ({ key, side: 'legacy' as const, new_base: null })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const rows = await db
    .selectFrom('keys')
    .select(['key', 'head', 'in_flight'])
    .where('key', 'in', [...keys])
    .execute();
  return new Map(rows.map(({ key, head, in_flight }) => [key, { key, head, inFlight: in_flight }]));
}

/** Locks keys, in the order in which all do. @returns those on which nothing was settled since they were noted, and nothing is under way */
export async function lockQuiet(tx: JournalTx, noted: readonly KeyState[]): Promise<Set<string>> {
  const keys = noted.map(({ key }) => key);
  if (keys.length === 0) return new Set();
  const rows = await tx
    .selectFrom('keys')
    .select(['key', 'head', 'in_flight'])
    .where('key', 'in', keys)
    .orderBy('key')
    .forUpdate()
    .execute();
  const sending = await tx
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select('k.key')
    .where('k.key', 'in', keys)
    .where('e.mirror', '=', 'sending')
    .execute();
  const sent = new Set(sending.map(({ key }) => key));
  const heads = new Map(noted.map(({ key, head }) => [key, head]));
  return new Set(
    rows
      .filter(({ key, head, in_flight }) => in_flight === 0 && head === heads.get(key) && !sent.has(key))
      .map(({ key }) => key),
  );
}

/** The new backend has these keys as legacy has them, up to their heads. */
export async function markKnown(tx: JournalTx, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await tx
    .updateTable('keys')
    .set({ new_base: sql<string>`coalesce(head, 0)::bigint` })
    .where('key', 'in', [...keys])
    .execute();
}

/** The new backend may lack something of these keys, which legacy has; what it serves itself or is owed, it has. */
export async function markUnknown(tx: JournalTx, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const rows = await tx
    .updateTable('keys')
    .set({ new_base: null })
    .where('key', 'in', [...keys])
    .where('side', '=', 'legacy')
    // What is still owed is replayed, and would be done twice if the sync brought it too. A conflict counts as owed.
    .where('in_flight', '=', 0)
    .where('key', 'not in', (entries) =>
      entries
        .selectFrom('entry_keys as k')
        .innerJoin('entries as e', 'e.id', 'k.entry_id')
        .select('k.key')
        .where('k.key', 'in', [...keys])
        .where('e.mirror', 'in', ['owed', 'sending']),
    )
    .returning('key')
    .execute();
  return rows.map(({ key }) => key);
}

/**
 * Legacy's state of these keys was installed, so writes that the new backend was owed are in it, if all of their entities are among
 * these keys. @returns the ids of those entries
 */
export async function coverEntries(tx: JournalTx, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const rows = await tx
    .updateTable('entries')
    .set({ mirror: 'applied', pinned: false, fault: null })
    .where('side', '=', 'legacy')
    .where('mirror', '=', 'owed')
    .where('id', 'in', (entry) =>
      entry
        .selectFrom('entry_keys')
        .select('entry_id')
        .where('key', 'in', [...keys]),
    )
    .where((entry) =>
      entry.not(
        entry.exists(
          entry
            .selectFrom('entry_keys as other')
            .select('other.key')
            .whereRef('other.entry_id', '=', 'entries.id')
            .where('other.key', 'not in', [...keys])
            .where('other.key', 'not like', 'list:%'),
        ),
      ),
    )
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}

/**
 * The first sync of a kind ends, if nothing of the kind is unknown and nothing has touched its list since that was noted.
 * @returns whether it did
 */
export async function endSync(tx: JournalTx, kind: string, list: KeyState): Promise<boolean> {
  if (!(await lockQuiet(tx, [list])).has(list.key)) return false;
  const left = await tx
    .selectFrom('keys')
    .select('key')
    .where('new_base', 'is', null)
    .where(sql<boolean>`starts_with(key, ${`${kind}:`})`)
    // A key without an id of its own cannot be asked for.
    .where('key', 'not like', `${kind}:#%`)
    .limit(1)
    .executeTakeFirst();
  if (left) return false;
  await markKindKnown(tx, kind);
  return true;
}

/** From now on a key of the kind that has no row is known. @param assumed who has said so and why, if nothing has shown it */
export async function markKindKnown(
  tx: JournalTx | JournalDb,
  kind: string,
  assumed: string | null = null,
): Promise<void> {
  await tx
    .insertInto('kinds')
    .values({ kind, known_since: sql<Date>`clock_timestamp()`, assumed })
    .onConflict((conflict) =>
      conflict.column('kind').doUpdateSet({ known_since: sql<Date>`clock_timestamp()`, assumed }),
    )
    .execute();
  await tx
    .updateTable('keys')
    .set({ new_base: sql<string>`coalesce(head, 0)::bigint` })
    .where('key', '=', listKey(kind))
    .execute();
}

/** In the place of a kind: what a person has said of the whole sync. */
const everything = '*';

export async function isPaused(db: JournalDb): Promise<boolean> {
  const row = await db.selectFrom('kinds').select('paused').where('kind', '=', everything).executeTakeFirst();
  return row?.paused ?? false;
}

/** For all kinds; outlasts a restart. */
export async function setPaused(db: JournalDb, paused: boolean): Promise<void> {
  await db
    .insertInto('kinds')
    .values({ kind: everything, known_since: null, assumed: null, paused })
    .onConflict((conflict) => conflict.column('kind').doUpdateSet({ paused }))
    .execute();
}
