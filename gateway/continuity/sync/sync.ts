/**
 * The first sync, while legacy is in use: gives the new backend what legacy had before the journal, kind by kind, until nothing of a
 * kind is unknown. Until then legacy serves what the new backend is not known to have, whatever the flags say.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isAway } from '@banyan/operations/db/away.ts';
import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { isPaused, setPaused } from '../journal/known.ts';
import { entityKeys, kindOf, type Touched } from '../protocol/keys.ts';
import { KindSync, type KindSyncOptions } from './kind-sync.ts';
import { syncedKinds } from './kinds.ts';
import type { KindProgress } from './progress.ts';
import type { SyncSource } from './source.ts';

export interface SyncOptions extends Omit<KindSyncOptions, 'kind' | 'source' | 'pace' | 'signal'> {
  table: RouteTable;
  /** What the application can read of legacy's state; opened when it is first needed. */
  sources: () => Promise<readonly SyncSource[]>;
  /** Whether legacy is no longer given what is written by a route. */
  isComplete(route: RouteKey): boolean;
  /**
   * How long nothing becomes known after the start, in milliseconds: what was sent to legacy before the journal may take effect so
   * late. The longest execution time of the table unless told; 0 where nothing was sent.
   */
  quiet?: number | undefined;
  log: Logger;
}

/** Between two rounds in which nothing could be brought, in milliseconds: each pause is twice as long as the one before. */
const shortest = 250;
const longest = 10_000;

export class Sync {
  readonly #options: SyncOptions;
  readonly #closing = new AbortController();
  readonly #begins: number;
  readonly #pauses = new Map<string, number>();
  readonly #reasons = new Map<string, string>();
  /** Kinds whose last round could bring nothing more. */
  readonly #isLeft = new Set<string>();
  #kinds: readonly KindSync[] = [];
  /** Open while the sync of some kind has not ended. */
  #sources: readonly SyncSource[] | undefined;
  #isPaused = false;
  #running: Promise<void> | undefined;
  #wake = Promise.withResolvers<void>();
  readonly #firstLook = Promise.withResolvers<void>();
  /** Resolves once kinds that legacy is no longer given are known. */
  readonly #completed = Promise.withResolvers<void>();

  constructor(options: SyncOptions) {
    this.#options = options;
    const quiet = options.quiet ?? Math.max(...options.table.routes.map((route) => route.longest), 0);
    this.#begins = performance.now() + quiet;
  }

