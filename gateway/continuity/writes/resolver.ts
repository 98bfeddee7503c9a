/**
 * Finds out what came of writes whose answer did not come. `new` keeps what it did under the operation's id, or is kept from
 * ever doing it; legacy can only be looked at, until it can no longer be at work on it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Route } from '../../../contract/route-table.ts';
import type { Logger } from '../../log.ts';
import type { Alarms } from '../alarms/alarms.ts';
import { type Entry, isToBeFed, loadEntry, openEntries } from '../journal/entries.ts';
import type { Journal } from '../journal/journal.ts';
import { parseBody } from '../json/places.ts';
import { type Known, madeKeys } from '../keys/keys.ts';
import { type Expected, type Finding, lookAfter } from '../probe/probe.ts';
import type { Tie } from '../relay/tie.ts';
import type { Sides } from '../sides/sides.ts';
import { answerOf, requestOf, sameIds } from './made.ts';

export interface ResolverOptions {
  journal: Journal;
  sides: Sides;
  tie: Tie;
  alarms: Alarms;
  /** Sees to it that `new` never does it, unless it has; and says which. */
  voidOnNew(id: string): Promise<'void' | 'done'>;
  log: Logger;
  /** Between two looks, in milliseconds. */
  every?: number;
}

export class Resolver {
  readonly #options: ResolverOptions;
  readonly #closing = new AbortController();
  readonly #atWork = new Map<string, Promise<void>>();
  /** What legacy still asks the model is an entry's that is in doubt. */
  readonly #ties = new Map<string, () => void>();
  /** What was seen, by the entry that it may be of: and writes that were under way then, whose it may be too. */
  readonly #seen = new Map<string, { element: string; others: string[] }>();
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
      this.#ties.get(id)?.();
      this.#ties.delete(id);
    });
    this.#atWork.set(id, work);
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
    const { signal } = this.#closing;
    while (!signal.aborted)
      try {
        if (await this.#attempt(id)) return;
        await pause(every, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ entry: id, err: error }, 'a write in doubt could not be looked into yet');
        await pause(every * 4, undefined, { signal }).catch(() => undefined);
      }
  }

  /** @returns whether there is no doubt any more */
  async #attempt(id: string): Promise<boolean> {
    const { journal, sides, voidOnNew, tie } = this.#options;
    const entry = await loadEntry(await journal.db(), id);
    if (entry?.state !== 'admitted' && entry?.state !== 'doubt') {
      if (entry) this.#learn(entry);
      return true;
    }
    if (entry.side === 'new') {
      if ((await voidOnNew(id)) === 'void') await journal.void(id);
      else await this.#takeStoredAnswer(entry);
      return true;
    }
    const route = sides.routeOf(entry.route);
    if (!this.#ties.has(id)) this.#ties.set(id, await tie.primary('legacy', route, this.#known(entry), id));
    return this.#inTurn(() => this.#lookInto(entry, route));
  }

  /** @returns whether there is no doubt any more */
  async #lookInto(entry: Entry, route: Route): Promise<boolean> {
    // The time is looked at first: what appears after the look counts as late.
    const isOver = Date.now() >= entry.admittedAt.getTime() + route.longest;
    const finding = await this.#look(entry);
    if (finding.visible && this.#mayBeAnothers(entry, finding)) return false;
    if (finding.visible) await this.#settleAsSeen(entry, finding);
    else if (isOver) await this.#options.journal.void(entry.id);
    return finding.visible || isOver;
  }

  /** What is new may be of a write whose answer is still on its way, and names it then. */
  #mayBeAnothers({ id, keys }: Entry, { id: element }: Finding & { visible: true }): boolean {
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

  /** Another gateway has resolved it. */
  #learn(entry: Entry): void {
    const { journal, sides } = this.#options;
    const answer = answerOf(entry);
    const isOwed = entry.mirror === 'owed' || entry.mirror === 'sending';
    const pairs = entry.side === 'legacy' ? sameIds(sides.routeOf(entry.route), { params: {}, answer }) : [];
    for (const pair of pairs) sides.names.ids.add(pair);
    journal.resolvedElsewhere(entry.id, entry.keys, isOwed);
  }

  /** It was done, and `new` answers the same again. */
  async #takeStoredAnswer(entry: Entry): Promise<void> {
    const { sides, journal } = this.#options;
    const route = sides.routeOf(entry.route);
    const known = this.#known(entry);
    const { request, body, id } = entry;
    const sending = { route, request, body, params: known.params, operation: { id } };
    const { shown } = await sides.send('new', sending, this.#closing.signal);
    const answered: Known = { ...known, answer: parseBody(shown.body) };
    await journal.settle(
      {
        ...{ id, answer: shown, owed: shown.status < 400 && isToBeFed(entry) },
        ...{ madeKeys: madeKeys(route, answered), ids: [] },
      },
      'new',
    );
  }

  async #settleAsSeen(entry: Entry, finding: Finding & { visible: true }): Promise<void> {
    const { sides, journal, tie, alarms } = this.#options;
    const route = sides.routeOf(entry.route);
    const answered: Known = { ...this.#known(entry), answer: finding.learned };
    const untied = tie.untiedCallOf('legacy', entry.id);
    if (untied?.isRoutes) alarms.raise(route.key, 'untied_model_call', { example: untied.example });
    const ids = sameIds(route, answered);
    await journal.settle(
      {
        ...{ id: entry.id, answer: undefined, learned: finding.learned ?? null, owed: isToBeFed(entry) },
        ...{ madeKeys: madeKeys(route, answered), ids },
      },
      'legacy',
    );
  }

  /** Whether a write that was answered with an error of the backend's own has taken effect all the same. */
  async hasTakenEffect(id: string): Promise<boolean> {
    const { journal, voidOnNew } = this.#options;
    const entry = await loadEntry(await journal.db(), id);
    if (!entry) return false;
    // What `new` has done under the id it has answered, and an error is no effect.
    if (entry.side === 'new') {
      await voidOnNew(id);
      return false;
    }
    return (await this.#look(entry)).visible;
  }

  #look(entry: Entry): Promise<Finding> {
    const { sides } = this.#options;
    return lookAfter(sides, 'legacy', {
      route: sides.routeOf(entry.route),
      known: this.#known(entry),
      expected: entry.expected as Expected | undefined,
      sentAt: entry.admittedAt.getTime(),
      isTaken: (kind, id) => sides.names.ids.knows(kind, id),
      isOverlapped: entry.overlapped,
    });
  }

  #known(entry: Entry): Known {
    const { sides } = this.#options;
    return {
      params: sides.paramsOf(entry.request.target),
      request: requestOf(sides.routeOf(entry.route), entry),
    };
  }
}
