/**
 * Calls what `migrations/0009-journal-procedures.ts`, `0011-mirror-together.ts`, `0012-duties.ts` and `0014-knowledge.ts` have put into the database:
 * one round trip each, a transaction of its own.
 */

import type { BackendName } from '@banyan/route-table/route-table.ts';
import { CompiledQuery } from 'kysely';
import type { IdPair } from '../names/id-registry.ts';
import { JOURNAL_SCHEMA, type JournalDb, type JournalTx } from './tables.ts';

/** What each returns. */
interface Procedures {
  /** The side that was chosen. */
  admit: BackendName | null;
  /** What the other side gets of it: null if it was settled or void before. */
  settle: 'owed' | 'none' | 'unknown' | null;
  make_void: boolean;
  /** Those that may be sent. */
  send_all: string[];
  apply_all: undefined;
  /** Fails unless the fence is the last one. */
  check_fence: undefined;
}

/** @param values in the order of the procedure's parameters */
export async function call<Name extends keyof Procedures>(
  db: JournalDb | JournalTx,
  name: Name,
  values: readonly unknown[],
): Promise<Procedures[Name]> {
  const { rows } = await db.executeQuery<{ returned: Procedures[Name] }>(
    CompiledQuery.raw(textOf(name, values.length), [...values]),
  );
  return (rows[0] as { returned: Procedures[Name] }).returned;
}

const textOf = (name: keyof Procedures, count: number) => {
  const places = Array.from({ length: count }, (_, i) => `$${i + 1}`);
  return `select "${JOURNAL_SCHEMA}"."${name}"(${places.join(', ')}) as returned`;
};

/** Id pairs as the procedures take them: by column. */
export const columnsOf = (ids: readonly IdPair[]) =>
  [
    ids.map(({ kind }) => kind),
    ids.map(({ publicId }) => publicId),
    ids.map(({ legacyId }) => legacyId),
  ] as const;