  /** Begins, or goes on where an earlier process was stopped. */
  start(): void {
    this.#running ??= this.#run().catch((error: unknown) => {
      if (!this.#closing.signal.aborted)
        this.#options.log.error({ err: error }, 'the first sync has stopped');
    });
  }

  /** Something has become unknown, or may be brought now. */
  kick(): void {
    for (const kind of this.#pauses.keys()) this.#pauses.set(kind, 0);
    this.#wake.resolve();
  }

  /** A request was sent to legacy because the new backend is not known to have what it touches. */
  want({ keys }: Touched): void {
    for (const key of entityKeys(keys)) this.#kinds.find(({ kind }) => kind === kindOf(key))?.want(key);
  }

  /** Resolves once every kind was looked at, and has ended or cannot go on by itself. */
  looked(): Promise<void> {
    return this.#firstLook.promise;
  }

  /** The same, for at most so many milliseconds; what is complete is known then in any case, also where the sync begins later. */
  async lookedWithin(milliseconds: number): Promise<void> {
    const { signal } = this.#closing;
    const looked = this.#begins > performance.now() ? this.#completed.promise : this.looked();
    await Promise.race([looked, pause(milliseconds, undefined, { ref: false, signal })]).catch(
      () => undefined,
    );
  }

  async pause(isPaused: boolean): Promise<void> {
    await setPaused(await this.#options.journal.db(), isPaused);
    this.#isPaused = isPaused;
    this.kick();
  }

  /** A person says that the new backend has everything of a kind. @param why who, and why. @throws BanyanError `sync_kind_unknown` */
  async assume(kind: string, why: string): Promise<void> {
    const found = this.#kinds.find((one) => one.kind === kind);
    if (!found)
      throw new BanyanError('sync_kind_unknown', {
        kind,
        kinds: this.#kinds.map((one) => one.kind).join(', ') || 'none',
      });
    await found.assume(why);
    this.#reasons.delete(kind);
    this.#options.log.warn({ kind, why }, 'a person has said that the new backend has everything of a kind');
  }

  progress(): KindProgress[] {
    const beginsIn = Math.max(0, Math.round((this.#begins - performance.now()) / 1000));
    return this.#kinds.map((kind) => {
      const progress = kind.progress();
      const reason = this.#reasons.get(kind.kind) ?? progress.reason;
      return {
        ...progress,
        reason,
        phase: this.#phaseOf(kind, beginsIn),
        beginsIn: kind.isEnded ? 0 : beginsIn,
      };
    });
  }

  /** Whether every kind has ended. */
  get isEnded(): boolean {
    return this.#kinds.every((kind) => kind.isEnded);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake.resolve();
    this.#firstLook.resolve();
    this.#completed.resolve();
    await this.#running;
    await this.#closeSources();
  }

  #phaseOf(kind: KindSync, beginsIn: number): KindProgress['phase'] {
    if (kind.isEnded) return 'ended';
    if (this.#isPaused) return 'paused';
    if (beginsIn > 0) return 'waiting';
    return this.#isLeft.has(kind.kind) ? 'left' : 'running';
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    await this.#prepare();
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers<void>();
      await this.#endCompleted();
      this.#completed.resolve();
      const wait = this.#isPaused
        ? longest
        : Math.max(this.#begins - performance.now(), await this.#rounds());
      if (this.#begins <= performance.now()) this.#firstLook.resolve();
      await Promise.race([this.#wake.promise, pause(wait, undefined, { signal, ref: false })]).catch(
        () => undefined,
      );
    }
  }

  /** The kinds, as soon as the database can be asked whether a person has paused them. */
  async #prepare(): Promise<void> {
    const { table, journal } = this.#options;
    this.#isPaused = await isPaused(await journal.db());
    const { signal } = this.#closing;
    this.#kinds = syncedKinds(table).map(
      (kind) =>
        new KindSync({
          ...this.#options,
          kind,
          source: () => this.#sources?.find((source) => source.kind === kind.kind),
          // Half of the time is left to requests.
          pace: (took) => pause(Math.min(took, 500), undefined, { signal, ref: false }),
          signal,
        }),
    );
  }

  /** @returns how long to wait for the next round, in milliseconds */
  async #rounds(): Promise<number> {
    if (performance.now() < this.#begins) return longest;
    if (this.isEnded) {
      await this.#closeSources();
      return longest;
    }
    if (!(await this.#openSources())) return shortest;
    let wait = longest;
    for (const kind of this.#kinds) if (!kind.isEnded) wait = Math.min(wait, await this.#round(kind));
    return wait;
  }

  async #openSources(): Promise<boolean> {
    try {
      this.#sources ??= await this.#options.sources();
      return true;
    } catch (error) {
      for (const { kind } of this.#kinds) this.#note(kind, error);
      return false;
    }
  }

  async #closeSources(): Promise<void> {
    const sources = this.#sources ?? [];
    this.#sources = undefined;
    await Promise.all(sources.map((source) => source.close()));
  }

  async #round(kind: KindSync): Promise<number> {
    const before = this.#pauses.get(kind.kind) ?? 0;
    const known = kind.progress().known;
    let next = Math.min(Math.max(2 * before, shortest), longest);
    try {
      const round = await kind.round();
      this.#reasons.delete(kind.kind);
      if (round === 'left') this.#isLeft.add(kind.kind);
      else this.#isLeft.delete(kind.kind);
      if (round === 'ended') next = 0;
      else if (round === 'again' && (kind.progress().known > known || before === 0)) next = shortest;
    } catch (error) {
      if (this.#closing.signal.aborted) return 0;
      if (!isAway(error)) this.#note(kind.kind, error);
    }
    this.#pauses.set(kind.kind, next);
    return next;
  }

  /** Once for each reason. */
  #note(kind: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#reasons.get(kind) !== reason)
      this.#options.log.warn({ err: error, kind }, 'the first sync cannot go on; it tries again');
    this.#reasons.set(kind, reason);
  }

  /** Of a kind that legacy is no longer given, the new backend has everything, as a person has decided. */
  async #endCompleted(): Promise<void> {
    const { isComplete } = this.#options;
    for (const kind of this.#kinds)
      if (!kind.isEnded && kind.isCompleted(isComplete)) await kind.assume('its routes are complete');
  }
}
