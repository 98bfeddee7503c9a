/** The flag store: what the flag file says is in force within 250 ms of a change, and what is wrong in it never is. */

import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import type { Logger } from 'pino';
import type { Pause } from '../files.ts';
import type { AuditEntry, EvidenceMode, FlagFault, FlagsInForce, Mode, UnwrittenFlags } from './model.ts';
import type { Asked, Plan } from './plan.ts';

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
  /** Why a route may not be completed, as a sentence: the two backends are not known to hold the same. All may be unless told. */
  uncompared?: ((route: RouteKey) => string | undefined) | undefined;
  /** Why a route has to stay legacy, as a sentence; undefined where it may leave it. All may unless told. */
  bound?: ((route: RouteKey) => string | undefined) | undefined;
  /** Legacy came back without much of its data. */
  legacyBack?: LegacyBack | undefined;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  clock?: () => Date;
  /** Waits until a file that is being written may have come to rest. */
  pause?: Pause;
  /** False: the file is not watched, for a command while no gateway runs. */
  watch?: boolean;
}

export interface LegacyBack {
  /** Why nothing is flipped towards legacy unless a person insists, as part of a sentence; undefined if nothing speaks against it. */
  blocked(): string | undefined;
  /** A person has insisted. */
  insisted(): Promise<void>;
}

export interface Change {
  /** A route's key or a phase's name; every row where it is undefined. */
  target: string | undefined;
  mode: Mode;
  who: string;
  why: string;
  /** Flips what has no evidence, no clean diff or an alarm; the audit log says what was lacking, and which alarm. */
  force?: boolean | undefined;
  /** A person knows that `complete` has no way back, and has given a reason. */
  yes?: boolean | undefined;
}

export interface Rollback {
  /** Everything where it is left out. */
  target?: string | undefined;
  who: string;
  why: string;
  /** Flips though legacy came back without much of its data. */
  force?: boolean | undefined;
  /** `command` unless told. */
  how?: 'command' | 'guard' | undefined;
}

export interface FlagStore {
  /** What requests are routed by: take it once a request. Replaced as a whole. */
  readonly current: FlagsInForce;
  /** What is wrong in the file now; `current` is then the last good one. */
  readonly faults: readonly FlagFault[];
  /** What the last good text says of routes without evidence. */
  readonly evidence: EvidenceMode;
  /** Changes in force that could not be written into the audit log yet (a full disk); tried again until they are. */
  readonly unrecorded: number;
  /** What is in force and not in the flag file, because it could not be written; undefined where the file says all of it. */
  readonly unwritten: UnwrittenFlags | undefined;
  /**
   * Sets a mode in the flag file; in force when this resolves. To `legacy` it is a rollback. A file that cannot be written does
   * not prevent it while the store watches: the entries say so then (`unwritten`).
   * @returns one entry a route that changed, none where all were in that mode.
   * @throws BanyanError `unknown_target`, `complete_unconfirmed`, `no_evidence`, `route_alarmed`, `no_clean_diff`, `flag_file_faulty`, `flag_file_missing`, `flag_file_unwritable`,
   *   `flag_file_contended`, `flag_file_too_odd`, `not_implemented`, `mode_refused`, `new_backend_unready`, `legacy_lacks_data`.
   */
  change(change: Change): Promise<AuditEntry[]>;
  /**
   * Sets routes to `legacy`, those that have a way back: `plan` names the others. Where the file has faults, its last good text is
   * put back first, and the faulty one kept in the data folder. Throws as `change` does, and `no_last_good`.
   */
  rollback(rollback: Rollback): Promise<AuditEntry[]>;
  /** What a flip would change, what it would leave behind, and what refuses it. @throws BanyanError `unknown_target` */
  plan(asked: Asked): Plan;
  /** Writes into the audit log that a write is never given to the other backend; or what came of it, as a person has decided. */
  noteSkipped(skip: {
    route: RouteKey;
    entry: string;
    who: string;
    why: string;
    decided?: AuditEntry['decided'];
  }): Promise<void>;
  /** Writes into the audit log that a person has lifted a route's alarm. */
  noteLifted(lift: { route: RouteKey; alarm: string; who: string; why: string }): Promise<void>;
  /** Newest first. */
  history(options: { limit: number }): Promise<AuditEntry[]>;
  /** Calls after each change of what is in force or of the faults. Returns a function that ends it. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}
