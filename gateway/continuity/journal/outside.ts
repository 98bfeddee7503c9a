/**
 * What the journal knows of keys that were written to directly on legacy. A conflict is an entry that is stuck: so its key stays with its
 * owner, later writes to the key wait behind it, and an operator sees it, by what is there for stuck writes.
 */
import { randomUUID } from 'node:crypto';
import type { Difference } from '@banyan/compare/answer.ts';
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import { sql } from 'kysely';
import type { StoredAnswer } from '../protocol/entry.ts';
import { JOURNAL_SCHEMA, type JournalDb, type JournalTx } from './tables.ts';

/** In the place of a route, of an entry that stands for a conflict. */
export const OUTSIDE: RouteKey = '(written on legacy)';

/** What is known of a key before it is judged. */
export interface KeyFacts {
  /** Who serves its writes; legacy where nobody has written to it yet. */
  side: BackendName;
  /** Place of its last settled write; null where the journal has seen none. */
  head: string | null;
  /** Of the last settled write that the journal still has. */
  last: { route: RouteKey; age: number } | undefined;
  /** The other side is never given some write to it, as a person or the mode `complete` says: that the two sides differ is known. */
  isSkipped: boolean;
  /** In what the two sides answered to writes differently, as far as the journal still has them. */
  differences: readonly Difference[];
}

export async function keyFacts(db: JournalDb, key: string): Promise<KeyFacts> {
  const row = await db.selectFrom('keys').select(['side', 'head']).where('key', '=', key).executeTakeFirst();
  const entries = await db
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select(['e.route', 'e.side', 'e.answer', 'e.differences', 'e.mirror'])
    .select(sql<number>`extract(epoch from clock_timestamp() - e.settled_at)::float8`.as('age'))
    .where('k.key', '=', key)
    .where('e.state', '=', 'settled')
    .where('e.route', '!=', OUTSIDE)
    .orderBy('e.place', 'desc')
    .execute();
  const [last] = entries;
  return {
    side: row?.side ?? 'legacy',
    head: row?.head ?? null,
    last: last && { route: last.route, age: last.age },
    isSkipped: entries.some(
      (entry) =>
        entry.mirror === 'skipped' || (entry.mirror === 'none' && entry.side === 'new' && hasEffect(entry)),
    ),
    differences: entries.flatMap(({ differences }) => JSON.parse(differences ?? '[]') as Difference[]),
  };
}

const hasEffect = ({ answer }: { answer: string | null }) =>
  ((JSON.parse(answer ?? '{}') as { status?: number }).status ?? 200) < 400;

