/**
 * Replays what one side has and the other does not: in order for each key, several keys at once, off every client's path.
 * An entry that cannot be replayed pins its own keys and no others.
 */
import { isAway } from '@banyan/operations/db/away.ts';
import { outsideOfSpans } from '@banyan/operations/tracing/spans.ts';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { Logger } from '../../log.ts';
import type { Journal } from '../journal/journal.ts';
import type { IsShared, OwedEntry } from '../journal/mirrored.ts';
import { Marks } from '../journal/replay-marks.ts';
import type { Hold } from '../model-calls/hold.ts';
import { otherSide } from '../protocol/roles.ts';
import { type AcrossGround, replayAcross, usualBounds } from './across.ts';
import { Ahead } from './ahead.ts';
import { type AttemptGround, attemptReplay, noteFailure } from './attempt.ts';
import { type Decision, type DecisionGround, decide, retry, skip } from './decisions.ts';
import { Failures } from './failures.ts';
import { noReplay, sharedKeys } from './held-keys.ts';
import { LateEntries } from './late-entries.ts';
import { messagesAcross } from './order/at-the-model.ts';
import { Waits } from './order/waits.ts';
import { Ordering } from './ordering.ts';
import { Pump } from './pump.ts';
import type { ReplayOptions } from './replay/options.ts';
import { Overtaken } from './replay/refused.ts';
import { Tails } from './replay/tails.ts';
import { type Action, select } from './select.ts';
import type { TakeOver } from './take-over.ts';
import { Window } from './window.ts';

export interface MirrorOptions extends Omit<ReplayOptions, 'idle' | 'marks' | 'waits'> {
  journal: Journal;
  log: Logger;
  /** Replays at once; and as many whose work still goes on. */
  concurrency?: Partial<Record<BackendName, number>>;
  /** The first wait after a failure; each next one is twice as long, up to 30 s. In milliseconds. */
  backOff?: number;
  /** Makes the new backend show an entity as legacy does; undefined where the application does not have it. */
  takeOver?: TakeOver | undefined;
  /** How long a side is given for a deletion that messages at the model have outlasted. */
  across?: AcrossGround['bounds'] | undefined;
  /** Entries that are read from the journal at once, apart from those that stand behind one that waits. */
  readAhead?: number;
}

export class Mirror {
  readonly #options: MirrorOptions;
  /** What the mirror waits for, for people. */
  readonly waits = new Waits(() => this.#pump.run());
  readonly #pump = new Pump({ look: () => this.#look(), onWake: () => this.kick() });
  readonly #window: Window;
  /** Entries that are replayed or put in order now, and those whose keys are held. */
  readonly #running = new Map<string, OwedEntry>();
  readonly #beingOrdered = new Set<string>();
  readonly #ordering: Ordering;
  readonly #failures: Failures;
  readonly #isShared: IsShared;
  /** What goes from one replay to the next. */
  readonly #kept: Pick<ReplayOptions, 'idle' | 'marks'> & { tails: Tails };
  readonly #ahead: Ahead;
  readonly #late: LateEntries;
  readonly #attempts: AttemptGround;
  readonly #decisions: DecisionGround;
  readonly #replays = {
    run: (entry: OwedEntry, hold?: Hold) => this.#run(entry, hold),
    attempt: (entry: OwedEntry, signal: AbortSignal) => this.#attempt(entry, { signal }),
    fail: (entry: OwedEntry, error: unknown) => this.#fail(entry, error),
  };
  #isIdle = Promise.withResolvers<void>();

