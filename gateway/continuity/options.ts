/** What state continuity is told about the installation. */
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import type { Session } from '@banyan/operations/db/session.ts';
import type { BackendName, RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import type { Backend } from '../backends/backend.ts';
import type { BanyanError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Alarms } from './alarms/alarms.ts';
import type { AuditOptions } from './audit/audit.ts';
import type { DiskBounds, Free } from './bodies/room.ts';
import type { DiffsOptions } from './diff/diffs.ts';
import type { SecretHeaders } from './journal/credentials.ts';
import type { Patience } from './journal/journal.ts';
import type { JournalDb } from './journal/tables.ts';
import type { MirrorOptions } from './mirror/mirror.ts';
import type { TakeOver } from './mirror/take-over.ts';
import type { Tie } from './model-calls/tie.ts';
import type { SyncSource } from './sync/source.ts';

export interface ContinuityOptions {
  table: RouteTable;
  backends: Readonly<Record<BackendName, Backend>>;
  /** The database with the journal's tables; opened where it is not yet. */
  db: () => Promise<JournalDb>;
  /** Opens a connection for the claim, under a name; without, no other process can have the database. */
  openSession?: ((name: string) => Promise<Session>) | undefined;
  /** The id of a gateway of which a person says that it is gone. */
  saidGone?: string | undefined;
  /** Another gateway has taken the database over: this one takes no more and has to end. */
  onClaimLost?: (error: BanyanError) => void;
  /** Sees to it that `new` never does an operation, unless it has; and says which. */
  voidOnNew(id: string): Promise<'void' | 'done'>;
  /** Makes `new` show an entity as legacy does; undefined where the application does not have it. */
  takeOver?: TakeOver | undefined;
  /** What the application can read of legacy's state for the first sync; without it both backends are only compared. */
  sources?: (() => Promise<readonly SyncSource[]>) | undefined;
  /** Whether legacy is no longer given what is written by a route; no route unless told. */
  isComplete?: (route: RouteKey) => boolean;
  /** Whether the new backend has a write route, and it is proven; every route unless told. */
  isProven?: (route: RouteKey) => boolean;
  /** What the program that starts legacy says of the start that it runs by now: another text is another start. */
  legacyStarted?: string | undefined;
  /** How what was written directly on legacy is looked for. */
  audit?: Pick<AuditOptions, 'every' | 'perMinute' | 'pace' | 'isSuspended' | 'isComplete'> | undefined;
  /** Large bodies and what could not be written into PostgreSQL. */
  folder: string;
  /** Where legacy answers: it may redirect to its own address. */
  legacyUrl?: string;
  tie?: Tie;
  /** What the route table does not describe; in memory alone unless told. */
  alarms?: Alarms;
  log: Logger;
  /**
   * `look`: the first pause between two looks at a write in doubt. `sync`: how long the first sync waits at the start. `restarts`:
   * between two looks whether legacy was started again.
   */
  patience?: Partial<Patience & { read: number; move: number; look: number; restarts: number }> & {
    sync?: number | undefined;
  };
  mirror?: Pick<MirrorOptions, 'across' | 'concurrency' | 'backOff' | 'presumedAfter' | 'readAhead'>;
  /** Told of writes that the two backends do not answer alike. */
  onDivergence?: (route: RouteKey) => void;
  /** Headers that are sent and not written down, in lower case. */
  secretHeaders: SecretHeaders;
  /** What bodies may take of the disk. */
  disk?: DiskBounds;
  /** How much is free on the disk; for tests. */
  freeBytes?: Free;
  /** How long an entry is kept that both sides have, in seconds; a week unless told. */
  keepFor?: number;
  /** How fast both backends are compared; nothing is compared all the time unless told. */
  diff?: Pick<DiffsOptions, 'rate' | 'perMinute' | 'patience'>;
  /** From one batch of counts of comparisons to the next, in milliseconds; 5 s unless told. */
  storeCountsEvery?: number;
  /** Differences that a person signed off. */
  rules?: readonly AcceptedRule[];
}
