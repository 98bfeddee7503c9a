/**
 * Replays what one side has and the other does not: in order for each key, several keys at once, off every client's path.
 * What cannot be replayed pins its keys, and nobody else's.
 */
import type { BackendName } from '../../../contract/route-table.ts';
import { isAway } from '../../../services/db/away.ts';
import { outsideOfSpans } from '../../../tracing/spans.ts';
import type { Logger } from '../../log.ts';
import { pass } from '../failpoints.ts';
import type { IdPair } from '../ids/registry.ts';
import { loadEntry } from '../journal/entries.ts';
import { fenced } from '../journal/fenced.ts';
import type { Journal } from '../journal/journal.ts';
import { Marks } from '../journal/marks.ts';
import {
  type IsShared,
  markFailed,
  markRetried,
  markSkipped,
  type OwedEntry,
  owedEntries,
} from '../journal/mirrored.ts';
import { otherSide } from '../modes.ts';
import { TimeMemory } from '../times/memory.ts';
import { Ahead } from './ahead.ts';
import { countAsDone, countAsNotSent } from './decided.ts';
import { HeldKeys, sharedKeys } from './held-keys.ts';
import { LateEntries } from './late.ts';
import { isFirst } from './overlaps.ts';
import { Overtaken, ReplayRefused } from './refused.ts';
import { mayHaveArrived, type Replayed, type ReplayOptions, replay } from './replay.ts';
import { timesOf } from './replayed-times.ts';
import { Tails } from './tails.ts';
import type { TakeOver } from './take-over.ts';

export interface MirrorOptions extends Omit<ReplayOptions, 'idle' | 'marks'> {
  journal: Journal;
  log: Logger;
  /** Replays at once. */
  concurrency?: Partial<Record<BackendName, number>>;
  /** The first wait after a failure; each next one is twice as long, up to 30 s. In milliseconds. */
  backOff?: number;
  /** Makes the new backend show an entity as legacy does; undefined where the application does not have it. */
  takeOver?: TakeOver | undefined;
}

/** After so many errors of the backend's own, a person has to look. */
const attempts = 6;
const longestBackOff = 30_000;
const windowSize = 256;

export class Mirror {
  readonly #options: MirrorOptions;
  readonly #running = new Map<string, OwedEntry>();
  /** Those of them that are not replayed yet, but held against others. */
  readonly #ordering = new Set<string>();
  /** `until` by the clock that nobody sets. */
  readonly #failed = new Map<string, { times: number; until: number }>();
  readonly #idle = new Set<string>();
  readonly #closing = new AbortController();
  /** Overlapping entries that stand in their order. */
  readonly #ordered = new Set<string>();
  readonly #tails = new Tails();
  readonly #marks: Marks;
  readonly #ahead: Ahead;
  readonly #isShared: IsShared;
  readonly #late: LateEntries;
  #window: OwedEntry[] = [];
  /** Whether there may be more than the window has. */
  #isStale = true;
  /** How often what had been read was put away, as the order may be another one. */
  #putAway = 0;
  #isToPump = false;
  #pumping: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = 0;
  /** The journal is not read again before this. */
  #restUntil = 0;
  #isIdle = Promise.withResolvers<void>();

