/** The journal's tables, as TypeScript sees them. `migrations/` makes them. */

import { type AnyDatabase, seenWith } from '@banyan/operations/db/transaction.ts';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { ColumnType, ControlledTransaction, Generated, Kysely, RawBuilder, Transaction } from 'kysely';
import type { EntryState, MirrorState, Verdict } from '../protocol/entry.ts';

export const JOURNAL_SCHEMA = 'banyan_journal';

/** `bigint` comes back as text; the database counts. */
type Counted = ColumnType<string, never, never>;
/** Of the database's clock. */
type Moment = ColumnType<Date, never, Date>;

export interface EntryTable {
  id: string;
  position: Counted;
  epoch: number;
  route: string;
  side: BackendName;
  /** A `StoredRequest`, as JSON text. */
  request: string;
  body: Uint8Array | null;
  expected: string | null;
  state: Generated<EntryState>;
  admitted_at: Moment;
  settled_at: ColumnType<Date | null, never, Date>;
  place: ColumnType<string | null, never, string>;
  overlapped: Generated<boolean>;
  /** A `StoredAnswer`, as JSON text. */
  answer: string | null;
  answer_body: Uint8Array | null;
  mirror: Generated<MirrorState>;
  mirror_expected: string | null;
  mirror_sent_at: ColumnType<Date | null, never, Date>;
  attempts: Generated<number>;
  fault: string | null;
  pinned: Generated<boolean>;
  /**
   * Legacy was left behind of it by `rollback --now`, and was written to since. `waiting`: legacy has not been given it. `taken`:
   * legacy has it by now, and what both sides show is still to be made alike.
   */
  overtaken: 'waiting' | 'taken' | null;
  mirror_answer: string | null;
  mirror_body: Uint8Array | null;
  verdict: Verdict | null;
  differences: string | null;
}

export interface KeyTable {
  key: string;
  side: BackendName;
  in_flight: Generated<number>;
  /** Place of the last settled write. */
  head: ColumnType<string | null, never, string>;
  /** The place up to which the new backend is known to have the key; null means unknown. */
  new_base: string | null;
  /** The incarnation in which legacy was last known to have all of the key; null means the first. */
  legacy_inc: number | null;
  /** A `Lack`, as JSON text. */
  lack: string | null;
}

export interface IncarnationTable {
  number: number;
  since: ColumnType<Date, undefined, never>;
  sign: string;
  started: string | null;
  told: string | null;
  /** A list of `Witness`, as JSON text. */
  witnesses: string | null;
  compared_at: ColumnType<Date | null, undefined, RawBuilder<Date>>;
  blocked: string | null;
}

export interface JournalTables {
  entries: EntryTable;
  entry_keys: { entry_id: string; key: string };
  keys: KeyTable;
  kinds: {
    kind: string;
    known_since: ColumnType<Date | null, Date | RawBuilder<Date> | null>;
    assumed: string | null;
    paused: Generated<boolean>;
  };
  incarnations: IncarnationTable;
  ids: { kind: string; public_id: string; legacy_id: string };
  /** `outcome`: a verdict, or why an answer was not compared. */
  comparisons: { route: string; outcome: string; count: ColumnType<string, number, number> };
  times: { side: BackendName; key: string; field: string; value: string; public_value: string };
}

/** The database that the new backend has too, seen with the journal's tables. */
export type JournalDb = Kysely<JournalTables>;
export type JournalTx = Transaction<JournalTables> | ControlledTransaction<JournalTables>;

/** The same database, seen by the journal: nothing of the application's tables. */
export function journalOf(db: AnyDatabase): JournalDb {
  return seenWith<JournalTables>(db).withSchema(JOURNAL_SCHEMA);
}
