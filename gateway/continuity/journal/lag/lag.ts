/**
 * The lag of each side: the set of entries that it has still to be given, by key. A highest number would not do, as sequence numbers
 * are not commit order. It is in memory and right for one gateway; PostgreSQL has the truth, and a start loads it from there.
 */
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { Knowledge } from '../../knowledge/knowledge.ts';
import { entityKeys, kindOf, type Touched } from '../../protocol/keys.ts';
import { BlockedKeys } from '../blocked.ts';
import { type Behind, behind, busyKeys, keysBehind } from './behind.ts';
import { type Open, OpenEntries, type Overtaken } from './open-entries.ts';
import { isOverlapping, overlap } from './overlaps.ts';
import { type Watch, Watches } from './watches.ts';

/** Above all seconds. */
const firstCount = 1e12;

export interface Loaded {
  id: string;
  side: BackendName;
  keys: readonly string[];
  state: 'owed' | 'left';
  isStuck: boolean;
  overtaken: Overtaken;
  /** In seconds by the database's clock. */
  admitted: number;
  settled: number;
}

export class Lag {
  readonly #entries = new OpenEntries();
  readonly #left = new Set<string>();
  readonly #watches = new Watches();
  readonly #knowledge: Knowledge;
  /** Kinds of background jobs. */
  #slow: ReadonlySet<string> = new Set();
  #clock = firstCount;
  /** Undefined: to be worked out again. */
  #blocked: BlockedKeys<Open> | undefined = noneBlocked();
  #waiting = Promise.withResolvers<void>();

  constructor(knowledge: Knowledge) {
    this.#knowledge = knowledge;
  }

  /** Entries with keys of these kinds stay owed until their background job has ended. */
  slowAre(kinds: ReadonlySet<string>): void {
    this.#slow = kinds;
  }

  /** @param at in seconds by the database's clock, of what an earlier process admitted */
  admitted(id: string, side: BackendName, keys: readonly string[], at?: number): void {
    // At a start, what was read as under way may have been settled when the rest is read.
    const before = this.#entries.get(id);
    if (before) this.#remove(id, before);
    const times = { admitted: at ?? ++this.#clock, settled: Number.POSITIVE_INFINITY };
    const entry: Open = {
      id,
      side,
      keys: new Set(),
      state: 'open',
      isStuck: false,
      isBlocked: false,
      overtaken: null,
      isFromBefore: false,
      ...times,
    };
    this.#entries.add(entry);
    this.#addKeys(entry, keys);
  }

  /** From a start: the other side is still to be given it. Of one key they were written down while it was locked, each after the other. */
  loaded({ id, side, keys, state, isStuck, overtaken, admitted, settled }: Loaded): void {
    this.admitted(id, side, keys, admitted);
    const entry = this.#entries.get(id);
    if (!entry) return;
    if (state === 'left') this.#leave(id, entry);
    else entry.state = isStuck ? 'pinned' : 'owed';
    Object.assign(entry, { isStuck, overtaken, settled, isFromBefore: true });
    this.#blocked = undefined;
  }

  settled(id: string, madeKeys: readonly string[], owed: boolean): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#addKeys(entry, madeKeys);
    entry.settled = ++this.#clock;
    if (owed) entry.state = 'owed';
    else this.#remove(id, entry);
    // Nothing comes after it yet, so it can only be blocked, not block.
    if (owed && this.#blocked) entry.isBlocked = this.#blocked.place(entry, false).size > 0;
    this.#changed();
  }

  /** The entry is stuck, or a person has had it tried again. */
  pinned(id: string, isPinned: boolean): void {
    const entry = this.#entries.get(id);
    if (entry) {
      entry.isStuck = isPinned;
      if (entry.state !== 'left') entry.state = isPinned ? 'pinned' : 'owed';
      this.#blocked = undefined;
    }
    this.#changed();
  }

  /** The side that was left behind was written to since (`waiting`), or has the entry by now (`taken`). */
  overtaken(id: string, overtaken: Overtaken): void {
    const entry = this.#entries.get(id);
    if (entry) Object.assign(entry, { overtaken });
    this.#blocked = undefined;
    this.#changed();
  }

  /** The other side serves without it from now on; it is still to be given it. */
  left(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) this.#leave(id, entry);
    this.#changed();
  }