  constructor(options: MirrorOptions) {
    this.#options = options;
    const { journal, sides, log } = options;
    const db = () => journal.db();
    this.#marks = new Marks(db, journal.fence);
    this.#isShared = sharedKeys(sides);
    const { rules, takeOver, onDivergence } = options;
    this.#late = new LateEntries({
      journal,
      log,
      sides,
      rules,
      takeOver,
      onDivergence,
      hold: (entry) => this.#hold(entry),
      again: (milliseconds) => this.#again(milliseconds),
    });
    this.#ahead = new Ahead({ db, marks: this.#marks, sides, log, idle: this.#idle });
  }

  /** Something is owed that was not before. */
  kick(): void {
    this.#isStale = true;
    // It looks at what others owe too.
    outsideOfSpans(() => this.#pump());
  }

  /** Resolves when nothing is left that can be replayed now. */
  idle(): Promise<void> {
    return this.#isIdle.promise;
  }

  /** Tries an entry again that had been given up. @returns whether it had */
  async retry(id: string): Promise<boolean> {
    const { journal } = this.#options;
    const isRetried = await fenced(await journal.db(), journal.fence, (tx) => markRetried(tx, id));
    if (!isRetried) return false;
    this.#failed.delete(id);
    journal.lag.pinned(id, false);
    this.kick();
    return true;
  }

  /** The other side is never given it. @returns whether it was still owed */
  async skip(id: string, reason: string): Promise<boolean> {
    const { journal, log } = this.#options;
    const decided = this.#ahead.decide(id);
    const isSkipped = await fenced(await journal.db(), journal.fence, (tx) =>
      markSkipped(tx, id, reason),
    ).finally(decided);
    if (!isSkipped) return false;
    log.warn({ entry: id, reason }, 'a write is never given to the other side');
    this.#failed.delete(id);
    this.#idle.delete(id);
    this.#tails.clear();
    await this.#rememberTimes(id).catch((error: unknown) =>
      log.warn({ err: error, entry: id }, 'the times that were left to a skipped write are not known'),
    );
    journal.lag.gone(id);
    this.kick();
    return true;
  }

  /**
   * A person says whether the other side has done what is stuck. @param ids what legacy calls what it has made
   * @returns whether it was stuck
   */
  async decide(
    id: string,
    decision: { done: true; ids: readonly IdPair[] } | { done: false },
  ): Promise<boolean> {
    const { journal, log } = this.#options;
    const isDecided = decision.done
      ? await countAsDone(id, decision.ids, { ...this.#options, marks: this.#marks })
      : await countAsNotSent(id, journal);
    if (!isDecided) return false;
    log.warn(
      { entry: id, done: decision.done },
      'a person has decided whether the other side has done a write',
    );
    this.#failed.delete(id);
    this.#tails.clear();
    if (decision.done) {
      this.#idle.delete(id);
      journal.lag.gone(id);
    } else journal.lag.pinned(id, false);
    this.kick();
    return true;
  }

  /** An earlier write may have left its times to this one. */
  async #rememberTimes(id: string): Promise<void> {
    const { journal, sides, times } = this.#options;
    const db = await journal.db();
    const entry = await loadEntry(db, id);
    if (!entry) return;
    const side = otherSide[entry.side];
    const isFollowed = (keys: readonly string[]) => journal.lag.isFollowed(id, keys);
    const route = sides.routeOf(entry.route);
    for (const [key, pairs] of await timesOf(side, undefined, { entry, route, times, isFollowed })) {
      await TimeMemory.store(db, side, key, pairs);
      sides.names.times[side].replace(key, pairs);
    }
  }

  /** What is under way comes to its end, or is broken off and found again at the next start. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await this.#pumping;
    while (this.#running.size > 0) await this.#options.journal.lag.change(50);
  }

  /** Begins what can be begun now; what comes to its end meanwhile is looked at once more. */
  #pump(): void {
    if (this.#closing.signal.aborted) return;
    this.#isToPump = true;
    this.#pumping ??= this.#pumpAll();
  }

  async #pumpAll(): Promise<void> {
    while (this.#isToPump && !this.#closing.signal.aborted) {
      this.#isToPump = false;
      try {
        await this.#fill();
        if (this.#isToRead) this.#isToPump = true;
        else if (this.#isStale && this.#restUntil > performance.now())
          this.#again(this.#restUntil - performance.now());
      } catch (error) {
        if (!isAway(error)) this.#options.log.error({ err: error }, 'the mirror could not read the journal');
        this.#isStale = false;
        this.#again(1000);
      }
    }
    // In the same turn as the last look, so that nobody relies on one that is over.
    this.#pumping = undefined;
  }

  get #isToRead(): boolean {
    return this.#isStale && this.#window.length < windowSize / 2 && performance.now() >= this.#restUntil;
  }

  async #fill(): Promise<void> {
    if (this.#isToRead) {
      this.#isStale = false;
      const began = performance.now();
      const before = this.#putAway;
      const db = await this.#options.journal.db();
      const { entries, hasMore, isLong } = await owedEntries(db, windowSize, this.#isShared);
      // A backlog of thousands that wait is not walked again for each write: two thirds of the time are for everything else.
      if (isLong) this.#restUntil = 3 * performance.now() - 2 * began;
      if (this.#putAway !== before) return;
      this.#window = entries.filter(({ id }) => !this.#running.has(id) || this.#ordering.has(id));
      if (hasMore) this.#isStale = true;
    }
    this.#startWhatCan();
    this.#late.begin();
    void this.#ahead.read(() => this.#window);
    const isDone = this.#window.length === 0 && this.#running.size === 0 && !this.#isStale;
    if (isDone) {
      this.#isIdle.resolve();
      this.#isIdle = Promise.withResolvers<void>();
    }
  }

  #startWhatCan(): void {
    const { concurrency = {}, journal } = this.#options;
    const free = { legacy: concurrency.legacy ?? 8, new: concurrency.new ?? 8 };
    const held = new HeldKeys(this.#isShared);
    /** By others that wait. */
    const wanted = new HeldKeys(this.#isShared);
    for (const entry of this.#running.values()) {
      free[otherSide[entry.side]] -= 1;
      held.add(entry);
    }
    const now = performance.now();
    let wake = Number.POSITIVE_INFINITY;
    for (const entry of [...this.#window]) {
      const until = this.#failed.get(entry.id)?.until ?? 0;
      const target = otherSide[entry.side];
      if (!held.has(entry) && until <= now && free[target] > 0) {
        if (this.#isInOrder(entry)) {
          free[target] -= 1;
          this.#start(entry);
          held.add(entry);
          continue;
        }
        if (!journal.lag.isOverlapping(entry.id)) this.#order(entry);
      } else if (until > now) wake = Math.min(wake, until);
      else if (!wanted.has(entry)) this.#prepare(entry);
      wanted.add(entry);
      held.add(entry);
    }
    if (wake < Number.POSITIVE_INFINITY) this.#again(wake - now);
  }

  /** What is next when those that run come to their end. */
  #prepare(entry: OwedEntry): void {
    if (this.#isInOrder(entry)) this.#ahead.mark(entry);
    else if (!this.#ordering.has(entry.id) && !this.#options.journal.lag.isOverlapping(entry.id))
      this.#order(entry);
  }

  /** What overlapped with others has to be held against them first, once they have come to their end too. */
  #isInOrder(entry: OwedEntry): boolean {
    const isAnyOrder = entry.keys.some((key) => this.#isShared(entry, key));
    return !entry.overlapped || isAnyOrder || this.#ordered.has(entry.id);
  }

  #order(first: OwedEntry): void {
    const { journal, sides, log } = this.#options;
    const others = this.#window.filter(
      (other) => other !== first && other.overlapped && journal.lag.overlapped(first.id, other.id),
    );
    this.#running.set(first.id, first);
    this.#ordering.add(first.id);
    const ordering = async () => {
      const load = (ids: readonly string[]) => this.#ahead.load(ids);
      if (await isFirst([first, ...others], { load, db: () => journal.db(), sides }))
        this.#ordered.add(first.id);
      else this.#readAgain();
    };
    void ordering()
      .catch((error: unknown) => {
        log.warn({ err: error }, 'the order of overlapping writes could not be read yet');
        this.#failed.set(first.id, { times: 1, until: performance.now() + 500 });
      })
      .finally(() => {
        this.#running.delete(first.id);
        this.#ordering.delete(first.id);
        this.#pump();
      });
  }

  /** Looks again after so many milliseconds, or earlier. */
  #again(milliseconds: number): void {
    const at = performance.now() + milliseconds;
    if (this.#timer && this.#wakesAt <= at) return;
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.kick();
    }, milliseconds);
  }

  #start(entry: OwedEntry): void {
    this.#running.set(entry.id, entry);
    this.#window.splice(this.#window.indexOf(entry), 1);
    void this.#run(entry).finally(() => {
      this.#running.delete(entry.id);
      this.#pump();
    });
  }

  async #run({ id, side: servedBy }: OwedEntry): Promise<void> {
    const { journal, log } = this.#options;
    try {
      const db = await journal.db();
      const { entry: read, marked } = this.#ahead.take(id);
      const entry = read ?? (await loadEntry(db, id));
      // What was read before it was pinned has those that come after it too.
      if (entry?.pinned) return this.#readAgain();
      let replayed: Replayed = 'applied';
      if (entry?.mirror === 'owed' || entry?.mirror === 'sending')
        replayed = await replay(
          db,
          entry,
          {
            ...{ ...this.#options, lag: journal.lag, marks: this.#marks, idle: this.#idle },
            ...{ marked, tails: this.#tails },
            onTaken: () => this.#releaseLists(id),
            isRepeated: this.#failed.has(id) || journal.lag.isFromBefore(id),
          },
          this.#closing.signal,
        );
      this.#failed.delete(id);
      this.#ordered.delete(id);
      this.#idle.delete(id);
      if (replayed === 'applied') return journal.lag.gone(id);
      journal.lag.overtaken(id, 'taken');
      this.#readAgain();
    } catch (error) {
      if (!(error instanceof Overtaken))
        await this.#fail(id, otherSide[servedBy], error).catch((fault: unknown) =>
          log.error({ err: fault }, 'a failed replay could not be written down'),
        );
      // What was read before that was written down has those that come after it too.
      this.#readAgain();
    }
  }

  /** No replay begins of what has one of the entry's keys. @returns what ends that; undefined where the entry runs already */
  #hold(entry: Pick<OwedEntry, 'id' | 'side' | 'keys'>): (() => void) | undefined {
    if (this.#running.has(entry.id)) return undefined;
    this.#running.set(entry.id, { ...entry, route: '', place: '', overlapped: false });
    return () => {
      this.#running.delete(entry.id);
      this.#pump();
    };
  }

  /** The list is as it is to be; what is still to be written down of the entry is nothing to others that touch the list. */
  #releaseLists(id: string): void {
    const entry = this.#running.get(id);
    if (!entry) return;
    this.#running.set(id, { ...entry, keys: entry.keys.filter((key) => !key.startsWith('list:')) });
    this.#pump();
  }

  /** What comes after an entry that is not done must not overtake it. */
  #readAgain(): void {
    this.#window = [];
    this.#ahead.clear();
    this.#isStale = true;
    this.#putAway += 1;
  }

  async #fail(id: string, side: BackendName, error: unknown): Promise<void> {
    const { journal, log, backOff = 100 } = this.#options;
    const times = (this.#failed.get(id)?.times ?? 0) + 1;
    const wait = Math.min(longestBackOff, backOff * 2 ** (times - 1));
    this.#failed.set(id, { times, until: performance.now() + wait });
    if (this.#closing.signal.aborted || isAway(error) || journal.isClaimLost(error)) return;
    const fault = error instanceof Error ? error.message : String(error);
    const pinned = error instanceof ReplayRefused && (error.isFinal || times >= attempts);
    log.warn({ entry: id, side, fault, times, pinned }, 'a write could not be given to the other side');
    await pass('failing', id);
    const failure = { id, fault, pinned, mayHaveIt: mayHaveArrived(error, side) };
    await fenced(await journal.db(), journal.fence, (tx) => markFailed(tx, failure));
    if (!pinned) return;
    journal.lag.pinned(id, true);
    if (error.isAlarmed) return;
    const entry = await loadEntry(await journal.db(), id);
    if (entry) this.#options.onDivergence?.(entry.route);
  }
}
