/**
 * Finds out what became of writes whose answer did not come. The new backend stores what it did under the operation's id, or is kept
 * from ever doing it. Legacy can only be probed, until it can no longer be at work on the write.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../../log.ts';
import type { Alarms } from '../alarms/alarms.ts';
import { markUnclear, wasTakenAway } from '../journal/doubtful.ts';
import { ageNow, type Entry, loadEntry, openEntries } from '../journal/entries.ts';
import type { Journal } from '../journal/journal.ts';
import type { Tie } from '../model-calls/tie.ts';
import type { Done, Unknown } from '../probe/findings.ts';
import { namesWhatItWrites } from '../probe/probe.ts';
import type { Sides } from '../sides/sides.ts';
import { learnResolved, lookFor, requestKnownOf, settleAsSeen, settleAsStored } from './resolved.ts';
import { chosenAmong } from './rivals.ts';

export interface ResolverOptions {
  journal: Journal;
  sides: Sides;
  tie: Tie;
  alarms: Alarms;
  /** Sees to it that `new` never does it, unless it has; and says which. */
  voidOnNew(id: string): Promise<'void' | 'done'>;
  log: Logger;
  /** Between two looks, in milliseconds; where a look showed nothing, the next pause is twice as long, up to 10 s. */
  every?: number;
}

const longestPause = 10_000;

/** What a person says of a write that the gateway cannot find out about. */
export type Decision =
  /** `learned`: what its answer would have had, as far as the next steps need it. */
  { done: true; learned: unknown } | { done: false };

export class Resolver {
  readonly #options: ResolverOptions;
  readonly #closing = new AbortController();
  readonly #atWork = new Map<string, Promise<void>>();
  /** What legacy still asks the model is an entry's that is in doubt. */
  readonly #ties = new Map<string, () => void>();
  /** What was seen, by the entry that it may be of: and writes that were under way then, whose it may be too. */
  readonly #seen = new Map<string, { element: string; others: string[] }>();
  /** Why the last look showed nothing, as it is written down. */
  readonly #unclear = new Map<string, string>();
  /** Ends the pause before an entry's next look. */
  readonly #wakes = new Map<string, () => void>();
  /** Legacy is looked at for one entry at a time: what is found belongs to one. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  /** What an earlier gateway left behind. @returns what begins to look into it */
  async recover(): Promise<() => void> {
    const { journal } = this.#options;
    const open = await openEntries(await journal.db());
    for (const { id, side, keys, admitted } of open) journal.lag.admitted(id, side, keys, admitted);
    return () => {
      for (const { id } of open) this.resolve(id);
    };
  }

