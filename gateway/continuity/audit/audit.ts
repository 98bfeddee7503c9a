/**
 * Finds what was written directly on legacy, behind the gateway's back. The lists of each kind are looked at every few seconds; besides,
 * one entity after the other is compared by its own reads, the one that was compared longest ago first.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isAway } from '@banyan/operations/db/away.ts';
import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { listReads, shownKinds } from '../comparison/shows.ts';
import { keyOf, kindOf, kindsOf } from '../protocol/keys.ts';
import { type ActGround, adopt, adoptAsDecided, keepAsDecided, pinConflict } from './act.ts';
import { type Judgement, type JudgeOptions, judge, type Suspected } from './judge.ts';
import { ListAudit, type Suspect } from './list-audit.ts';
import { Oldest } from './oldest.ts';
import { type AuditState, nothingFound } from './state.ts';

export interface AuditOptions extends JudgeOptions, ActGround {
  table: RouteTable;
  /** Whether legacy is no longer given what is written by a route: then legacy differs, and nothing of those kinds is looked for. */
  isComplete?: ((route: RouteKey) => boolean) | undefined;
  /** From one look at the lists to the next, in milliseconds; 0: never. */
  every?: number | undefined;
  /** How many entities are compared in a minute; 0: none. */
  perMinute?: number | undefined;
  /** How many times as long as a look took the next one waits at least, so that the backends have time for requests; 4 unless told. */
  pace?: number | undefined;
  /** Resolves once the first look can be right: not while a comparison after a restart of legacy goes on. */
  ready?: (() => Promise<void>) | undefined;
  /** While this holds, nothing is looked at: as while it is found out what a restart made legacy forget. */
  isSuspended?: (() => boolean) | undefined;
}

/** Where more than so many entities, and such a share of all, are gone at once, a person has to look at legacy first. */
const mostGone = { count: 5, share: 0.1 };
/** A suspect is looked at again after so long, in milliseconds. */
const confirmAfter = 1000;

export class Audit {
  readonly #options: AuditOptions & { every: number; perMinute: number };
  readonly #lists: readonly ListAudit[];
  readonly #oldest = new Oldest();
  readonly #closing = new AbortController();
  readonly #state: AuditState = { ...nothingFound };
  /** Keys that the sampled audit found different, with the number of looks at lists until then. */
  readonly #doubted = new Map<string, number>();
  #running: Promise<unknown> | undefined;
  /** Resolves once the first look at the lists is over, or this closes. */
  readonly #firstLook = Promise.withResolvers<void>();

  constructor(options: AuditOptions) {
    this.#options = { ...options, every: options.every ?? 4000, perMinute: options.perMinute ?? 120 };
    const { comparing, journal, table } = options;
    this.#lists = shownKinds(table)
      .filter((kind) => listReads(table, kind).length > 0)
      .map((kind) => new ListAudit(kind, { ...comparing, journal }));
  }

