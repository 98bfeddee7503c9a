/**
 * Finds what was written directly on legacy, by the lists of one kind. What the gateway itself sends to legacy is no such write: a key
 * counts only from a look at which nothing was open, owed or stuck on it, while no write to it begins. A finding is confirmed by a second
 * look, as an application may show half of what it is doing.
 */
import type { ReadOptions } from '../comparison/compare-read.ts';
import type { Journal } from '../journal/journal.ts';
import type { Watch } from '../journal/lag/watches.ts';
import { unsent } from '../journal/outside.ts';
import { listKey } from '../protocol/keys.ts';
import { type LookedRow, lookAtLists, type RowFinding } from './list-look.ts';

export interface ListAuditOptions extends ReadOptions {
  journal: Journal;
}

/** A row that no entry of the journal explains. */
export interface Suspect extends Omit<LookedRow, 'finding'> {
  kind: string;
  /** `foreign`: an entity that only legacy has, under an id that the gateway has never seen. */
  finding: Exclude<RowFinding, 'equal'> | 'foreign';
  /** Whether both backends were seen to show the same since the last write to the key. */
  wasEqual: boolean;
}

interface Seen {
  finding: Suspect['finding'];
  wasEqual: boolean;
  /** Entries that may have made it: it is foreign only if it is still unregistered once they have finished. */
  after: readonly string[];
}

export class ListAudit {
  readonly kind: string;
  readonly #options: ListAuditOptions;
  /** Keys that both backends showed alike, and to which no write has begun since. */
  readonly #equal = new Set<string>();
  readonly #seen = new Map<string, Seen>();
  /** Keys whose difference the journal explains, with that difference. */
  readonly #explained = new Map<string, string>();
  #ids: readonly string[] = [];
  #print: string | undefined;
  #watch: Watch;

  constructor(kind: string, options: ListAuditOptions) {
    this.kind = kind;
    this.#options = options;
    this.#watch = this.#follow();
  }

  /** Public ids of what both backends listed at the last look. */
  get ids(): readonly string[] {
    return this.#ids;
  }

  /** Whether something was seen that the next look may confirm. */
  get isWaiting(): boolean {
    return this.#seen.size > 0;
  }

  /** Whether the next look may confirm something of the key. */
  isSeen(key: string): boolean {
    return this.#seen.has(key);
  }

  wasEqual(key: string): boolean {
    return this.#equal.has(key) && !this.#watch.disturbed.has(key);
  }

  /** Whether a write to a key has begun since the last look. */
  isDisturbed(key: string): boolean {
    return this.#watch.disturbed.has(key);
  }

  /** The journal explains why the two backends show a key differently: only another difference counts from now on. */
  explain(suspect: Suspect): void {
    this.#explained.set(suspect.key, textOf(suspect));
  }

  /** Something else than legacy's lists says that a key has to be looked at: the next look does not rely on the one before. */
  forget(): void {
    this.#print = undefined;
  }

  close(): void {
    this.#watch.end();
  }

  /** @returns the confirmed findings. @throws where a backend or the database cannot be asked */
  async look(): Promise<Suspect[]> {
    const { journal } = this.#options;
    const busy = journal.lag.busyKeys(this.kind);
    this.#rewatch();
    const looked = await lookAtLists(this.kind, this.#options, this.#print);
    if (looked.outcome === 'unavailable') throw new Error(looked.reason);
    if (looked.outcome === 'same') return [];
    this.#ids = looked.rows.map(({ id }) => id);
    const isQuiet = (key: string) => !busy.has(key) && !this.#watch.disturbed.has(key);
    const suspects: Suspect[] = [];
    const before = new Map(this.#seen);
    this.#seen.clear();
    let isUndecided = false;
    const makers = await this.#makers();
    for (const row of looked.rows) {
      const { key, finding } = row;
      // Whether it is still equal once the write has come to its end, only another look can tell.
      if (finding === 'equal' && !isQuiet(key)) isUndecided = true;
      else if (finding === 'equal') this.#equal.add(key);
      if (finding === 'equal' || key.includes(':#') || !journal.knowledge.isKnown(key)) continue;
      if (isQuiet(key) && this.#explained.get(key) === textOf(row)) continue;
      const seen = this.#seenNow(row, before.get(key), makers);
      this.#equal.delete(key);
      if (!isQuiet(key)) {
        isUndecided = true;
        continue;
      }
      if (!this.#isConfirmed(seen, before.get(key), makers)) this.#seen.set(key, seen);
      else suspects.push({ ...row, ...seen, kind: this.kind });
    }
    this.#print = isUndecided || this.#seen.size > 0 || suspects.length > 0 ? undefined : looked.print;
    return suspects;
  }

  #seenNow({ key, id, finding }: LookedRow, before: Seen | undefined, makers: readonly string[]): Seen {
    const wasEqual = before?.wasEqual ?? this.#equal.has(key);
    const isForeign = finding === 'appeared' && !this.#options.sides.names.ids.knows(this.kind, id);
    if (!isForeign) return { finding: finding as Seen['finding'], wasEqual, after: [] };
    return { finding: 'foreign', wasEqual, after: before?.finding === 'foreign' ? before.after : makers };
  }

  #isConfirmed(seen: Seen, before: Seen | undefined, makers: readonly string[]): boolean {
    if (seen.finding === 'foreign') return !seen.after.some((id) => makers.includes(id));
    return before?.finding === seen.finding;
  }

  /** Entries that may have made an entity which legacy shows: those under way, and those that legacy may have been sent. */
  async #makers(): Promise<string[]> {
    const { journal } = this.#options;
    const ids = journal.lag.touching(listKey(this.kind));
    const notSent = await unsent(await journal.db(), ids);
    return ids.filter((id) => !notSent.has(id));
  }

  /** Without a gap, as a write that begins between two watches would be seen by neither. */
  #rewatch(): void {
    const before = this.#watch;
    this.#watch = this.#follow();
    if (before.disturbed.size > 0) this.#print = undefined;
    for (const key of before.disturbed) {
      this.#equal.delete(key);
      this.#seen.delete(key);
      this.#explained.delete(key);
    }
    before.end();
  }

  #follow(): Watch {
    return this.#options.journal.lag.follow({ keys: [listKey(this.kind)], every: [this.kind] });
  }
}

const textOf = ({ finding, differences }: Pick<LookedRow, 'differences'> & { finding: string }) =>
  JSON.stringify([finding === 'foreign' ? 'appeared' : finding, differences]);
