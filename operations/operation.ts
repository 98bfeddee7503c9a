/** Operations: what handlers get besides their request, and how what they do is stored with its answer. */
import { randomUUID } from 'node:crypto';
import type { Db, Tx } from '../services/db/transaction.ts';
import type { WallTime } from '../services/db/wall-time.ts';
import type { Operation, Result } from '../services/handler.ts';
import type { Internal } from '../services/internal.ts';
import { outcomeOf, settle } from './store.ts';

/** The operation was given up: it has had no effect and never will. */
export const isVoid: Result = { status: 409, json: { error: 'The operation was made void' } };

export interface OperationOptions {
  db: Db;
  now: () => WallTime;
  newId?: () => string;
  internal?: Internal | undefined;
  signal: AbortSignal;
}

/**
 * Does an operation, unless it was done before: then what was answered is answered again.
 * @param handle given what a handler needs; what it answers without a unit of work is stored too
 */
export async function perform(
  { db, now, newId = randomUUID, internal = {}, signal }: OperationOptions,
  handle: (operation: Operation) => Result | Promise<Result>,
): Promise<Result> {
  const { operationId: id, presets = {} } = internal;
  let isCommitted = false;
  const commit: Operation['commit'] = async (work) => {
    const result = await unitOfWork(db, id, signal, work);
    isCommitted = true;
    return result;
  };
  const known = await storedAnswer(db, id);
  if (known) return known;
  const result = await handle({ id, presets, now, newId, db, signal, commit });
  return id === undefined || isCommitted ? result : commit(async () => result);
}

async function unitOfWork(
  db: Db,
  id: string | undefined,
  signal: AbortSignal,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  try {
    return await db.transaction().execute(async (tx) => {
      const result = await work(tx);
      if (id !== undefined) await settle(tx, id, { status: result.status, json: result.json });
      return result;
    });
  } catch (error) {
    // Somebody else did it meanwhile, or made it void; then nothing of this has happened.
    const isTwice = (error as { code?: string }).code === '23505';
    const settled = isTwice ? await storedAnswer(db, id) : undefined;
    if (settled) return settled;
    throw error;
  }
}

async function storedAnswer(db: Db, id: string | undefined): Promise<Result | undefined> {
  const outcome = id === undefined ? undefined : await outcomeOf<Result>(db, id);
  return outcome === 'void' ? isVoid : outcome?.answer;
}
