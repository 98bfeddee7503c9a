/**
 * Replays what one side has and the other does not: in order for each key, several keys at once, off every client's path.
 * What cannot be replayed pins its keys, and nobody else's.
 */

import { isAway } from '@banyan/operations/db/away.ts';
import { outsideOfSpans } from '@banyan/operations/tracing/spans.ts';
import type { BackendName } from '@banyan/route-table/route-table.ts';
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
import { otherSide } from '../protocol/roles.ts';
import { TimeMemory } from '../times/memory.ts';
import { entityKeys } from '../times/shown-times.ts';
import { Ahead } from './ahead.ts';
import { countAsDone, countAsNotSent } from './decided.ts';
import { HeldKeys, noReplay, sharedKeys } from './held-keys.ts';
import { LateEntries } from './late.ts';
import { isNextToEnd } from './order-of-ends.ts';
import { isFirst } from './overlaps.ts';
import { Places } from './places.ts';
import { Overtaken, ReplayRefused } from './refused.ts';
import { takesAway } from './removals.ts';
import { mayHaveArrived, type Replayed, type ReplayOptions, replay } from './replay.ts';
import { timesOf } from './replayed-times.ts';
import { Tails } from './tails.ts';
import type { TakeOver } from './take-over.ts';
import { Waits } from './waits.ts';
import { beginsWork } from './work.ts';

export interface MirrorOptions extends Omit<ReplayOptions, 'idle' | 'marks' | 'waits'> {
  journal: Journal;
  log: Logger;
  /** Replays at once; and as many whose work still goes on. */
  concurrency?: Partial<Record<BackendName, number>>;
  /** The first wait after a failure; each next one is twice as long, up to 30 s. In milliseconds. */
  backOff?: number;
  /** Makes the new backend show an entity as legacy does; undefined where the application does not have it. */
  takeOver?: TakeOver | undefined;
  /** Entries that are read from the journal at once, apart from those that stand behind one that waits. */
  readAhead?: number;
}

/** After so many errors of the backend's own, a person has to look. */
const attempts = 6;
const longestBackOff = 30_000;
/** Entries that are kept in memory, however many stand behind others. */
const largestWindow = 8192;

export class Mirror {
  readonly #options: MirrorOptions;
  readonly #running = new Map<string, OwedEntry>();
  /** Those of them that are not replayed yet, but held against others. */
  readonly #ordering = new Set<string>();
  /** `until` by the clock that nobody sets. */
  readonly #failed = new Map<string, { times: number; until: number }>();
  readonly #idle = new Set<string>();
  readonly #closing = new AbortController();
  /** Entries that stand in their order, of those that overlapped with others or have begun work. */
  readonly #ordered = new Set<string>();
  readonly waits = new Waits(() => this.#pump());
  readonly #tails = new Tails();
  readonly #marks: Marks;
  readonly #ahead: Ahead;
  readonly #isShared: IsShared;
  readonly #late: LateEntries;
  #window: OwedEntry[] = [];
  /** How many of the window stand behind an entry that waits. */
  #behindWaits = 0;
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
    return this.#isStale && this.#hasRoom && performance.now() >= this.#restUntil;
  }

