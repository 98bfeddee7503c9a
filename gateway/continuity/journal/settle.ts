/** The second half of a write: what came of it, and its place in the order of each of its keys. */
import type { ModelCallSeen } from '@banyan/compare/model-calls.ts';
import type { IdPair } from '../names/id-registry.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { call, columnsOf } from './procedures.ts';
import type { JournalDb } from './tables.ts';

export interface Settlement {
  id: string;
  /** Undefined where a probe found that it has taken effect. */
  answer: StoredAnswer | undefined;
  /** What the probe saw, as the answer would have had it. */
  learned?: unknown;
  /** What the side asked the model. */
  calls?: readonly ModelCallSeen[] | undefined;
  /** Whether it made a model call that could not be tied to it, so that `calls` lacks it. */
  isUntied?: boolean;
  /** Keys that only the answer names. */
  madeKeys: readonly string[];
  ids: readonly IdPair[];
  /** Whether the other side is to be given it. */
  owed: boolean;
}

/**
 * What the other side gets of a write: it is `owed` the write, or gets `none` of it. `unknown`: the new backend is not known to have
 * the keys, so the first sync brings them. `other`: somebody else has resolved the write already, and that holds.
 */
export type Settled = 'owed' | 'none' | 'unknown' | 'other';

/** Compare-and-set: an entry is settled or void once. Asked again after it was done, the answer is the same. */
export async function settle(db: JournalDb, settlement: Settlement): Promise<Settled> {
  const { id, answer, learned, calls, isUntied, madeKeys, ids, owed } = settlement;
  const head = answer
    ? { status: answer.status, reason: answer.reason, rawHeaders: answer.rawHeaders, calls, isUntied }
    : { learned };
  const written = [JSON.stringify(head), answer?.body ?? null, owed ? 'owed' : 'none'];
  const settled = await call(db, 'settle', [id, ...written, madeKeys, ...columnsOf(ids)]);
  return settled ?? stateOf(db, settlement);
}

/** It has had no effect and never will. */
export async function makeVoid(db: JournalDb, id: string): Promise<void> {
  await call(db, 'make_void', [id]);
}

export async function markDoubtful(db: JournalDb, id: string): Promise<void> {
  await db
    .updateTable('entries')
    .set({ state: 'doubt' })
    .where('id', '=', id)
    .where('state', '=', 'admitted')
    .execute();
}

/** A settle whose commit was not heard of is asked for again: then the same answer is there. */
async function stateOf(db: JournalDb, { id, answer, owed }: Settlement): Promise<Settled> {
  const row = await db
    .selectFrom('entries')
    .select(['state', 'answer_body', 'mirror'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row?.state !== 'settled' || !answer || !row.answer_body) return 'other';
  if (!Buffer.from(row.answer_body).equals(answer.body)) return 'other';
  if (!owed) return 'none';
  return row.mirror === 'none' ? 'unknown' : 'owed';
}
