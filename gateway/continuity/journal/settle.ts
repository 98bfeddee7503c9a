/** The second half of a write: what came of it, and its place in the order of each of its keys. */
import type { ModelCallSeen } from '@banyan/compare/model-calls.ts';
import type { IdPair } from '../ids/registry.ts';
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

/** `other`: somebody else has resolved it already, and that holds. */
export type Settled = 'done' | 'other';

/** Compare-and-set: an entry is settled or void once. Asked again after it was done, it says `done`. */
export async function settle(db: JournalDb, settlement: Settlement): Promise<Settled> {
  const { id, answer, learned, calls, isUntied, madeKeys, ids, owed } = settlement;
  const head = answer
    ? { status: answer.status, reason: answer.reason, rawHeaders: answer.rawHeaders, calls, isUntied }
    : { learned };
  const written = [JSON.stringify(head), answer?.body ?? null, owed ? 'owed' : 'none'];
  const isDone = await call(db, 'settle', [id, ...written, madeKeys, ...columnsOf(ids)]);
  return isDone ? 'done' : stateOf(db, id, answer);
}

/** It has had no effect and never will. */
export async function makeVoid(db: JournalDb, id: string): Promise<Settled> {
  return (await call(db, 'make_void', [id])) ? 'done' : 'other';
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
async function stateOf(db: JournalDb, id: string, answer: StoredAnswer | undefined): Promise<Settled> {
  const row = await db
    .selectFrom('entries')
    .select(['state', 'answer_body'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (row?.state !== 'settled' || !answer || !row.answer_body) return 'other';
  return Buffer.from(row.answer_body).equals(answer.body) ? 'done' : 'other';
}
