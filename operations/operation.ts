/** Operations: a write that is done once, however often it is asked for, and how its effect is stored with its answer. */
import type { Kysely } from 'kysely';
import type { Tx } from './db/transaction.ts';
import { outcomeOf, settle } from './store.ts';

/** What of an answer is stored, so that it can be given again: its JSON can carry anything that JSON can. */
export interface Answer {
  status: number;
  json: unknown;
}

/** What comes with a write over the internal channel, which no client reaches. */
export interface Internal<Presets> {
  /** Under which it is done once. */
  operationId?: string;
  /** What was decided elsewhere: by the backend that served the request first. */
  presets?: Presets;
}

/** What a handler gets besides its request. */
export interface Operation<Tables, Presets, Result> {
  /** Names it, so that it is done once however often it is asked for; undefined: it has no name and is done each time. */
  readonly id: string | undefined;
  readonly presets: Partial<Presets>;
  readonly db: Kysely<Tables>;
  /**
   * One unit of work: all that `work` changes and what is answered are stored together, or nothing is. Called once, at the
   * end of a write.
   */
  commit(work: (tx: Tx<Tables>) => Promise<Result>): Promise<Result>;
  /** Aborted when nobody waits for the answer any more and nothing of it shall happen. */
  readonly signal: AbortSignal;
}

export interface OperationOptions<Tables, Presets, Result> {
  /** With the table of `OperationTables`. */
  db: Kysely<Tables>;
  internal?: Internal<Presets> | undefined;
  signal: AbortSignal;
  /** The answer to an operation that was made void: it has had no effect and never will. */
  whenVoid: Result;
}

/**
 * Does an operation, unless it was done before: then what was answered is answered again, status and JSON.
 * @param handle given what a handler needs; what it answers without a unit of work is stored too
 */
export async function perform<Tables, Presets extends object, Result extends Answer>(
  { db, internal = {}, signal, whenVoid }: OperationOptions<Tables, Presets, Result>,
  handle: (operation: Operation<Tables, Presets, Result>) => Result | Promise<Result>,
): Promise<Result> {
  const { operationId: id, presets = {} } = internal;
  const stored = async () => {
    const outcome = id === undefined ? undefined : await outcomeOf<Result>(db, id);
    return outcome === 'void' ? whenVoid : outcome?.answer;
  };
  let isCommitted = false;
  const commit: Operation<Tables, Presets, Result>['commit'] = async (work) => {
    signal.throwIfAborted();
    const result = await unitOfWork(db, id, work).catch(async (error: unknown) => {
      // Somebody else did it meanwhile, or made it void; then nothing of this has happened.
      const isTwice = (error as { code?: string }).code === '23505';
      const settled = isTwice ? await stored() : undefined;
      if (settled) return settled;
      throw error;
    });
    isCommitted = true;
    return result;
  };
  const known = await stored();
  if (known) return known;
  const result = await handle({ id, presets, db, signal, commit });
  return id === undefined || isCommitted ? result : commit(async () => result);
}

function unitOfWork<Tables, Result extends Answer>(
  db: Kysely<Tables>,
  id: string | undefined,
  work: (tx: Tx<Tables>) => Promise<Result>,
): Promise<Result> {
  return db.transaction().execute(async (tx) => {
    const result = await work(tx);
    if (id !== undefined) await settle(tx, id, { status: result.status, json: result.json });
    return result;
  });
}