/** Of these entries, those that the other side has surely not been sent. */
export async function unsent(db: JournalDb, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('entries')
    .select('id')
    .where('id', 'in', [...ids])
    .where('state', '=', 'settled')
    .where('mirror', '=', 'owed')
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/**
 * The new backend is to take over legacy's state of a key: it counts as unknown from now on, and the sync brings it.
 * @param head as it was before the two backends were compared
 * @returns false where a write came meanwhile, or is still to be given to a backend
 */
export async function adoptKey(
  tx: JournalTx,
  { key, head }: { key: string; head: string | null },
): Promise<boolean> {
  const made = await tx
    .insertInto('keys')
    .values({ key, side: 'legacy', new_base: null })
    .onConflict((conflict) => conflict.doNothing())
    .returning('key')
    .execute();
  if (made.length > 0) return true;
  if (!(await isQuietSince(tx, { key, head }))) return false;
  await tx.updateTable('keys').set({ side: 'legacy', new_base: null }).where('key', '=', key).execute();
  return true;
}

/** Locks the key. */
async function isQuietSince(
  tx: JournalTx,
  { key, head }: { key: string; head: string | null },
): Promise<boolean> {
  const row = await tx
    .selectFrom('keys')
    .select(['head', 'in_flight'])
    .where('key', '=', key)
    .forUpdate()
    .executeTakeFirst();
  if (row && (row.in_flight > 0 || row.head !== head)) return false;
  return (await owedOn(tx, key)).length === 0;
}

const owedOn = (tx: JournalTx, key: string) =>
  tx
    .selectFrom('entries as e')
    .innerJoin('entry_keys as k', 'k.entry_id', 'e.id')
    .select(['e.id', 'e.side', 'e.route'])
    .where('k.key', '=', key)
    .where('e.mirror', 'in', ['owed', 'sending'])
    .execute();

export interface NewConflict {
  key: string;
  head: string | null;
  reason: string;
  /** What both backends show of it where they differ, in public ids. */
  shown: Record<BackendName, StoredAnswer>;
  /** As JSON. */
  differences: unknown;
}

/** @returns the entry that stands for it; undefined where a write came meanwhile, or is still to be given to a backend */
export async function insertConflict(
  tx: JournalTx,
  conflict: NewConflict,
): Promise<{ id: string; side: BackendName } | undefined> {
  const { key, reason, shown, differences } = conflict;
  await tx
    .insertInto('keys')
    // Nobody has written to it, and its kind is known.
    .values({ key, side: 'legacy', new_base: '0' })
    .onConflict((it) => it.doNothing())
    .execute();
  if (!(await isQuietSince(tx, conflict))) return undefined;
  const { side } = await tx
    .selectFrom('keys')
    .select('side')
    .where('key', '=', key)
    .executeTakeFirstOrThrow();
  const id = randomUUID();
  const [own, other] = side === 'legacy' ? [shown.legacy, shown.new] : [shown.new, shown.legacy];
  await sql`
    insert into ${sql.table(`${JOURNAL_SCHEMA}.entries`)}
      (id, epoch, route, side, request, state, settled_at, place, answer, answer_body, mirror, fault, ${sql.id('pinned')},
        mirror_answer, mirror_body, verdict, differences)
    values (${id}, 0, ${OUTSIDE}, ${side}, ${JSON.stringify({ method: '', target: key, rawHeaders: [] })},
      'settled', clock_timestamp(), nextval(${`${JOURNAL_SCHEMA}.places`}), ${headOf(own)}, ${own.body}, 'owed',
      ${reason}, true, ${headOf(other)}, ${other.body}, 'divergent', ${JSON.stringify(differences)})`.execute(
    tx,
  );
  await tx.insertInto('entry_keys').values({ entry_id: id, key }).execute();
  return { id, side };
}

const headOf = ({ status, reason, rawHeaders }: StoredAnswer) =>
  JSON.stringify({ status, reason, rawHeaders });

/**
 * Legacy's state of a key is to be installed, whatever the new backend has; this ends a conflict too.
 * @returns the entries that are over: legacy is never given them; undefined while a write is under way
 */
export async function adoptLegacy(
  tx: JournalTx,
  { key, why }: { key: string; why: string },
): Promise<string[] | undefined> {
  await tx
    .insertInto('keys')
    .values({ key, side: 'legacy', new_base: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await lockedKey(tx, key);
  if (!row || row.in_flight > 0) return undefined;
  // Writes on legacy that wait behind the conflict are in legacy's state, and the sync counts them as applied.
  const over = (await owedOn(tx, key)).filter(({ side, route }) => side === 'new' || route === OUTSIDE);
  const ids = over.map(({ id }) => id);
  if (ids.length > 0)
    await tx
      .updateTable('entries')
      .set({ mirror: 'skipped', pinned: false, fault: why })
      .where('id', 'in', ids)
      .execute();
  await tx
    .updateTable('keys')
    .set({ side: 'legacy', new_base: null, lack: null })
    .where('key', '=', key)
    .execute();
  return ids;
}

/**
 * Ends a conflict: the new backend's state stands, and legacy lacks it. The entry stays, so that legacy does not serve the key.
 * @returns `busy`: a write is under way. `behind`: writes on legacy waited behind the conflict, and are given to the new backend now
 */
export async function keepConflict(
  tx: JournalTx,
  { id, key, why }: { id: string; key: string; why: string },
): Promise<'kept' | 'busy' | 'behind'> {
  const row = await lockedKey(tx, key);
  if (!row || row.in_flight > 0) return 'busy';
  const waiting = (await owedOn(tx, key)).filter((entry) => entry.side === 'legacy' && entry.id !== id);
  const entry = tx.updateTable('entries').where('id', '=', id);
  if (waiting.length > 0) {
    await entry.set({ place: sql<string>`nextval(${`${JOURNAL_SCHEMA}.places`})` }).execute();
    return 'behind';
  }
  if (row.side === 'legacy') {
    await entry
      .set({
        side: 'new',
        answer: sql`mirror_answer`,
        answer_body: sql`mirror_body`,
        mirror_answer: sql`answer`,
        mirror_body: sql`answer_body`,
      })
      .execute();
    await tx.updateTable('keys').set({ side: 'new' }).where('key', '=', key).execute();
  }
  const lack = JSON.stringify({ what: 'kept', reason: why });
  await tx.updateTable('keys').set({ lack }).where('key', '=', key).execute();
  return 'kept';
}

const lockedKey = (tx: JournalTx, key: string) =>
  tx.selectFrom('keys').select(['side', 'in_flight']).where('key', '=', key).forUpdate().executeTakeFirst();