  /** Settles or voids it, however long that takes. */
  resolve(id: string): void {
    if (this.#atWork.has(id)) return;
    const work = this.#resolve(id).finally(() => {
      this.#atWork.delete(id);
      this.#seen.delete(id);
      this.#unclear.delete(id);
      this.#untie(id);
    });
    this.#atWork.set(id, work);
  }

  /** Looks again at once. @returns whether the entry is in doubt */
  retry(id: string): boolean {
    this.#wakes.get(id)?.();
    return this.#atWork.has(id);
  }

  /**
   * A person says what came of a write in doubt on legacy.
   * @returns false where there is nothing to decide: it is no longer in doubt, or legacy may still be at work on it
   */
  async decide(id: string, decision: Decision): Promise<boolean> {
    const { journal, log } = this.#options;
    return this.#inTurn(async () => {
      const entry = await loadEntry(await journal.db(), id);
      if (entry?.state !== 'doubt' || entry.side !== 'legacy' || !this.#isOver(entry)) return false;
      log.warn({ entry: id, done: decision.done }, 'a person has decided what came of a write in doubt');
      if (decision.done) await this.#settle(entry, { seen: 'done', learned: decision.learned });
      else await this.#void(id);
      this.#wakes.get(id)?.();
      return true;
    });
  }

  /** Resolves when nothing is in doubt that can be cleared up now. */
  async idle(): Promise<void> {
    while (this.#atWork.size > 0) await Promise.all(this.#atWork.values());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.idle();
  }

  async #resolve(id: string): Promise<void> {
    const { every = 250, log } = this.#options;
    let wait = every;
    while (!this.#closing.signal.aborted) {
      const outcome = await this.#attempt(id).catch((error: unknown) => {
        if (!this.#closing.signal.aborted)
          log.warn({ entry: id, err: error }, 'a write in doubt could not be looked into yet');
        return 'failed' as const;
      });
      if (outcome === 'resolved') return;
      await this.#pause(id, outcome === 'failed' ? every * 4 : wait);
      wait = outcome === 'unclear' ? Math.min(longestPause, wait * 2) : every;
    }
  }

  /** Ends early where a person wants it to look, or the gateway closes. */
  async #pause(id: string, milliseconds: number): Promise<void> {
    const woken = new AbortController();
    this.#wakes.set(id, () => woken.abort());
    const signal = AbortSignal.any([this.#closing.signal, woken.signal]);
    await pause(milliseconds, undefined, { signal }).catch(() => undefined);
    this.#wakes.delete(id);
  }

  /** @returns `open`: legacy may still do it; `unclear`: legacy did not show whether it has */
  async #attempt(id: string): Promise<'resolved' | 'open' | 'unclear'> {
    const { journal, sides, voidOnNew, tie } = this.#options;
    const entry = await loadEntry(await journal.db(), id);
    if (entry?.state !== 'admitted' && entry?.state !== 'doubt') {
      if (entry) learnResolved(entry, this.#options);
      return 'resolved';
    }
    if (entry.side === 'new') {
      if ((await voidOnNew(id)) === 'void') await journal.void(id);
      else await settleAsStored(entry, this.#options, this.#closing.signal);
      return 'resolved';
    }
    const route = sides.routeOf(entry.route);
    if (!this.#ties.has(id) && !this.#isOver(entry))
      this.#ties.set(id, await tie.primary('legacy', route, requestKnownOf(entry, sides), id));
    return this.#inTurn(() => this.#lookInto(entry));
  }

  async #lookInto(entry: Entry): Promise<'resolved' | 'open' | 'unclear'> {
    // The time is looked at first: what appears after the look counts as late.
    const isOver = this.#isOver(entry);
    const seen = await lookFor(entry, this.#options.sides);
    const finding = (seen.seen === 'unknown' && (await this.#chosen(entry, seen))) || seen;
    switch (finding.seen) {
      case 'done':
        if (this.#mayBeAnothers(entry, finding)) return 'open';
        await this.#settle(entry, finding);
        return 'resolved';
      case 'unknown':
        // The answers of other writes may still name what may be this one's.
        if (finding.candidates && !isOver) return 'open';
        return this.#leaveOpen(entry, finding, isOver);
      default:
        if (!isOver) return 'open';
        await this.#void(entry.id);
        return 'resolved';
    }
  }

  /** What may be several writes' in doubt is one each. */
  async #chosen({ id, keys, route }: Entry, { candidates = [] }: Unknown): Promise<Done | undefined> {
    if (candidates.length === 0) return undefined;
    const { journal, sides } = this.#options;
    const others = journal.lag.openOn(keys).filter((other) => other !== id && this.#atWork.has(other));
    return chosenAmong({ route }, candidates, { journal, sides, others });
  }

  /** It is neither taken for done nor made void: a later look shows it, or a person decides. */
  async #leaveOpen(
    { id, keys, admittedAt }: Entry,
    { why, isMissing }: Unknown,
    isOver: boolean,
  ): Promise<'resolved' | 'unclear'> {
    const { journal, sides, log } = this.#options;
    const db = await journal.db();
    if (isOver && isMissing && (await wasTakenAway(db, { keys, since: admittedAt, table: sides.table }))) {
      await this.#void(id);
      return 'resolved';
    }
    if (isOver) {
      // Legacy is not at work on it any more, so writes that only touch the same list, or say the same, need not wait for it.
      journal.stalled(id);
      this.#untie(id);
    }
    if (this.#unclear.get(id) !== why) {
      log.warn({ entry: id, why }, 'legacy does not show whether it has done a write in doubt');
      await markUnclear(db, id, why);
      this.#unclear.set(id, why);
    }
    return 'unclear';
  }

  /** Whether legacy cannot be at work on it any more. */
  #isOver(entry: Entry): boolean {
    const { journal, sides } = this.#options;
    const age = ageNow(entry, entry.admittedAgo);
    if (age >= sides.routeOf(entry.route).longest) return true;
    return journal.knowledge.legacy.isGone(performance.now() - age);
  }

  async #settle(entry: Entry, finding: Done): Promise<void> {
    if (this.#unclear.has(entry.id)) await markUnclear(await this.#options.journal.db(), entry.id, null);
    await settleAsSeen(entry, finding, this.#options);
  }

  async #void(id: string): Promise<void> {
    const { journal } = this.#options;
    if (this.#unclear.has(id)) await markUnclear(await journal.db(), id, null);
    await journal.void(id);
  }

  #untie(id: string): void {
    this.#ties.get(id)?.();
    this.#ties.delete(id);
  }

  /** What is new may be of a write whose answer is still on its way, and names it then. */
  #mayBeAnothers({ id, keys }: Entry, { id: element }: Done): boolean {
    if (element === undefined) return false;
    const { lag } = this.#options.journal;
    let seen = this.#seen.get(id);
    if (seen?.element !== element) {
      seen = { element, others: lag.openOn(keys).filter((other) => !this.#atWork.has(other)) };
      this.#seen.set(id, seen);
    }
    return seen.others.some((other) => lag.isOpen(other) && !this.#atWork.has(other));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /**
   * Whether a write that was answered with an error of the backend's own has taken effect all the same. `unknown`: the backend
   * did not show it.
   */
  async hasTakenEffect(id: string): Promise<boolean | 'unknown'> {
    const { journal, sides, voidOnNew } = this.#options;
    const entry = await loadEntry(await journal.db(), id);
    if (!entry) return false;
    // What `new` has done under the id it has answered, and an error is no effect.
    if (entry.side === 'new') {
      await voidOnNew(id);
      return false;
    }
    if (!namesWhatItWrites(sides.routeOf(entry.route), requestKnownOf(entry, sides))) return false;
    const { seen } = await lookFor(entry, this.#options.sides);
    return seen === 'unknown' ? seen : seen === 'done';
  }
}
