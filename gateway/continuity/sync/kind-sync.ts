/** The first sync of one kind of entity: finds what the new backend is not known to have, and brings it. */

import type { RouteKey } from '@banyan/route-table/route-table.ts';
import { compareList } from '../comparison/compare-list.ts';
import { compareRead } from '../comparison/compare-read.ts';
import { whileQuiet } from '../comparison/quiet.ts';
import { fenced } from '../journal/fenced.ts';
import { endSync, markKindKnown, markKnown, markUnknown, noteKeys, unknownKeys } from '../journal/known.ts';
import { parseBody } from '../json/parse-body.ts';
import { keyOf, kindOf, listKey } from '../protocol/keys.ts';
import { readPlace } from '../protocol/places.ts';
import type { Sides } from '../sides/sides.ts';
import { type BringOptions, bring, type Left, type Wanted, whereTheyDiffer } from './bring.ts';
import type { SyncedKind } from './kinds.ts';
import type { KindProgress } from './progress.ts';
import type { SyncSource } from './source.ts';

export interface KindSyncOptions extends Omit<BringOptions, 'kind' | 'source'> {
  kind: SyncedKind;
  /** What the application can read of the kind; open while the sync has not ended. */
  source(): SyncSource | undefined;
  sides: Sides;
  /**
   * Looks whether legacy was started again, and may have lost something that nobody has compared yet: that is not taken over.
   * @returns why the sync has to wait, for people; undefined where it may go on
   */
  holdsBack(): Promise<string | undefined>;
  /** Called between two batches: waits where the sync has to make room for requests. */
  pace(took: number): Promise<void>;
}

/** Entities in one transaction. */
const batchSize = 20;
/** After so many attempts in vain, a key is held while it is brought. */
const patience = 3;
const shownLeft = 50;

/** `again`: another round may bring more. `left`: only a change of the two backends helps. */
export type Round = 'ended' | 'again' | 'left';

export class KindSync {
  readonly #options: KindSyncOptions;
  readonly #inVain = new Map<string, number>();
  readonly #asked = new Set<string>();
  #left: Left[] = [];
  #total: number | undefined;
  #reason: string | undefined;

  constructor(options: KindSyncOptions) {
    this.#options = options;
  }

  get kind(): string {
    return this.#options.kind.kind;
  }

  /** Whether legacy is no longer given anything that is written to the kind. */
  isCompleted(isComplete: (route: RouteKey) => boolean): boolean {
    const { writes } = this.#options.kind;
    return writes.length > 0 && writes.every(isComplete);
  }

  get isEnded(): boolean {
    return this.#options.journal.knowledge.isWhole(this.kind);
  }

  /** A request wanted the key on the new backend: it is brought first. */
  want(key: string): void {
    this.#asked.add(key);
  }

