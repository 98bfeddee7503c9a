/**
 * What is done with entries for legacy before their turn, as each would wait for the database longer than legacy works: they are
 * read many at a time, and the next one of a list is marked as sent while legacy makes the one before it.
 */
import { isAway } from '@banyan/operations/db/away.ts';
import type { Logger } from '../../log.ts';
import { type Entry, loadEntries } from '../journal/entries.ts';
import type { Marks } from '../journal/marks.ts';
import type { OwedEntry } from '../journal/mirrored.ts';
import type { JournalDb } from '../journal/tables.ts';
import { isLookedAtBefore } from '../probe/probe.ts';
import { otherSide } from '../protocol/roles.ts';
import type { Sides } from '../sides/sides.ts';

/** Entries that are read in one go. */
const many = 32;

/** An entry is marked as sent so long before it is, at most, in milliseconds: who looks for it afterwards counts from the mark. */
export const early = 1000;

export interface AheadOptions {
  db: () => Promise<JournalDb>;
  marks: Marks;
  sides: Sides;
  log: Logger;
  /** Entries that legacy is not at work on: what is marked and not sent is added. */
  idle: Set<string>;
}

export class Ahead {
  readonly #options: AheadOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #marks = new Map<string, { at: number; marked: Promise<boolean> }>();
  /** A person is deciding about them. */
  readonly #decided = new Set<string>();
  #isReading = false;

  constructor(options: AheadOptions) {
    this.#options = options;
  }

  /** Reads the first ones that are not read yet, where few are left. What fails is read in its turn. */
  async read(waiting: () => readonly OwedEntry[]): Promise<void> {
    if (this.#isReading || this.#entries.size > many / 2) return;
    const next = waiting()
      .filter(({ id, side }) => otherSide[side] === 'legacy' && !this.#entries.has(id))
      .slice(0, many);
    if (next.length === 0) return;
    this.#isReading = true;
    const { db, log } = this.#options;
    try {
      const ids = next.map(({ id }) => id);
      const found = await loadEntries(await db(), ids);
      const areWaiting = new Set(waiting().map(({ id }) => id));
      for (const entry of found) {
        const isUntouched = entry.mirror === 'owed' && !entry.pinned;
        if (isUntouched && areWaiting.has(entry.id) && !this.#decided.has(entry.id))
          this.#entries.set(entry.id, entry);
      }
    } catch (error) {
      if (!isAway(error)) log.warn({ err: error }, 'owed writes could not be read ahead');
    } finally {
      this.#isReading = false;
    }
  }

  /** Entries as they are now, in the order of the ids: what has been read and not been marked since is not read again. */
  async load(ids: readonly string[]): Promise<Entry[]> {
    const known = ids.flatMap((id) => (this.#marks.has(id) ? [] : (this.#entries.get(id) ?? [])));
    if (known.length === ids.length) return known;
    return loadEntries(await this.#options.db(), ids);
  }

  /** Marks as sent what is next, if it has been read and is one of those that a list has one at a time. */
  mark({ id, route }: OwedEntry): void {
    const { marks, sides, idle } = this.#options;
    if (!this.#entries.has(id) || this.#marks.has(id)) return;
    const { probe } = sides.routeOf(route);
    if (probe?.shows !== 'element-added' || isLookedAtBefore(probe)) return;
    idle.add(id);
    const marking = marks.sending({ id, expected: undefined, isKept: true });
    // What fails is marked in its turn.
    this.#marks.set(id, { at: performance.now(), marked: marking.catch(() => false) });
  }

  /** An entry's turn has come. @returns what is known of it. */
  take(id: string): { entry: Entry | undefined; marked: Promise<boolean> | undefined } {
    const entry = this.#entries.get(id);
    const mark = this.#marks.get(id);
    this.#entries.delete(id);
    this.#marks.delete(id);
    return { entry, marked: mark && performance.now() - mark.at < early ? mark.marked : undefined };
  }

  /** Holds on to nothing of an entry while a person decides about it. @returns to be called afterwards */
  decide(id: string): () => void {
    this.#decided.add(id);
    this.take(id);
    return () => void this.#decided.delete(id);
  }

  /** The order may be another one. */
  clear(): void {
    this.#entries.clear();
    this.#marks.clear();
  }
}
