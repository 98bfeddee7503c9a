/**
 * What the gateway is told of the application that it moves. Nothing else of the gateway knows which one it is;
 * `banyan.config.ts` puts one together.
 */

import type { AcceptedRule } from '@banyan/compare/accept.ts';
import type { Session } from '@banyan/operations/db/session.ts';
import type { AnyDatabase } from '@banyan/operations/db/transaction.ts';
import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import type { Backend } from './backends/backend.ts';
import type { TakeOver } from './continuity/mirror/take-over.ts';
import type { SyncSource } from './continuity/sync/source.ts';
import type { Evidence } from './evidence/evidence.ts';
import type { FilesToImport, ImportReport } from './import.ts';
import type { Registers } from './metrics/registers.ts';
import type { WaitingJob, WorkSize } from './work.ts';

/** The head of a request, as the application's own rules see it. */
export interface RequestHead {
  method: string;
  /** Path and query, origin form. */
  target: string;
  rawHeaders: readonly string[];
}

/** A whole answer, made without a backend. */
export interface Answer {
  status: number;
  reason: string;
  rawHeaders: readonly string[];
  body: Uint8Array;
}

/** A replacement that does an operation once by its id, and a database beside which the journal is kept. */
export interface ContinuityGround {
  /**
   * PostgreSQL or PGlite, opened where it is not yet. The gateway makes the journal's tables in it, in a schema of their own, and
   * touches nothing else.
   */
  database(): Promise<AnyDatabase>;
  /** Opens a connection of its own to the server, under a name that the server shows; none where the database is embedded. */
  openSession?: ((name: string) => Promise<Session>) | undefined;
  /** Sees to it that `newBackend` never does an operation, unless it has; and says which. */
  makeVoid(operationId: string): Promise<'void' | 'done'>;
  /** Makes `newBackend` show an entity as legacy does; without it a person has to see to what the two show differently. */
  takeOver?: TakeOver;
  /**
   * Opens the readings of legacy's data for the first sync, one for each kind of entity; the caller closes them. Absent if the
   * application does not know where legacy's data is.
   */
  sync?: (() => Promise<readonly SyncSource[]>) | undefined;
  /**
   * Headers that a backend wants of a replay although their values are secret, in lower case: the journal then keeps them.
   */
  neededHeaders?: readonly string[];
}

/** What the public origin shows beside the application's own paths. */
export interface Pages {
  /** Where a person begins, to be shown at the start: `/chat`. */
  path: string;
  /** @param pathname without the query. @returns undefined where there is no page */
  answer(pathname: string): Answer | undefined;
}

export interface Application {
  /** Shown to people. */
  name: string;
  table: RouteTable;
  /** The rows that `newBackend` can serve; a flag that sends another to it is refused. */
  implemented: ReadonlySet<RouteKey>;
  /** What was proven of each of them; without it nothing is refused for want of proof. */
  evidence?: Evidence | undefined;
  /** Differences between the backends that a person signed off; none unless told. */
  accepted?: readonly AcceptedRule[];
  /** The replacement, in this process. */
  newBackend: Backend;
  /**
   * Makes ready what rows need before `newBackend` serves them; a flag that sends them there takes force afterwards.
   * @throws Error that says why it cannot be
   */
  prepare(routes: readonly RouteKey[]): Promise<void>;
  /** What state continuity rests on, where the replacement has state. */
  continuity?: ContinuityGround;
  /** What waits for the replacement's workers; asked where the database is open anyway. */
  work?(): Promise<WorkSize>;
  /** Which those are. */
  jobs?(): Promise<WaitingJob[]>;
  /** Metrics of the application's own, shown with the gateway's. */
  metrics?: Registers | undefined;
  /**
   * Makes ready what the gateway answers by itself on the public origin, for GET and HEAD; no backend sees that. Called once,
   * at the start; what it throws stops the start.
   */
  pages?: (() => Pages) | undefined;
  /**
   * Requests that no backend may see, and what they get instead: for what legacy shows that the public origin must not.
   */
  withheld(head: RequestHead): Answer | undefined;
  /** Headers of the gateway's own error answers, so that a frontend of another origin can read them. */
  errorHeaders(head: RequestHead): readonly string[];
  /**
   * Imports them into the database that the new backend has open in this process.
   * @throws BanyanError `import_refused`
   */
  importFiles?(files: FilesToImport): Promise<ImportReport>;
}
