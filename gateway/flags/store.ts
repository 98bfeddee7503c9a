/** The flag store: what the flag file says is in force within 250 ms of a change, and what is wrong in it never is. */

import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import type { Logger } from 'pino';
import type { Pause } from '../files.ts';
import type { AuditEntry, FlagFault, FlagsInForce, Mode } from './model.ts';

export interface FlagStoreOptions {
  /** The flag file; a symlink is followed. */
  file: string;
  /** `BANYAN_DATA`. */
  dataFolder: string;
  table: RouteTable;
  /** The rows that the new backend can serve; a flag that sends another one to it is a fault. All unless told. */
  implemented?: ReadonlySet<RouteKey> | undefined;
  /** Makes ready what routes need before they are in force with another mode than `legacy`; none of them is if it fails. */
  prepare?: ((routes: readonly RouteKey[]) => Promise<void>) | undefined;
  /** Why `new` may not serve a route, as a sentence; undefined where it may. None are refused unless told. */
  lacking?: ((route: RouteKey) => string | undefined) | undefined;
  /** Which alarm speaks against letting `new` serve a route, as a sentence; undefined if none does. */
  alarmed?: ((route: RouteKey) => string | undefined) | undefined;
  /** Why a route has to stay legacy, as a sentence; undefined where it may leave it. All may unless told. */
  bound?: ((route: RouteKey) => string | undefined) | undefined;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  clock?: () => Date;
  /** Waits until a file that is being written may have come to rest. */
  pause?: Pause;
  /** False: the file is not watched, for a command while no gateway runs. */
  watch?: boolean;
}

export interface Change {
  /** A route's key or a phase's name; every row where it is undefined. */
  target: string | undefined;
  mode: Mode;
  who: string;
  why: string;
  /** Flips what has no evidence or an alarm; the audit log says what was lacking, and which alarm. */
  force?: boolean | undefined;
}

export interface Rollback {
  /** Everything where it is left out. */
  target?: string | undefined;
  who: string;
  why: string;
  /** Puts the last good text back first where the file has faults; the faulty text is kept in the data folder. */
  restore?: boolean | undefined;
  /** `command` unless told. */
  how?: 'command' | 'guard' | undefined;
}

export interface FlagStore {
  /** What requests are routed by: take it once a request. Replaced as a whole. */
  readonly current: FlagsInForce;
  /** What is wrong in the file now; `current` is then the last good one. */
  readonly faults: readonly FlagFault[];
  /** Changes in force that could not be written into the audit log yet (a full disk); tried again until they are. */
  readonly unrecorded: number;
  /**
   * Sets a mode in the flag file; in force when this resolves.
   * @returns one entry a route that changed, none where all were in that mode.
   * @throws BanyanError `unknown_target`, `no_evidence`, `route_alarmed`, `flag_file_faulty`, `flag_file_missing`, `flag_file_unwritable`,
   *   `flag_file_contended`, `flag_file_too_odd`, `not_implemented`, `mode_refused`, `new_backend_unready`.
   */
  change(change: Change): Promise<AuditEntry[]>;
  /** Sets routes to `legacy`; of everything, those that have a way back. Throws as `change` does, and `no_last_good`. */
  rollback(rollback: Rollback): Promise<AuditEntry[]>;
  /** Writes into the audit log that a write is never given to the other backend; or what came of it, as a person has decided. */
  noteSkipped(skip: {
    route: RouteKey;
    entry: string;
    who: string;
    why: string;
    decided?: 'done' | 'not done' | 'adopted' | 'kept';
  }): Promise<void>;
  /** Writes into the audit log that a person has lifted a route's alarm. */
  noteLifted(lift: { route: RouteKey; alarm: string; who: string; why: string }): Promise<void>;
  /** Newest first. */
  history(options: { limit: number }): Promise<AuditEntry[]>;
  /** Calls after each change of what is in force or of the faults. Returns a function that ends it. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}