  constructor(options: MirrorOptions) {
    this.#options = options;
    const { journal, sides } = options;
    const db = () => journal.db();
    this.#isShared = sharedKeys(sides);
    this.#window = new Window({ db, isShared: this.#isShared, readAhead: options.readAhead });
    this.#failures = new Failures(options.backOff);
    this.#kept = { marks: new Marks(db, journal.fence), idle: new Set(), tails: new Tails() };
    this.#late = new LateEntries({
      ...options,
      hold: (entry) => this.#hold(entry),
      again: (milliseconds) => this.#pump.after(milliseconds),
    });
    this.#ahead = new Ahead({ ...options, ...this.#kept, db });
    this.#ordering = new Ordering({
      ...options,
      isShared: this.#isShared,
      waits: this.waits,
      load: (ids) => this.#ahead.load(ids),
    });
    this.#attempts = {
      options: { ...options, ...this.#kept, waits: this.waits, lag: journal.lag },
      journal,
      ahead: this.#ahead,
      failures: this.#failures,
      log: options.log,
      signal: this.#pump.signal,
      onTaken: (id) => this.#releaseLists(id),
    };
    this.#decisions = {
      ...options,
      marks: this.#kept.marks,
      ahead: this.#ahead,
      forget: (id, isOver) => this.#forget(id, isOver),
      kick: () => this.kick(),
    };
  }

  /** Something is owed that was not before. */
  kick(): void {
    this.#window.expire();
    // It looks at what others owe too.
    outsideOfSpans(() => this.#pump.run());
  }

  /** Resolves when nothing is left that can be replayed now. */
  idle(): Promise<void> {
    return this.#isIdle.promise;
  }

  /** Tries an entry again that had been given up. @returns whether it had */
  retry(id: string): Promise<boolean> {
    return retry(id, this.#decisions);
  }

  /** The other side is never given it. @returns whether it was still owed */
  skip(id: string, reason: string): Promise<boolean> {
    return skip(id, reason, this.#decisions);
  }

  /** A person says whether the other side has done a stuck write. @returns whether the entry was stuck */
  decide(id: string, decision: Decision): Promise<boolean> {
    return decide(id, decision, this.#decisions);
  }

  /** What is under way comes to its end, or is broken off and found again at the next start. */
  async close(): Promise<void> {
    await this.#pump.close();
    while (this.#running.size > 0) await this.#options.journal.lag.change(50);
  }

  #forget(id: string, isOver: boolean): void {
    this.#failures.forget(id);
    this.#kept.tails.clear();
    if (isOver) this.#kept.idle.delete(id);
  }

  /** Begins what can be begun now. @returns whether to look again at once */
  async #look(): Promise<boolean> {
    try {
      const isValid = !this.#window.isToRead || (await this.#window.read((id) => this.#isReplayed(id)));
      if (isValid) this.#begin();
      if (this.#window.isToRead) return true;
      if (this.#window.isStale && this.#window.rest > 0) this.#pump.after(this.#window.rest);
    } catch (error) {
      if (!isAway(error)) this.#options.log.error({ err: error }, 'the mirror could not read the journal');
      this.#window.giveUp();
      this.#pump.after(1000);
    }
    return false;
  }

  /** An entry that is being ordered stays in the window: its turn may come when its place is known. */
  #isReplayed(id: string): boolean {
    return this.#running.has(id) && !this.#beingOrdered.has(id);
  }

  #begin(): void {
    const { journal, sides, concurrency } = this.#options;
    const { isBlocked } = journal.knowledge.legacy;
    // What the new backend has served would go to legacy.
    const window = this.#window.entries.filter(({ side }) => !isBlocked || side === 'legacy');
    const { actions, behindWaits, wakesAt } = select(window, [...this.#running.values()], {
      sides,
      isShared: this.#isShared,
      waits: this.waits,
      concurrency,
      isInOrder: (entry) => this.#ordering.isInOrder(entry),
      isOrdering: (id) => this.#beingOrdered.has(id),
      isOverlapping: (id) => journal.lag.isOverlapping(id),
      retryAt: (id) => this.#failures.retryAt(id),
    });
    this.#window.standBehindWaits(behindWaits);
    for (const action of actions) this.#do(action);
    if (wakesAt < Number.POSITIVE_INFINITY) this.#pump.after(wakesAt - performance.now());
    this.#late.begin();
    void this.#ahead.read(() => window);
    if (this.#window.entries.length > 0 || this.#running.size > 0 || this.#window.isStale) return;
    this.#isIdle.resolve();
    this.#isIdle = Promise.withResolvers<void>();
  }

  #do({ do: what, entry }: Action): void {
    if (what === 'start') this.#start(entry);
    else if (what === 'order') this.#order(entry);
    else this.#ahead.mark(entry);
  }

  #order(entry: OwedEntry): void {
    this.#running.set(entry.id, entry);
    this.#beingOrdered.add(entry.id);
    void this.#ordering
      .order(entry, this.#window.entries, this.#pump.signal)
      .then((isNext) => {
        if (!isNext) this.#readAgain();
      })
      .catch((error: unknown) => {
        if (this.#pump.signal.aborted) return;
        this.#options.log.warn({ err: error }, 'the order of overlapping writes could not be read yet');
        this.#failures.postpone(entry.id, 500);
      })
      .finally(() => {
        this.#running.delete(entry.id);
        this.#beingOrdered.delete(entry.id);
        this.#pump.run();
      });
  }

  #start(entry: OwedEntry): void {
    const { sides, journal, across = usualBounds } = this.#options;
    const messages = messagesAcross(entry, this.#window.entries, { sides, lag: journal.lag });
    const all = [entry, ...messages.filter(({ id }) => !this.#running.has(id))];
    for (const each of all) {
      this.#running.set(each.id, each);
      this.#window.remove(each);
    }
    const { signal } = this.#pump;
    const ground = { bounds: across, signal, ...this.#replays };
    const work = all.length > 1 ? replayAcross(entry, all.slice(1), ground) : this.#run(entry);
    void work.finally(() => {
      for (const { id } of all) this.#running.delete(id);
      this.#pump.run();
    });
  }

  async #run(entry: OwedEntry, hold?: Hold): Promise<boolean> {
    try {
      await this.#attempt(entry, { hold });
      return true;
    } catch (error) {
      await this.#fail(entry, error);
      return false;
    }
  }

  async #attempt(
    { id }: OwedEntry,
    { hold, signal = this.#pump.signal }: { hold?: Hold | undefined; signal?: AbortSignal },
  ): Promise<void> {
    const { lag } = this.#options.journal;
    const replayed = await attemptReplay(id, { ...this.#attempts, signal }, hold);
    // The prefetched window may hold later writes to the keys of a pinned entry.
    if (replayed === 'pinned') return this.#readAgain();
    this.#failures.forget(id);
    this.#ordering.forget(id);
    this.#kept.idle.delete(id);
    if (replayed === 'applied') return lag.gone(id);
    lag.overtaken(id, 'taken');
    this.#readAgain();
  }

  async #fail({ id, side: servedBy }: OwedEntry, error: unknown): Promise<void> {
    if (!(error instanceof Overtaken))
      await noteFailure(id, otherSide[servedBy], error, this.#attempts).catch((fault: unknown) =>
        this.#options.log.error({ err: fault }, 'a failed replay could not be written down'),
      );
    // The prefetched window may hold later writes to the keys of the failed entry.
    this.#readAgain();
  }

  /** Keeps replays off the entry's keys. @returns what ends that; undefined where the entry runs already */
  #hold(entry: Pick<OwedEntry, 'id' | 'side' | 'keys'>): (() => void) | undefined {
    if (this.#running.has(entry.id)) return undefined;
    this.#running.set(entry.id, { ...entry, route: noReplay, place: '', overlapped: false });
    return () => {
      this.#running.delete(entry.id);
      this.#pump.run();
    };
  }

  /** The list on the other side is final, so entries that touch it need not wait until this one is written down. */
  #releaseLists(id: string): void {
    const entry = this.#running.get(id);
    if (!entry) return;
    this.#running.set(id, { ...entry, keys: entry.keys.filter((key) => !key.startsWith('list:')) });
    this.#pump.run();
  }

  #readAgain(): void {
    this.#window.invalidate();
    this.#ahead.clear();
  }
}
