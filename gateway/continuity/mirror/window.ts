/** The owed entries that the mirror holds in memory: the first ones in their order, read from the journal in batches. */
import { type IsShared, type OwedEntry, owedEntries } from '../journal/mirrored.ts';
import type { JournalDb } from '../journal/tables.ts';

export interface WindowOptions {
  db: () => Promise<JournalDb>;
  isShared: IsShared;
  /** Entries that are read at once, apart from those that stand behind one that waits. */
  readAhead?: number | undefined;
}

/** Entries that are kept in memory, however many stand behind others. */
const largestWindow = 8192;

export class Window {
  readonly #options: WindowOptions;
  readonly #readAhead: number;
  #entries: OwedEntry[] = [];
  /** How many of the entries stand behind an entry that waits. */
  #behindWaits = 0;
  #isStale = true;
  /** Incremented on each invalidation: a read that began before it is discarded. */
  #generation = 0;
  /** The journal is not read again before this. */
  #restUntil = 0;

  constructor(options: WindowOptions) {
    this.#options = options;
    this.#readAhead = options.readAhead ?? 256;
  }

  get entries(): readonly OwedEntry[] {
    return this.#entries;
  }

  /** Whether the journal may have more than the window. */
  get isStale(): boolean {
    return this.#isStale;
  }

  get isToRead(): boolean {
    const hasRoom = this.#entries.length - this.#behindWaits < this.#readAhead / 2;
    return this.#isStale && hasRoom && performance.now() >= this.#restUntil;
  }

  /** How long the journal is left in peace, in milliseconds. */
  get rest(): number {
    return this.#restUntil - performance.now();
  }

  /** The journal has something that the window does not have. */
  expire(): void {
    this.#isStale = true;
  }

  /** The journal cannot be read: not tried again until the window expires anew. */
  giveUp(): void {
    this.#isStale = false;
  }

  /** An entry that is not done must not be overtaken by later ones that were read before: drops all of them. */
  invalidate(): void {
    this.#entries = [];
    this.#isStale = true;
    this.#generation += 1;
  }

  remove(entry: OwedEntry): void {
    this.#entries.splice(this.#entries.indexOf(entry), 1);
  }

  standBehindWaits(count: number): void {
    this.#behindWaits = count;
  }

  /** @param isRunning entries that are left out. @returns false where the window was invalidated meanwhile */
  async read(isRunning: (id: string) => boolean): Promise<boolean> {
    this.#isStale = false;
    const began = performance.now();
    const generation = this.#generation;
    const size = Math.min(this.#readAhead + this.#behindWaits, largestWindow);
    const { db, isShared } = this.#options;
    const { entries, hasMore, isLong } = await owedEntries(await db(), size, isShared);
    // A backlog of thousands is not walked again for each write: two thirds of the time are for everything else.
    if (isLong) this.#restUntil = 3 * performance.now() - 2 * began;
    if (this.#generation !== generation) return false;
    this.#entries = entries.filter(({ id }) => !isRunning(id));
    if (hasMore && size < largestWindow) this.#isStale = true;
    return true;
  }
}