  progress(): Omit<KindProgress, 'phase' | 'beginsIn'> {
    const { journal } = this.#options;
    const first = this.#left.slice(0, shownLeft).map(({ key, reason }) => ({ key, reason }));
    const total = this.#total;
    const known = this.isEnded ? (total ?? 0) : journal.knowledge.knownOf(this.kind);
    return {
      kind: this.kind,
      known,
      total,
      left: { count: this.#left.length, first },
      reason: this.#reason,
    };
  }

  /** Looks for what is unknown, and brings it. @throws where a backend or the database cannot be asked */
  async round(): Promise<Round> {
    const { journal, kind } = this.#options;
    this.#reason = undefined;
    if (this.isEnded) return 'ended';
    if (!kind.isShown) return this.#end();
    if (!kind.hasEntities) return this.#whole();
    if (!this.#isListed) return this.#unlisted();
    if (await this.#isHeldBack()) return 'left';
    const list = (await noteKeys(await journal.db(), [listKey(this.kind)])).get(listKey(this.kind));
    const ids = await this.#ids();
    this.#total = ids.length;
    await this.#bringAll(await this.#unknown(ids));
    if (this.#left.length > 0) return this.#left.some(({ why }) => why === 'busy') ? 'again' : 'left';
    if (!list || !(await this.#areListsAlike())) return 'again';
    const source = this.#options.source();
    const hasEnded = await fenced(await journal.db(), journal.fence, async (tx) => {
      if (!(await endSync(tx, this.kind, list))) return false;
      await source?.installList?.(tx, ids);
      return true;
    });
    if (!hasEnded) return 'again';
    this.#ended();
    return 'ended';
  }

  /** The new backend has everything of the kind, although nothing has shown that. @param why who says so, and why */
  async assume(why: string): Promise<void> {
    const { journal } = this.#options;
    const db = await journal.db();
    const unknown = await unknownKeys(db, this.kind);
    await fenced(db, journal.fence, async (tx) => {
      await markKnown(tx, unknown);
      await markKindKnown(tx, this.kind, why);
    });
    for (const key of unknown) journal.knowledge.learned(key);
    this.#ended();
  }

  async #isHeldBack(): Promise<boolean> {
    this.#reason = await this.#options.holdsBack();
    return this.#reason !== undefined;
  }

  get #isListed(): boolean {
    return this.#options.kind.lists.length > 0 || this.#options.source() !== undefined;
  }

  /** Public ids of everything that legacy has. */
  async #ids(): Promise<string[]> {
    const { sides, kind, names, signal } = this.#options;
    const source = this.#options.source();
    const ids = new Set<string>();
    for (const id of source ? await source.ids(signal) : []) ids.add(names.ids.publicOf(this.kind, id));
    for (const { key, elements } of kind.lists) {
      const { shown } = await sides.read('legacy', key, {});
      if (shown.status !== 200)
        throw new Error(
          `legacy answers ${key} with ${shown.status}, so the sync cannot tell what legacy has`,
        );
      const owners = readPlace(parseBody(shown.body), `${elements.at}[*].${elements.owner}`);
      for (const id of owners) ids.add(String(id));
    }
    return [...ids];
  }

  /** What has to be brought: what requests have asked for, first. */
  async #unknown(ids: readonly string[]): Promise<Wanted[]> {
    const { journal } = this.#options;
    const wanted = new Map<string, Wanted>();
    for (const key of [...this.#asked, ...(await unknownKeys(await journal.db(), this.kind))]) {
      const id = idOf(key);
      if (id !== undefined && kindOf(key) === this.kind) wanted.set(key, { key, id });
    }
    for (const id of ids) wanted.set(keyOf(this.kind, id), { key: keyOf(this.kind, id), id });
    this.#asked.clear();
    return [...wanted.values()].filter(({ key }) => !journal.knowledge.isKnown(key));
  }

  async #bringAll(wanted: readonly Wanted[]): Promise<void> {
    const { signal, pace } = this.#options;
    const left: Left[] = [];
    for (let at = 0; at < wanted.length; at += batchSize) {
      signal.throwIfAborted();
      const began = performance.now();
      const batch = wanted.slice(at, at + batchSize);
      const held = batch.filter(({ key }) => (this.#inVain.get(key) ?? 0) >= patience);
      const rest = batch.filter((entity) => !held.includes(entity));
      left.push(...(await this.#attempt(rest)));
      for (const entity of held) left.push(...(await this.#held(entity)));
      this.#left = left;
      await pace(performance.now() - began);
    }
    this.#left = left;
  }

  async #attempt(batch: readonly Wanted[]): Promise<Left[]> {
    if (batch.length === 0) return [];
    const left = await bring(batch, {
      ...this.#options,
      kind: this.kind,
      source: this.#options.source(),
    });
    for (const { key } of batch) {
      const isBusy = left.some((one) => one.key === key && one.why === 'busy');
      if (isBusy) this.#inVain.set(key, (this.#inVain.get(key) ?? 0) + 1);
      else this.#inVain.delete(key);
    }
    return left;
  }

  /** A key that keeps changing is held from a moment when nothing is in flight on it. */
  async #held(entity: Wanted): Promise<Left[]> {
    const { journal } = this.#options;
    if (journal.lag.openOn([entity.key]).length > 0) return [busyNow(entity)];
    const release = journal.holds.hold(entity.key);
    try {
      return await this.#attempt([entity]);
    } finally {
      release();
    }
  }

  /** Rows that differ although their entities were brought: the entities are unknown again. */
  async #areListsAlike(): Promise<boolean> {
    const { journal, comparing } = this.#options;
    const { rows, list } = await compareList(this.kind, comparing);
    const different = [...rows].flatMap(([key, { comparison }]) =>
      comparison.outcome === 'different' ? { key, reason: whereTheyDiffer(comparison) } : [],
    );
    if (different.length > 0) {
      // Legacy may have lost its part of the rows a moment ago.
      if (await this.#isHeldBack()) return false;
      const keys = different.map(({ key }) => key);
      const unknown = await fenced(await journal.db(), journal.fence, (tx) => markUnknown(tx, keys));
      for (const key of unknown) journal.knowledge.forgot(key);
      this.#left = different.map((row) => ({ ...row, why: 'different' }));
      return false;
    }
    if (list.outcome === 'unavailable') throw new Error(list.reason);
    // The order of the rows is made alike once nothing can change the list.
    if (list.outcome === 'different' && !this.#options.source()?.installList) {
      this.#reason = whereTheyDiffer(list);
      return false;
    }
    return true;
  }

  /** A kind without entities: what its reads answer is compared as a whole. */
  async #whole(): Promise<Round> {
    const { comparing, kind } = this.#options;
    for (const route of [...kind.lists, ...kind.wholeReads]) {
      const compared = await whileQuiet({ keys: [listKey(this.kind)], every: [] }, comparing, () =>
        compareRead(route, {}, comparing),
      );
      if (compared.outcome === 'disturbed') return 'again';
      if (compared.outcome === 'unavailable') throw new Error(compared.reason);
      if (compared.outcome === 'different') {
        this.#reason = whereTheyDiffer(compared);
        return 'left';
      }
    }
    return this.#end();
  }

  /** No list names the entities, so only those are looked at that requests want. */
  async #unlisted(): Promise<Round> {
    await this.#bringAll(await this.#unknown([]));
    this.#reason = `no list of the route table has an element for each ${this.kind}, so nothing tells which ones legacy has`;
    return this.#left.some(({ why }) => why === 'busy') ? 'again' : 'left';
  }

  async #end(): Promise<'ended'> {
    const { journal } = this.#options;
    await fenced(await journal.db(), journal.fence, (tx) => markKindKnown(tx, this.kind));
    this.#ended();
    return 'ended';
  }

  #ended(): void {
    this.#options.journal.knowledge.ended(this.kind);
    this.#left = [];
    this.#inVain.clear();
    this.#options.journal.lag.knows();
  }
}

const busyNow = ({ key }: Wanted): Left => ({ key, why: 'busy', reason: 'it is being written to' });

/** The id of a key that has it; a key whose id is no plain text has a hash instead. */
function idOf(key: string): string | undefined {
  const id = key.slice(key.indexOf(':') + 1);
  return id.startsWith('#') ? undefined : id;
}
