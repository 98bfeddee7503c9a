/** The flag file, what is in force, and the watch that ties them: the one implementation of the flag store. */
import { mkdir } from 'node:fs/promises';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import { isForth, letsNewServe } from '../continuity/protocol/roles.ts';
import { BanyanError } from '../errors.ts';
import { ChangedMeanwhile } from '../files.ts';
import { Applied, type Attribution } from './applied.ts';
import { appendAudit, readAudit } from './audit.ts';
import { type FittingRules, unfit } from './fitting.ts';
import type { FlagFile } from './flag-file.ts';
import { withLock } from './lock.ts';
import type { AuditEntry, EvidenceMode, FlagFault, FlagsInForce, Mode, UnwrittenFlags } from './model.ts';
import { handOf } from './owner.ts';
import { type Asked, type Plan, planOf, standing } from './plan.ts';
import { FlagSource } from './source.ts';
import { type Intent, type StateFiles, stateFiles } from './state.ts';
import type { Change, FlagStore, FlagStoreOptions, Rollback } from './store.ts';
import { differs, inForce, leftUnwritten, modesOf, type UnwrittenRoutes } from './unwritten.ts';
import { watchFile } from './watch.ts';

/**
 * Reads the flag file, notes what changed since the last start, and watches it.
 * @throws BanyanError `flag_file_missing` or `flag_file_faulty` where there is no last good text to fall back on.
 */
export async function openFlags(options: FlagStoreOptions): Promise<FlagStore> {
  const store = new LiveStore(options);
  await store.start();
  return store;
}

class LiveStore implements FlagStore {
  readonly #o: FlagStoreOptions;
  readonly #files: StateFiles;
  readonly #source: FlagSource;
  readonly #applied: Applied;
  readonly #clock: () => Date;
  readonly #listeners = new Set<() => void>();
  readonly #fitting: FittingRules;
  /** Where `new` serves already, or is about to by a command: nothing speaks against what is in force. */
  #allowed = new Map<RouteKey, Mode>();
  /** Write routes that legacy is not given any more. */
  #completed = new Set<RouteKey>();
  /** Rollbacks that were asked for and are not done: a flip to the new backend makes room for them. */
  #rollbacks = 0;
  #rollbackAsked = Promise.withResolvers<void>();
  #queue: Promise<unknown> = Promise.resolve();
  #keeping: Promise<void> = Promise.resolve();
  #unwatch: () => void = () => undefined;