  /**
   * Legacy serves reads of these kinds without what it lacks, although that cannot be written down: only this process knows it, and
   * keys and writes stay where they are.
   */
  leftForReads(kinds: ReadonlySet<string>): void {
    for (const entry of this.#entries.all())
      if (entry.side === 'new' && (entry.state === 'owed' || entry.state === 'pinned'))
        if ([...entry.keys].some((key) => kinds.has(kindOf(key)))) this.#leave(entry.id, entry);
    this.#changed();
  }

  #leave(id: string, entry: Open): void {
    entry.state = 'left';
    this.#left.add(id);
  }

  /** Whether it was left behind, and the other side was written to since. */
  isOvertaken(id: string): boolean {
    return this.#entries.get(id)?.overtaken === 'waiting';
  }

  /** Whether writes to these keys that a side served are under way, or still to be given to the other side. */
  isWrittenTo(side: BackendName, keys: readonly string[]): boolean {
    return keys.some((key) => [...this.#entries.on(key)].some((entry) => entry.side === side));
  }

  /** What the other side has late, and no other write to the same entities is under way or to be given to a side: with their keys. */
  takenAndQuiet(): { id: string; keys: string[] }[] {
    return [...this.#left].flatMap((id) => {
      const entry = this.#entries.get(id);
      if (entry?.overtaken !== 'taken' || entry.isStuck) return [];
      const keys = entityKeys([...entry.keys]);
      const others = keys.flatMap((key) => [...this.#entries.on(key)]);
      return others.every(({ overtaken }) => overtaken === 'taken') ? [{ id, keys }] : [];
    });
  }

  /** What was left behind of these keys. */
  leftOf(keys: readonly string[]): string[] {
    return [...this.#left].filter((id) => keys.some((key) => this.#entries.get(id)?.keys.has(key)));
  }

  /** It stays open until a person has decided, so what touches nothing but the same list does not wait for it. */
  stalled(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry || entry.isStalled) return;
    entry.isStalled = true;
    this.#changed();
  }

  /** Void, applied or skipped. */
  gone(id: string): void {
    const entry = this.#entries.get(id);
    if (entry) this.#remove(id, entry);
    this.#changed();
  }

  /** More is known of the new backend than before: reads that wait may look again. */
  knows(): void {
    this.#changed();
  }

  /** What keeps `side` from being current for what a request touches. */
  behind(side: BackendName, touched: Touched): Behind {
    this.#findBlocked();
    const isUnknown = this.#knowledge.lacks(side, touched);
    return { ...behind(side, touched, this.#entries, this.#slow), unknown: isUnknown };
  }

  /** The entities of a kind of which a side still lacks something that is settled. */
  keysBehind(side: BackendName, kind: string): Set<string> {
    const behind = keysBehind(side, kind, this.#entries);
    if (side === 'legacy') for (const key of this.#knowledge.lostByLegacy(kind)) behind.add(key);
    return behind;
  }

  /** The keys of a kind, its list among them, that a write touches which is not on both sides yet, or was left behind. */
  busyKeys(kind: string): Set<string> {
    return busyKeys(kind, this.#entries);
  }

  /**
   * Watches what a request touches while nothing is under way, owed or stuck on it.
   * @returns undefined where something is
   */
  watch(touched: Touched): Watch | undefined {
    for (const side of ['legacy', 'new'] as const) {
      const { open, owed, pinned } = this.behind(side, touched);
      if (open || owed || pinned) return undefined;
    }
    return this.follow(touched);
  }

  /**
   * Watches a list of which rows may be left out: those of entities that are being written, or not on both sides yet.
   * @returns undefined where something is under way, owed or stuck that every row may depend on
   */
  watchRows(touched: Touched): (Watch & { isMoving(key: string): boolean }) | undefined {
    const list = { keys: touched.keys, every: [] };
    for (const side of ['legacy', 'new'] as const) {
      const { open, owed, pinned } = this.behind(side, list);
      if (open || owed || pinned) return undefined;
    }
    const watch = this.follow(touched);
    const moving = new Set([...this.#entries.all()].flatMap(({ keys }) => [...keys]));
    return {
      get isDisturbed() {
        return touched.keys.some((key) => watch.disturbed.has(key));
      },
      disturbed: watch.disturbed,
      isMoving: (key) => moving.has(key) || watch.disturbed.has(key),
      end: () => watch.end(),
    };
  }

  /** Watches whether a write to these keys begins. */
  follow(touched: Touched): Watch {
    return this.#watches.begin(touched);
  }

  /** Whether it was found at a start: an earlier process may have begun to give it to the other side. */
  isFromBefore(id: string): boolean {
    return this.#entries.get(id)?.isFromBefore ?? false;
  }

  /** Writes under way on these keys. */
  openOn(keys: readonly string[]): string[] {
    return [...this.#entries.all()]
      .filter((entry) => entry.state === 'open' && keys.some((key) => entry.keys.has(key)))
      .map(({ id }) => id);
  }

  /** Writes to a key that are not on both sides yet. */
  touching(key: string): string[] {
    return [...this.#entries.on(key)].map(({ id }) => id);
  }

  /** The keys of an entry that is not on both sides yet. */
  keysOf(id: string): string[] {
    return [...(this.#entries.get(id)?.keys ?? [])];
  }

  /** Writes to these keys that legacy may come to show at any moment, or has just come to show: a client's, or the mirror's. */
  onTheWayToLegacy(keys: readonly string[]): string[] {
    return keys
      .flatMap((key) => [...this.#entries.on(key)])
      .filter(isOnTheWayToLegacy)
      .map(({ id }) => id);
  }

  isOnTheWayToLegacy(id: string): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && isOnTheWayToLegacy(entry);
  }

  isOpen(id: string): boolean {
    return this.#entries.get(id)?.state === 'open';
  }

  /** Whether two were under way at the same time, and touch the same. */
  overlapped(one: string, other: string): boolean {
    const [a, b] = [this.#entries.get(one), this.#entries.get(other)];
    return a !== undefined && b !== undefined && overlap(a, b);
  }

  /** Whether a write began before another one did, and was settled after it. */
  surrounds(outer: string, inner: string): boolean {
    const [a, b] = [this.#entries.get(outer), this.#entries.get(inner)];
    return a !== undefined && b !== undefined && a.admitted < b.admitted && a.settled > b.settled;
  }

  /** Whether a write that is still under way began before this one was settled. */
  isOverlapping(id: string): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && isOverlapping(entry, this.#entries);
  }

  /** Whether each of these keys has a later write that the mirror is about to give to the other side. */
  isFollowed(id: string, keys: readonly string[]): boolean {
    const entry = this.#entries.get(id);
    if (!entry) return false;
    this.#findBlocked();
    const isNext = (other: Open) => other.side === entry.side && !other.isBlocked;
    const isLater = (other: Open) => isNext(other) && other.state === 'owed' && other.settled > entry.settled;
    return keys.length > 0 && keys.every((key) => [...this.#entries.on(key)].some(isLater));
  }

  /** Entries by state, for people. */
  counts(): Record<Open['state'], number> {
    const counts = { open: 0, owed: 0, pinned: 0, left: 0 };
    for (const { state } of this.#entries.all()) counts[state] += 1;
    return counts;
  }

  /** Resolves with the next change, or after `milliseconds`. */
  async change(milliseconds: number): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(0, milliseconds));
    await Promise.race([this.#waiting.promise, late]);
    clearTimeout(timer);
  }

  #addKeys(entry: Open, keys: readonly string[]): void {
    this.#watches.disturb(keys);
    this.#entries.addKeys(entry, keys);
  }

  /** Counts every key as exclusive to its entry: at worst a read does not wait for the mirror where waiting would have helped. */
  #findBlocked(): void {
    if (this.#blocked) return;
    this.#blocked = noneBlocked();
    const owed = [...this.#entries.all()].filter(({ state }) => state !== 'open');
    for (const entry of owed.sort((a, b) => a.settled - b.settled)) {
      const blocks = entry.overtaken !== 'taken';
      entry.isBlocked = blocks && this.#blocked.place(entry, entry.isStuck).size > 0 && !entry.isStuck;
    }
  }

  #remove(id: string, entry: Open): void {
    if (entry.isStuck || entry.isBlocked) this.#blocked = undefined;
    this.#entries.remove(entry);
    this.#left.delete(id);
  }

  #changed(): void {
    this.#waiting.resolve();
    this.#waiting = Promise.withResolvers<void>();
  }
}

/** What legacy has answered has been named, and what it is to be given is named when it has it. */
const isOnTheWayToLegacy = ({ side, state }: Open): boolean => (side === 'legacy' ? state === 'open' : true);

const noneBlocked = () => new BlockedKeys<Open>(() => false);