  start(): void {
    const { every, perMinute } = this.#options;
    const lists = every > 0 ? this.#followLists() : this.#firstLook.resolve();
    const entities =
      perMinute > 0
        ? this.#loop(every, async () => {
            await this.#compareOldest();
            return 60_000 / perMinute;
          })
        : undefined;
    this.#running ??= Promise.all([lists, entities]);
  }

  /**
   * Resolves once the first look at legacy's lists is over, or after so many milliseconds. It finds what was written on legacy while no
   * gateway ran, or one without a journal.
   */
  async lookedWithin(milliseconds: number): Promise<void> {
    const { signal } = this.#closing;
    const late = pause(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
    await Promise.race([this.#firstLook.promise, late]);
  }

  get state(): AuditState {
    const { perMinute } = this.#options;
    return { ...this.#state, coversIn: perMinute > 0 ? this.#oldest.size / perMinute : 0 };
  }

  /** Something says that these keys may have been written to: they are looked at first. */
  suspect(keys: readonly string[]): void {
    for (const list of this.#lists) {
      const those = keys.filter((key) => kindOf(key) === list.kind);
      if (those.length > 0) list.forget();
      for (const key of those) this.#oldest.first(key);
    }
  }

  /** @throws BanyanError `conflict_none`, `conflict_busy`, `conflict_behind` */
  async decide(key: string, decision: 'adopt' | 'keep', why: string): Promise<void> {
    await (decision === 'adopt' ? adoptAsDecided : keepAsDecided)(key, why, this.#options);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#firstLook.resolve();
    await this.#running;
    for (const list of this.#lists) list.close();
  }

  async #followLists(): Promise<void> {
    const look = () => this.#lookAtAll();
    await Promise.race([this.#options.ready?.(), this.#firstLook.promise]);
    let wait = await this.#attempt(look);
    // Nothing is under way at a start, so what the first look has shown is confirmed at once.
    if (this.#isWaiting) wait = await this.#attempt(look);
    this.#firstLook.resolve();
    await this.#loop(wait, look);
  }

  /** @param work returns how long to wait before it is done again, in milliseconds */
  async #loop(first: number, work: () => Promise<number>): Promise<void> {
    const { signal } = this.#closing;
    for (let wait = first; !signal.aborted; ) {
      await pause(wait, undefined, { signal, ref: false }).catch(() => undefined);
      wait = await this.#attempt(work);
    }
  }

  /** @returns how long to wait for the next attempt, in milliseconds */
  async #attempt(work: () => Promise<number>): Promise<number> {
    const { signal } = this.#closing;
    const { every, isSuspended } = this.#options;
    if (signal.aborted || isSuspended?.()) return every;
    try {
      return await work();
    } catch (error) {
      if (!signal.aborted && !isAway(error)) this.#note(error);
      return Math.max(every, confirmAfter);
    }
  }

  get #isWaiting(): boolean {
    return this.#lists.some((list) => list.isWaiting);
  }

  /** One look at every list, now. @returns how long to wait for the next one, in milliseconds */
  async #lookAtAll(): Promise<number> {
    const began = performance.now();
    for (const list of this.#lists) if (!this.#isOver(list.kind)) await this.#lookAt(list);
    this.#state.looks += 1;
    this.#state.fault = null;
    const { every, pace = 4 } = this.#options;
    const took = performance.now() - began;
    return Math.max(this.#isWaiting ? Math.min(every, confirmAfter) : every, pace * took);
  }

  async #lookAt(list: ListAudit): Promise<void> {
    const suspects = await list.look();
    this.#oldest.keep(list.kind, list.ids);
    for (const suspect of this.#credible(suspects, list)) {
      if (this.#closing.signal.aborted) return;
      const isDisturbed = () => list.isDisturbed(suspect.key);
      const verdict = await this.#settle(suspect, { isDisturbed });
      if (verdict === 'explained') list.explain(suspect);
    }
  }

  /** A legacy that lost its data is not taken for one on which everything was deleted. */
  #credible(suspects: readonly Suspect[], list: ListAudit): readonly Suspect[] {
    const gone = suspects.filter(({ finding }) => finding === 'gone').length;
    const isTooMany = gone > mostGone.count && gone > mostGone.share * list.ids.length;
    const withheld = isTooMany ? gone : 0;
    if (withheld > 0 && this.#state.withheld === 0)
      this.#options.log.error(
        { kind: list.kind, gone, of: list.ids.length },
        'legacy no longer lists much of what it had: nothing is deleted on the new backend for that',
      );
    if (suspects.length > 0) this.#state.withheld = withheld;
    return isTooMany ? suspects.filter(({ finding }) => finding !== 'gone') : suspects;
  }

  async #compareOldest(): Promise<void> {
    const next = this.#oldest.next();
    const list = next && this.#lists.find(({ kind }) => kind === next.kind);
    if (!next || !list || this.#isOver(next.kind)) return;
    const key = keyOf(next.kind, next.id);
    const { journal, comparing } = this.#options;
    // What legacy calls a new entity was in its list before the gateway knew that name.
    const isPublic = comparing.sides.names.ids.publicOf(next.kind, next.id) === next.id;
    if (!isPublic || !journal.knowledge.isKnown(key)) return void this.#doubted.delete(key);
    const suspect = {
      ...next,
      key,
      finding: 'sampled',
      wasEqual: list.wasEqual(key),
      shown: new Map(),
      differences: [],
    } as const;
    const first = this.#doubted.get(key);
    const isForLists = () => this.#isForLists(list, key, first);
    const verdict = await this.#settle(suspect, { isForLists });
    this.#state.compared += 1;
    if (verdict !== 'left to lists') this.#doubted.delete(key);
    else {
      if (first === undefined) this.#doubted.set(key, this.#state.looks);
      this.#oldest.first(key);
    }
  }

  /** What lists show too is left to the list audit, which can tell a deletion from turns that are missing. */
  #isForLists(list: ListAudit, key: string, first: number | undefined): boolean {
    if (this.#options.every === 0) return false;
    return first === undefined || this.#state.looks < first + 3 || list.isSeen(key);
  }

  #isOver(kind: string): boolean {
    const { table, isComplete = () => false } = this.#options;
    return table.routes.some(
      (route) => route.access === 'write' && kindsOf(route).includes(kind) && isComplete(route.key),
    );
  }

  async #settle(
    suspect: Suspected,
    { isDisturbed = () => false, isForLists = () => false }: Partial<Record<string, () => boolean>>,
  ): Promise<Judgement['verdict'] | 'left to lists'> {
    const { journal } = this.#options;
    const { key, finding } = suspect;
    const watch = journal.lag.watch({ keys: [key], every: [] });
    if (!watch) return 'later';
    try {
      if (isDisturbed()) return 'later';
      const judgement = await judge(suspect, this.#options);
      if (watch.isDisturbed || this.#closing.signal.aborted) return 'later';
      const isFound = judgement.verdict === 'adopt' || judgement.verdict === 'conflict';
      if (isFound && isForLists()) return 'left to lists';
      if (judgement.verdict === 'adopt' && (await adopt(key, judgement, this.#options))) {
        this.#state.adopted += 1;
        if (finding === 'foreign') this.#state.foreign += 1;
      }
      if (judgement.verdict === 'conflict' && (await pinConflict(judgement, this.#options)))
        this.#state.conflicts += 1;
      return judgement.verdict;
    } finally {
      watch.end();
    }
  }

  /** Once for each reason. */
  #note(error: unknown): void {
    const fault = error instanceof Error ? error.message : String(error);
    if (this.#state.fault !== fault)
      this.#options.log.warn({ err: error }, 'what was written directly on legacy cannot be looked for now');
    this.#state.fault = fault;
  }
}