  constructor(options: FlagStoreOptions) {
    this.#o = options;
    this.#files = stateFiles(options.dataFolder);
    this.#clock = options.clock ?? (() => new Date());
    const { table, implemented, bound } = options;
    const lacking = (route: RouteKey, mode: Mode) =>
      this.#isAllowed(route, mode) ? undefined : this.#lacking(route);
    const alarmed = (route: RouteKey, mode: Mode) =>
      this.#isAllowed(route, mode) ? undefined : (this.#alarmed(route) ?? this.#uncompared(route, mode));
    this.#fitting = { table, bound, completed: (route) => this.#completed.has(route) };
    const rules = { ...this.#fitting, implemented, lacking, alarmed };
    this.#source = new FlagSource(options.file, rules, this.#files, options.pause);
    this.#applied = new Applied({
      table: options.table,
      files: this.#files,
      clock: this.#clock,
      lacking: (route, mode) => this.#lacking(route) ?? this.#uncompared(route, mode),
      alarmed: (route) => this.#alarmed(route),
      onApplied: (entries) => this.#applies(entries),
      onUnrecorded: (error) => this.#notRecorded(error),
    });
  }

  get current(): FlagsInForce {
    return this.#applied.current;
  }

  get faults(): readonly FlagFault[] {
    return this.#source.faults;
  }

  get evidence(): EvidenceMode {
    return this.#source.evidence;
  }

  get unrecorded(): number {
    return this.#applied.unrecorded.length;
  }

  get unwritten(): UnwrittenFlags | undefined {
    const { unwritten } = this.#applied;
    if (unwritten.size === 0) return undefined;
    const routes = [...unwritten].map(([route, change]) => ({ route, ...change }));
    return { routes, edits: this.#source.edits(modesOf(unwritten)) };
  }

  async start(): Promise<void> {
    await mkdir(this.#files.folder, { recursive: true });
    await this.#alone(async () => {
      const routes = await this.#applied.recover();
      this.#allow(Object.entries(routes));
      this.#complete(Object.entries(routes));
      const lastGood = await this.#source.lastGood();
      const found = await this.#source.look();
      const flags = found && this.#fits(found) ? found : lastGood;
      if (!flags) throw this.#source.refusal();
      this.#logFaults();
      await this.#prepare(this.#neededBy(flags));
      await this.#take(flags, await this.#byHand('start'));
      if (this.unwritten) this.#o.log.warn({ unwritten: this.unwritten }, differs(this.unwritten));
    });
    if (this.#o.watch !== false) this.#unwatch = await watchFile(this.#o.file, () => this.#check());
  }

  change({ target, mode, who, why, force = false, yes = false }: Change): Promise<AuditEntry[]> {
    if (mode === 'legacy') return this.rollback({ target, who, why });
    return this.#alone(() => this.#command({ target, mode }, { who, why, how: 'command' }, { force, yes }));
  }

  rollback({ target, who, why, force = false, how = 'command' }: Rollback): Promise<AuditEntry[]> {
    this.#rollbacks += 1;
    this.#rollbackAsked.resolve();
    return this.#alone(async () => {
      const unwritable = await this.#restore();
      // A guard acts all the same: what legacy lacks stays with the new backend, whatever the flag says.
      const said = { force: force || how === 'guard', unwritable };
      return this.#command({ target, mode: 'legacy' }, { who, why, how }, said);
    }).finally(() => {
      this.#rollbacks -= 1;
    });
  }

  plan(asked: Asked): Plan {
    const { routes, phases } = this.current;
    return planOf(asked, {
      table: this.#o.table,
      routes,
      phases,
      evidence: this.#source.evidence,
      fitting: this.#fitting,
      implemented: this.#o.implemented,
      lacking: (route) => this.#lacking(route),
      alarmed: (route) => this.#alarmed(route),
      uncompared: this.#o.uncompared,
      legacyBlocked: () => this.#o.legacyBack?.blocked(),
    });
  }

  noteSkipped({ entry, ...by }: Parameters<FlagStore['noteSkipped']>[0]): Promise<void> {
    return this.#note({ ...by, skipped: entry });
  }

  noteLifted({ alarm, ...by }: Parameters<FlagStore['noteLifted']>[0]): Promise<void> {
    return this.#note({ ...by, lifted: alarm });
  }

  /** What a person has done that is no flip. */
  #note(done: Pick<AuditEntry, 'route' | 'who' | 'why' | 'skipped' | 'decided' | 'lifted'>): Promise<void> {
    return this.#alone(() => {
      const { epoch, routes } = this.current;
      const mode = routes.get(done.route)?.mode ?? 'legacy';
      const time = this.#clock().toISOString();
      const entry: AuditEntry = { ...done, time, from: mode, to: mode, how: 'command', epoch };
      return appendAudit(this.#files.audit, [entry]);
    });
  }

  async history({ limit }: { limit: number }): Promise<AuditEntry[]> {
    return (await readAudit(this.#files.audit, limit)).reverse();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#unwatch();
    await this.#queue;
    await this.#keeping;
  }

  /** One change at a time, in this process and among processes. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(() => withLock(this.#files.lock, work));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /** What the watcher calls. Never throws. */
  async #check(): Promise<void> {
    try {
      if (this.unrecorded > 0) await this.#alone(() => this.#applied.recordRest());
      if (await this.#source.isNew()) await this.#alone(() => this.#follow());
    } catch (error) {
      this.#notRecorded(error);
    }
  }

  /** Puts in force what somebody wrote into the file. */
  async #follow(): Promise<void> {
    const before = this.faults;
    const flags = await this.#source.look();
    if (before.length > 0 && this.faults.length === 0) this.#o.log.info('the flag file is right again');
    if (flags && this.#fits(flags) && (await this.#isReady(flags)))
      await this.#take(flags, await this.#byHand('file'));
    else if (this.faults !== before) {
      this.#logFaults();
      this.#tell();
    }
  }

  async #command(
    asked: Asked,
    by: Attribution & Pick<Intent, 'how'>,
    {
      force = false,
      yes = false,
      unwritable,
    }: { force?: boolean; yes?: boolean; unwritable?: string | undefined },
  ): Promise<AuditEntry[]> {
    for (let attempt = 0; attempt < 5; attempt++) {
      await this.#follow();
      if (this.faults.length > 0 && unwritable === undefined) throw this.#source.refusal();
      const plan = this.plan(asked);
      const [refusal] = standing(plan.refusals, { force, yes });
      if (refusal) throw refusal.error;
      const [left] = plan.left;
      // A guard names one route, and has to know that it could not act.
      if (left && by.how === 'guard') throw new BanyanError('mode_refused', { ...left, mode: 'legacy' });
      const changes = new Map(plan.changes.map(({ route, to }) => [route, to]));
      if (changes.size === 0) return this.#writeRest(by);
      if (asked.mode === 'legacy' && by.how !== 'guard' && this.#o.legacyBack?.blocked() !== undefined)
        await this.#o.legacyBack.insisted();
      await this.#prepare(plan.changes.flatMap(({ route, from }) => (from === 'legacy' ? [route] : [])));
      this.#allow([...changes].map(([route, to]) => [route, { mode: to }]));
      try {
        await this.#applied.intend({ ...by, modes: Object.fromEntries(changes) });
        const { flags, unwritten } = await this.#edit(changes, by, unwritable);
        return await this.#take(flags, () => by, unwritten);
      } catch (error) {
        await this.#applied.intend(undefined);
        this.#allow([...this.current.routes]);
        if (!(error instanceof ChangedMeanwhile)) throw error;
      }
      // A guard waits for nobody.
      if (attempt === 3 && by.how === 'guard') unwritable = 'somebody else keeps changing it';
    }
    throw new BanyanError('flag_file_contended', { file: this.#o.file });
  }

  /** A command that changes nothing writes what could not be written before; not where it still cannot. @returns no change */
  async #writeRest(by: Attribution): Promise<AuditEntry[]> {
    const { unwritten } = this.#applied;
    if (unwritten.size === 0 || this.faults.length > 0) return [];
    try {
      return await this.#take(await this.#source.edit(modesOf(unwritten)), () => by, new Map());
    } catch (error) {
      if (isLeftAsItIs(error) || error instanceof ChangedMeanwhile) return [];
      throw error;
    }
  }

  /**
   * Writes modes into the file, and what could not be written before. Where the file cannot be written, they outrank it: the
   * next good text of it that leaves these routes as they were changes nothing about that.
   * @param unwritable why it is not even tried
   */
  async #edit(
    changes: ReadonlyMap<RouteKey, Mode>,
    by: Attribution,
    unwritable: string | undefined,
  ): Promise<{ flags: FlagFile; unwritten: UnwrittenRoutes }> {
    const before = this.#applied.unwritten;
    let reason = unwritable;
    if (reason === undefined)
      try {
        const flags = await this.#source.edit(new Map([...modesOf(before), ...changes]));
        return { flags, unwritten: new Map() };
      } catch (error) {
        // While no gateway runs nothing is in force, and the next start reads the file.
        if (!isLeftAsItIs(error) || this.#o.watch === false) throw error;
        reason = (error.details.reason as string | undefined) ?? 'a command cannot edit it';
      }
    const flags = this.#source.good;
    if (!flags) throw this.#source.refusal();
    const left = leftUnwritten(flags.routes, changes, { ...by, since: this.#clock().toISOString(), reason });
    return { flags, unwritten: new Map([...before, ...left]) };
  }

  /** Whether a text that is right by itself is so beside what could not be written into it; where not, the file has a fault. */
  #fits({ routes }: FlagFile): boolean {
    const { unwritten } = this.#applied;
    if (unwritten.size === 0) return true;
    const [first] = unfit(modesOf(inForce(routes, unwritten)), this.#fitting);
    if (!first) return true;
    const held = [...unwritten].map(([route, { mode }]) => `${route} is ${mode}`).join(', ');
    this.#source.refuse(
      `${first.route} cannot be ${first.mode}: ${first.reason} (In force and not in the file: ${held}.)`,
    );
    return false;
  }

  /** Nothing speaks against what is in force, nor against less of it; nor against a mode of the file that a change outranks. */
  #isAllowed(route: RouteKey, mode: Mode): boolean {
    if (this.#applied.unwritten.get(route)?.said === mode) return true;
    return !isForth(this.#allowed.get(route) ?? 'legacy', mode);
  }

  #lacking(route: RouteKey): string | undefined {
    return this.#o.lacking?.(route);
  }

  #alarmed(route: RouteKey): string | undefined {
    return this.#o.alarmed?.(route);
  }

  #uncompared(route: RouteKey, mode: Mode): string | undefined {
    return mode === 'complete' ? this.#o.uncompared?.(route) : undefined;
  }

  /** Of these routes, those that `new` serves need no evidence from now on; the others need it for the next flip. */
  #allow(routes: Iterable<[RouteKey, { mode: Mode }]>): void {
    for (const [route, { mode }] of routes) {
      if (letsNewServe(mode)) this.#allowed.set(route, mode);
      else this.#allowed.delete(route);
    }
  }

  #complete(routes: Iterable<[RouteKey, { mode: Mode }]>): void {
    for (const [route, { mode }] of routes) if (mode === 'complete') this.#completed.add(route);
  }

  /** @throws BanyanError `new_backend_unready` */
  async #prepare(routes: readonly RouteKey[]): Promise<void> {
    if (routes.length === 0 || !this.#o.prepare) return;
    if (this.#rollbacks === 0) this.#rollbackAsked = Promise.withResolvers();
    // A database that does not answer can keep a flip waiting, and a rollback waits for no flip.
    const overtaken = this.#rollbackAsked.promise.then(() => {
      throw new Error('a rollback came first');
    });
    await Promise.race([this.#o.prepare(routes), overtaken]).catch((error: unknown) => {
      throw new BanyanError('new_backend_unready', { reason: (error as Error).message }, error);
    });
  }

  /** Whether the flags of an edited file can take force; where not, the file has a fault that says why. */
  async #isReady(flags: FlagFile): Promise<boolean> {
    try {
      // What the new backend has a part in already was made ready for it.
      const has = (route: RouteKey) => (this.current.routes.get(route)?.mode ?? 'legacy') !== 'legacy';
      await this.#prepare(this.#neededBy(flags).filter((route) => !has(route)));
      return true;
    } catch (error) {
      this.#source.refuse((error as Error).message);
      return false;
    }
  }

  /** @returns why the last good text could not be put back; undefined where it was, or did not have to be */
  async #restore(): Promise<string | undefined> {
    await this.#follow();
    if (this.#source.faults.length === 0) return undefined;
    try {
      const aside = await this.#source.restore(this.#clock().toISOString());
      this.#o.log.warn({ aside }, 'the last good flag file was put back');
    } catch (error) {
      if (!isLeftAsItIs(error) || this.#o.watch === false) throw error;
      return String(error.details.reason);
    }
    this.#tell();
    return undefined;
  }

  async #take(
    flags: FlagFile,
    attribute: (route: RouteKey, comment: string | undefined) => Attribution,
    unwritten?: UnwrittenRoutes,
  ): Promise<AuditEntry[]> {
    const entries = await this.#applied.take(flags, attribute, unwritten);
    this.#allow([...this.current.routes]);
    this.#complete(this.current.routes);
    // Not waited for: the next change must not wait for a slow disk.
    this.#keeping = this.#keeping.then(() => this.#source.keep());
    return entries;
  }

  async #byHand(
    how: 'file' | 'start',
  ): Promise<(route: RouteKey, comment: string | undefined) => Attribution> {
    const who = await handOf(this.#o.file);
    return (_route, comment) => ({ who, why: comment ?? 'edited by hand', how });
  }

  #applies(entries: readonly AuditEntry[]): void {
    for (const { route, lacking, alarm } of entries) {
      if (lacking) this.#o.log.warn({ route }, `${route} was flipped without evidence: ${lacking}`);
      if (alarm) this.#o.log.warn({ route }, `${route} was flipped in spite of an alarm: ${alarm}`);
    }
    for (const entry of entries)
      this.#o.log.info(
        { change: entry },
        `${entry.route}: ${entry.from} → ${entry.to}, ${entry.who}: ${entry.why}`,
      );
    const { unwritten } = this;
    if (unwritten && entries.some((entry) => entry.unwritten))
      this.#o.log.warn({ unwritten }, differs(unwritten));
    this.#tell();
  }

  #notRecorded(error: unknown): void {
    this.#o.log.error(
      { err: error },
      'a change of the flags could not be recorded in the data folder; it is tried again',
    );
  }

  #logFaults(): void {
    for (const { line, column, message } of this.faults)
      this.#o.log.error(
        { file: this.#o.file, line, column },
        `flag file, line ${line}, column ${column}: ${message} The flags in force stay as they are.`,
      );
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  /** The routes that the new backend has a part in. */
  #neededBy({ routes }: FlagFile): RouteKey[] {
    const modes = modesOf(inForce(routes, this.#applied.unwritten));
    return [...modes].flatMap(([route, mode]) => (mode === 'legacy' ? [] : [route]));
  }
}

/** The file is as it was, and it is no fault of the change. */
const isLeftAsItIs = (error: unknown): error is BanyanError =>
  error instanceof BanyanError && ['flag_file_unwritable', 'flag_file_too_odd'].includes(error.code);
