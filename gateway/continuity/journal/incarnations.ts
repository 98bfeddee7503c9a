/** What the journal has of legacy's restarts: `incarnations`, `keys.legacy_inc` and `keys.lack`, as `0016-incarnations.ts` has them. */
import { sql } from 'kysely';
import type { Lack } from '../knowledge/legacy-memory.ts';
import type { JournalDb, JournalTx } from './tables.ts';

/** A read of legacy that shows what a restart makes it forget. */
export interface Witness {
  route: string;
  /** In public ids. */
  params: Readonly<Record<string, string>>;
  /** Place of the last write to the entity when it was seen; undefined if one was under way. A write may be why it shows nothing more. */
  head?: string | null | undefined;
}

export interface Incarnation {
  number: number;
  since: Date;
  /** What has shown it, for people. */
  sign: string;
  /** What legacy shows until its next start. */
  started: string | undefined;
  /** What the program that starts legacy says of this start. */
  told: string | undefined;
  witnesses: readonly Witness[];
  isCompared: boolean;
  blocked: string | undefined;
}

export async function loadIncarnation(db: JournalDb): Promise<Incarnation> {
  const row = await db
    .selectFrom('incarnations')
    .selectAll()
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return {
    number: row?.number ?? 1,
    since: row?.since ?? new Date(),
    sign: row?.sign ?? 'first',
    started: row?.started ?? undefined,
    told: row?.told ?? undefined,
    witnesses: row?.witnesses ? (JSON.parse(row.witnesses) as Witness[]) : [],
    isCompared: !row || row.number === 1 || row.compared_at !== null,
    blocked: row?.blocked ?? undefined,
  };
}

export interface KeyLack {
  key: string;
  incarnation: number | null;
  lack: Lack | undefined;
}

export async function loadLacks(db: JournalDb): Promise<KeyLack[]> {
  const rows = await db
    .selectFrom('keys')
    .select(['key', 'legacy_inc', 'lack'])
    .where(({ or, eb }) => or([eb('legacy_inc', 'is not', null), eb('lack', 'is not', null)]))
    // A person keeps legacy from being given these: `outside.ts`.
    .where(sql<boolean>`coalesce(lack::json ->> 'what', '') <> 'kept'`)
    .execute();
  return rows.map(({ key, legacy_inc, lack }) => ({
    key,
    incarnation: legacy_inc,
    lack: lack === null ? undefined : (JSON.parse(lack) as Lack),
  }));
}

/** Begins another incarnation. @returns since when */
export async function beginIncarnation(
  tx: JournalTx,
  {
    number,
    sign,
    started,
    told,
    blocked,
  }: Pick<Incarnation, 'number' | 'sign' | 'started' | 'told' | 'blocked'>,
): Promise<Date> {
  const { since } = await tx
    .insertInto('incarnations')
    .values({ number, sign, started: started ?? null, told: told ?? null, blocked: blocked ?? null })
    .returning('since')
    .executeTakeFirstOrThrow();
  return since;
}

/** What is learned of the present incarnation. */
export async function noteIncarnation(
  db: JournalDb | JournalTx,
  number: number,
  noted: { started?: string; told?: string; witnesses?: readonly Witness[]; blocked?: string | null },
): Promise<void> {
  const { witnesses, ...rest } = noted;
  const values = { ...rest, ...(witnesses && { witnesses: JSON.stringify(witnesses) }) };
  await db
    .insertInto('incarnations')
    .values({ number, sign: 'first', ...values })
    .onConflict((conflict) => conflict.column('number').doUpdateSet(values))
    .execute();
}

/** Both backends were compared since it began. */
export async function markCompared(db: JournalDb, number: number): Promise<void> {
  await db
    .updateTable('incarnations')
    .set({ compared_at: sql<Date>`clock_timestamp()` })
    .where('number', '=', number)
    .execute();
}

/** What legacy has or lacks of keys; a key without a row needs none, as nothing was ever written to it. */
export async function noteLacks(
  db: JournalDb | JournalTx,
  keys: readonly { key: string; incarnation: number | undefined; lack: Lack | undefined }[],
): Promise<void> {
  if (keys.length === 0) return;
  await sql`
    update ${sql.table('banyan_journal.keys')} as k set legacy_inc = its.inc, lack = its.lack
    from unnest(
      ${keys.map(({ key }) => key)}::text[],
      ${keys.map(({ incarnation }) => incarnation ?? null)}::integer[],
      ${keys.map(({ lack }) => (lack ? JSON.stringify(lack) : null))}::text[]
    ) as its (key, inc, lack)
    where k.key = its.key`.execute(db);
}

/** Place of the last write to a key; null if there was none, undefined while one is under way. */
export async function headOf(db: JournalDb, key: string): Promise<string | null | undefined> {
  const row = await db
    .selectFrom('keys')
    .select(['head', 'in_flight'])
    .where('key', '=', key)
    .executeTakeFirst();
  return row && row.in_flight > 0 ? undefined : (row?.head ?? null);
}

/** Entities that were written to, or given to a side, so many milliseconds before a moment or later. */
export async function keysWrittenSince(db: JournalDb, moment: Date, before: number): Promise<string[]> {
  const since = sql<Date>`${moment}::timestamptz - ${before / 1000}::float8 * interval '1 second'`;
  const rows = await db
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select('k.key')
    .distinct()
    .where(({ or, eb }) => or([eb('e.settled_at', '>', since), eb('e.mirror_sent_at', '>', since)]))
    .where('k.key', 'not like', 'list:%')
    .execute();
  return rows.map(({ key }) => key);
}

/** Keys of entities of a kind that come after one, in order. */
export async function entitiesAfter(
  db: JournalDb,
  kind: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('keys')
    .select('key')
    .where(sql<boolean>`starts_with(key, ${`${kind}:`})`)
    .where('key', '>', after)
    .orderBy('key')
    .limit(limit)
    .execute();
  return rows.map(({ key }) => key);
}
