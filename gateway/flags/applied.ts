/** What is in force: in memory for the requests, on the disk for the next start, and every change in the audit log. */
import { type RouteKey, type RouteTable, routeKeys } from '@banyan/route-table/route-table.ts';
import { letsNewServe } from '../continuity/protocol/roles.ts';
import { appendAudit } from './audit.ts';
import type { FlagFile } from './flag-file.ts';
import type { AuditEntry, FlagInForce, FlagsInForce, Mode } from './model.ts';
import {
  completeAudit,
  type Intent,
  readState,
  recoverState,
  type State,
  type StateFiles,
  storeState,
} from './state.ts';
import { inForce, stillUnwritten, type UnwrittenRoutes } from './unwritten.ts';

/** Who changed a route, why, and how. */
export type Attribution = Pick<AuditEntry, 'who' | 'why' | 'how'>;

/** What speaks against a flip of a route, as a sentence: the evidence or the clean diff that it lacks, or its alarm. */
export type Objection = (route: RouteKey, mode: Mode) => string | undefined;

export class Applied {
  /** Replaced as a whole with each change. */
  current: FlagsInForce;
  /** What the flag file does not say, because it could not be written. */
  unwritten: UnwrittenRoutes = new Map();
  /** Entries that are in force and could not be written yet. */
  unrecorded: AuditEntry[] = [];
  /** The last record broke off, and may have been written in part. */
  #failed = false;
  readonly #keys: readonly RouteKey[];
  readonly #files: StateFiles;
  readonly #clock: () => Date;
  readonly #lacking: Objection;
  readonly #alarmed: Objection;
  readonly #onApplied: (entries: readonly AuditEntry[]) => void;
  readonly #onUnrecorded: (error: unknown) => void;

  constructor(options: {
    table: RouteTable;
    files: StateFiles;
    clock: () => Date;
    lacking: Objection;
    alarmed: Objection;
    /** Called once a change is in force, before it is on the disk. */
    onApplied: (entries: readonly AuditEntry[]) => void;
    /** Called where the disk does not take it; a change stays in force all the same. */
    onUnrecorded: (error: unknown) => void;
  }) {
    this.#keys = routeKeys(options.table);
    this.#files = options.files;
    this.#clock = options.clock;
    this.#lacking = options.lacking;
    this.#alarmed = options.alarmed;
    this.#onApplied = options.onApplied;
    this.#onUnrecorded = options.onUnrecorded;
    this.current = { epoch: 0, routes: new Map(), phases: new Map(), guards: undefined, sample: 1 };
  }

  /**
   * Puts a flag file in force. Call under the lock.
   * @param attribute asked for each route that changes, unless a command that ended too early left word of it.
   * @param unwritten what outranks the file, where nobody has edited the file since; as before unless told.
   * @returns the audit entries: one a changed route, all of one epoch.
   */
  async take(
    flags: FlagFile,
    attribute: (route: RouteKey, comment: string | undefined) => Attribution,
    unwritten = this.unwritten,
  ): Promise<AuditEntry[]> {
    const time = this.#clock().toISOString();
    const wanted = inForce(flags.routes, unwritten);
    const before = this.unwritten;
    this.unwritten = stillUnwritten(flags.routes, unwritten);
    const isFileLeft = (route: RouteKey) => this.unwritten.get(route) !== before.get(route);
    // Another process may have changed flags since: the disk knows more than this one's memory.
    const stored = await readState(this.#files, time);
    const base = stored.epoch >= this.current.epoch ? stored : { ...stored, ...this.#inMemory(stored.begun) };
    const entries: AuditEntry[] = [];
    const routes = new Map<RouteKey, FlagInForce>();
    for (const route of this.#keys) {
      const old = base.routes[route] ?? { mode: 'legacy', since: base.begun, by: 'default' };
      const named = wanted.get(route);
      const mode: Mode = named?.mode ?? 'legacy';
      if (mode === old.mode) {
        routes.set(route, old);
        continue;
      }
      const by = intended(stored.intent, route, mode) ?? attribute(route, named?.comment);
      routes.set(route, { mode, since: time, by: by.who });
      const lacking = letsNewServe(mode) ? this.#lacking(route, mode) : undefined;
      const alarm = letsNewServe(mode) ? this.#alarmed(route, mode) : undefined;
      const left = isFileLeft(route) ? this.unwritten.get(route) : undefined;
      entries.push({
        time,
        who: by.who,
        route,
        from: old.mode,
        to: mode,
        why: by.why,
        how: by.how,
        epoch: base.epoch + 1,
        ...(lacking === undefined ? {} : { lacking }),
        ...(alarm === undefined ? {} : { alarm }),
        ...(left && { unwritten: { said: left.said, reason: left.reason } }),
      });
    }
    const { phases, guards, sample } = flags;
    this.current = { epoch: base.epoch + (entries.length > 0 ? 1 : 0), routes, phases, guards, sample };
    this.unrecorded.push(...entries);
    this.#onApplied(entries);
    const first = stored.epoch === 0 && stored.entries.length === 0;
    const isOther = JSON.stringify([...before]) !== JSON.stringify([...this.unwritten]);
    if (entries.length > 0 || stored.intent || first || isOther)
      await this.#record(base.begun).catch(this.#onUnrecorded);
    return entries;
  }

  /**
   * Leaves word of what a command is about to write, for the case that it ends in between; undefined takes it back.
   * Never throws.
   */
  async intend(intent: Intent | undefined): Promise<void> {
    const stored = await readState(this.#files, this.#clock().toISOString());
    await storeState(this.#files, { ...stored, intent }).catch(this.#onUnrecorded);
  }

  /** Writes what could not be written before. */
  async recordRest(): Promise<void> {
    if (this.unrecorded.length === 0) return;
    const stored = await readState(this.#files, this.#clock().toISOString());
    await this.#record(stored.begun);
  }

  /** Puts right what the process before this one left in the middle. @returns what it had in force */
  async recover(): Promise<State['routes']> {
    const now = this.#clock().toISOString();
    await recoverState(this.#files, now);
    const { routes, unwritten } = await readState(this.#files, now);
    this.unwritten = new Map(Object.entries(unwritten));
    return routes;
  }

  /** The state first: it has the entries too, so that none is lost where the process ends before the log has them. */
  async #record(begun: string): Promise<void> {
    const entries = [...this.unrecorded];
    await storeState(this.#files, { ...this.#inMemory(begun), begun, entries });
    if (this.#failed) await completeAudit(this.#files.audit, entries);
    else {
      this.#failed = true;
      await appendAudit(this.#files.audit, entries);
    }
    this.#failed = false;
    this.unrecorded = this.unrecorded.slice(entries.length);
  }

  #inMemory(begun: string): State {
    const { epoch, routes } = this.current;
    const unwritten = Object.fromEntries(this.unwritten);
    return { epoch, begun, routes: Object.fromEntries(routes), unwritten, entries: [] };
  }
}

function intended(intent: Intent | undefined, route: RouteKey, mode: Mode): Attribution | undefined {
  if (intent?.modes[route] !== mode) return undefined;
  return { who: intent.who, why: intent.why, how: intent.how };
}