  get #hasRoom(): boolean {
    return this.#window.length - this.#behindWaits < this.#readAhead / 2;
  }

  get #readAhead(): number {
    return this.#options.readAhead ?? 256;
  }

  async #fill(): Promise<void> {
    if (this.#isToRead) {
      this.#isStale = false;
      const began = performance.now();
      const before = this.#putAway;
      const size = Math.min(this.#readAhead + this.#behindWaits, largestWindow);
      const db = await this.#options.journal.db();
      const { entries, hasMore, isLong } = await owedEntries(db, size, this.#isShared);
      // A backlog of thousands that wait is not walked again for each write: two thirds of the time are for everything else.
      if (isLong) this.#restUntil = 3 * performance.now() - 2 * began;
      if (this.#putAway !== before) return;
      this.#window = entries.filter(({ id }) => !this.#running.has(id) || this.#ordering.has(id));
      if (hasMore && size < largestWindow) this.#isStale = true;
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
    const { journal, concurrency = {} } = this.#options;
    const beginsWork = (entry: OwedEntry) => this.#beginsWork(entry);
    const places = new Places(this.#running.values(), { concurrency, waits: this.waits, beginsWork });
    const held = new HeldKeys(this.#isShared);
    /** By others that wait. */
    const wanted = new HeldKeys(this.#isShared);
    /** By entries that wait for work, and by what stands behind those. */
    const stalled = new HeldKeys(this.#isShared);
    this.#behindWaits = 0;
    for (const entry of this.#running.values()) {
      const wait = this.waits.get(entry.id);
      held.add(entry, wait?.isTaken);
      if (wait) stalled.add(entry, wait.isTaken);
    }
    const gone = this.#takenAway();
    const now = performance.now();
    let wake = Number.POSITIVE_INFINITY;
    for (const entry of [...this.#window]) {
      const until = this.#failed.get(entry.id)?.until ?? 0;
      const mayPass = gone.removals.has(entry.id) || this.#beginsWorkIn(entry, gone.keys);
      if (!held.has(entry, mayPass) && until <= now && places.hasFor(entry, mayPass)) {
        if (this.#isInOrder(entry)) {
          places.take(entry);
          this.#start(entry);
          held.add(entry);
          continue;
        }
        if (!journal.lag.isOverlapping(entry.id)) this.#order(entry);
      } else if (until > now) wake = Math.min(wake, until);
      else if (!wanted.has(entry, mayPass)) this.#prepare(entry);
      if (stalled.has(entry, mayPass)) {
        this.#behindWaits += 1;
        stalled.add(entry);
      }
      wanted.add(entry);
      held.add(entry);
    }
    if (wake < Number.POSITIVE_INFINITY) this.#again(wake - now);
  }

  #beginsWork({ route }: OwedEntry): boolean {
    const { sides } = this.#options;
    if (route === noReplay) return false;
    return beginsWork(sides.routeOf(route), sides.table);
  }

  /** What takes a whole entity away, of what is to be replayed, and the keys of those entities. */
  #takenAway(): { removals: Set<string>; keys: Set<string> } {
    const removals = this.#window.filter(
      ({ route }) => takesAway(this.#options.sides.routeOf(route)) === 'whole',
    );
    return {
      removals: new Set(removals.map(({ id }) => id)),
      keys: new Set(removals.flatMap(({ keys }) => entityKeys(keys))),
    };
  }

  /**
   * Whether an entry begins work in an entity that is taken away afterwards. Neither the removal of an entity nor what is begun in
   * it before that waits for work in it: others may wait for the removal, as that changes a list.
   */
  #beginsWorkIn(entry: OwedEntry, keys: ReadonlySet<string>): boolean {
    return keys.size > 0 && this.#beginsWork(entry) && entry.keys.some((key) => keys.has(key));
  }

  /** What is next when those that run come to their end. */
  #prepare(entry: OwedEntry): void {
    if (this.#isInOrder(entry)) this.#ahead.mark(entry);
    else if (!this.#ordering.has(entry.id) && !this.#options.journal.lag.isOverlapping(entry.id))
      this.#order(entry);
  }

  /** An entry that overlapped with others, or has begun work, is held against others first. */
  #isInOrder(entry: OwedEntry): boolean {
    if (this.#ordered.has(entry.id)) return true;
    if (this.#beginsWork(entry)) return false;
    return !entry.overlapped || this.#isMadeInAnyOrder(entry);
  }

  /** The new backend is told all of what is made, so that what is made beside it makes no difference. */
  #isMadeInAnyOrder(entry: OwedEntry): boolean {
    const { probe } = this.#options.sides.routeOf(entry.route);
    return probe?.shows === 'element-added' && entry.keys.some((key) => this.#isShared(entry, key));
  }

  #order(first: OwedEntry): void {
    const { journal, sides, log } = this.#options;
    const others = this.#window.filter(
      (other) =>
        other !== first &&
        other.overlapped &&
        journal.lag.overlapped(first.id, other.id) &&
        this.#isOrderedWith(first, other),
    );
    this.#running.set(first.id, first);
    this.#ordering.add(first.id);
    const ordering = async () => {
      const load = (ids: readonly string[]) => this.#ahead.load(ids);
      const isNext =
        (await isFirst([first, ...others], { load, db: () => journal.db(), sides })) &&
        (await this.#isNextToEnd(first));
      if (isNext) this.#ordered.add(first.id);
      else this.#readAgain();
    };
    void ordering()
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return;
        log.warn({ err: error }, 'the order of overlapping writes could not be read yet');
        this.#failed.set(first.id, { times: 1, until: performance.now() + 500 });
      })
      .finally(() => {
        this.#running.delete(first.id);
        this.#ordering.delete(first.id);
        this.#pump();
      });
  }

  /** Whether two have a key that they may not have beside each other. */
  #isOrderedWith(one: OwedEntry, other: OwedEntry): boolean {
    return one.keys.some(
      (key) => other.keys.includes(key) && !(this.#isShared(one, key) && this.#isShared(other, key)),
    );
  }

  async #isNextToEnd(owed: OwedEntry): Promise<boolean> {
    if (!this.#beginsWork(owed)) return true;
    const { journal, sides, presumedAfter } = this.#options;
    const db = await journal.db();
    const entry = await loadEntry(db, owed.id);
    const options = { sides, waits: this.waits, presumedAfter };
    return !entry || isNextToEnd(db, entry, options, this.#closing.signal);
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
            ...this.#options,
            lag: journal.lag,
            marks: this.#marks,
            idle: this.#idle,
            marked,
            tails: this.#tails,
            waits: this.waits,
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
    this.#running.set(entry.id, { ...entry, route: noReplay, place: '', overlapped: false });
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
