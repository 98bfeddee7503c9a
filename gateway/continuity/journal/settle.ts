/** The second half of a write: what came of it, and its place in the order of each of its keys. */
import { sql } from 'kysely';
import type { ModelCallSeen } from '../../../compare/model-calls.ts';
import { type IdPair, IdRegistry } from '../ids/registry.ts';
import type { StoredAnswer } from './entries.ts';
import { JOURNAL_SCHEMA, type JournalDb, type JournalTx } from './tables.ts';

export interface Settlement {
  id: string;
  /** Undefined where a probe found that it has taken effect. */
  answer: StoredAnswer | undefined;
  /** What the probe saw, as the answer would have had it. */
  learned?: unknown;
  /** What the side asked the model. */
  calls?: readonly ModelCallSeen[] | undefined;
  /** Keys that only the answer names. */
  madeKeys: readonly string[];
  ids: readonly IdPair[];
  /** Whether the other side is to be given it. */
  owed: boolean;
}

/** `other`: somebody else has resolved it already, and that holds. */
export type Settled = 'done' | 'other';

/** Compare-and-set: an entry is settled or void once. Asked again after it was done, it says `done`. */
export function settle(db: JournalDb, settlement: Settlement): Promise<Settled> {
  const { id, answer, learned, calls, madeKeys, ids, owed } = settlement;
  return db.transaction().execute(async (tx) => {
    const keys = await lockKeysOf(tx, id);
    const head = answer
      ? { status: answer.status, reason: answer.reason, rawHeaders: answer.rawHeaders, calls }
      : { learned };
    const { numUpdatedRows } = await tx
      .updateTable('entries')
      .set({
        state: 'settled',
        settled_at: sql<Date>`clock_timestamp()`,
        place: sql<string>`nextval(${`${JOURNAL_SCHEMA}.places`})`,
        answer: JSON.stringify(head),
        answer_body: answer?.body ?? null,
        mirror: owed ? 'owed' : 'none',
      })
      .where('id', '=', id)
      .where('state', 'in', ['admitted', 'doubt'])
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return stateOf(tx, id, answer);
    await release(tx, keys);
    await addMadeKeys(tx, id, madeKeys);
    await IdRegistry.store(tx, ids);
    return 'done';
  });
}

/** It has had no effect and never will. */
export function makeVoid(db: JournalDb, id: string): Promise<Settled> {
  return db.transaction().execute((tx) => voidIn(tx, id));
}

export async function voidIn(tx: JournalTx, id: string): Promise<Settled> {
  const keys = await lockKeysOf(tx, id);
  const { numUpdatedRows } = await tx
    .updateTable('entries')
    .set({ state: 'void', settled_at: sql<Date>`clock_timestamp()` })
    .where('id', '=', id)
    .where('state', 'in', ['admitted', 'doubt'])
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return 'other';
  await release(tx, keys);
  return 'done';
}

export async function markDoubtful(db: JournalDb, id: string): Promise<void> {
  await db
    .updateTable('entries')
    .set({ state: 'doubt' })
    .where('id', '=', id)
    .where('state', '=', 'admitted')
    .execute();
}

async function lockKeysOf(tx: JournalTx, id: string): Promise<string[]> {
  const rows = await tx
    .selectFrom('keys')
    .select('key')
    .where('key', 'in', (e) => e.selectFrom('entry_keys').select('key').where('entry_id', '=', id))
    .orderBy('key')
    .forUpdate()
    .execute();
  return rows.map(({ key }) => key);
}

async function release(tx: JournalTx, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await tx.updateTable('keys').set({ in_flight: sql`in_flight - 1` }).where('key', 'in', keys).execute();
}

async function addMadeKeys(tx: JournalTx, id: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  const { side } = await tx
    .selectFrom('entries')
    .select('side')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  await tx
    .insertInto('keys')
    .values(keys.map((key) => ({ key, side })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await tx
    .insertInto('entry_keys')
    .values(keys.map((key) => ({ entry_id: id, key })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** A settle whose commit was not heard of is asked for again: then the same answer is there. */
async function stateOf(tx: JournalTx, id: string, answer: StoredAnswer | undefined): Promise<Settled> {
  const row = await tx
    .selectFrom('entries')
    .select(['state', 'answer_body'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row?.state !== 'settled' || !answer || !row.answer_body) return 'other';
  return Buffer.from(row.answer_body).equals(answer.body) ? 'done' : 'other';
}
