/**
 * Calls what `migrations/0009-journal-procedures.ts` and `0010-mirror-procedures.ts` have put into the database: one round trip
 * each, a transaction of its own.
 */
import { sql } from 'kysely';
import type { BackendName } from '../../../contract/route-table.ts';
import type { IdPair } from '../ids/registry.ts';
import { JOURNAL_SCHEMA, type JournalDb, type JournalTx } from './tables.ts';

/** What each returns. */
interface Procedures {
  /** The side that was chosen. */
  admit: BackendName | null;
  /** Whether it was not settled or void before. */
  settle: boolean;
  make_void: boolean;
  /** Whether it may be sent. */
  send: boolean;
  apply: undefined;
}

/** @param values in the order of the procedure's parameters */
export async function call<Name extends keyof Procedures>(
  db: JournalDb | JournalTx,
  name: Name,
  values: readonly unknown[],
): Promise<Procedures[Name]> {
  const { rows } = await sql<{
    returned: Procedures[Name];
  }>`select ${sql.id(JOURNAL_SCHEMA, name)}(${sql.join(values)}) as returned`.execute(db);
  return (rows[0] as { returned: Procedures[Name] }).returned;
}

/** Id pairs as the procedures take them: by column. */
export const columnsOf = (ids: readonly IdPair[]) =>
  [
    ids.map(({ kind }) => kind),
    ids.map(({ publicId }) => publicId),
    ids.map(({ legacyId }) => legacyId),
  ] as const;
