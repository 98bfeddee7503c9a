/**
 * Times that legacy took later than clients were shown them, because it was given the write afterwards. While legacy's value
 * is the remembered one, clients are shown the public one.
 */
import type { JournalDb } from '../journal/tables.ts';

export interface TimePair {
  /** Of the entity that has the time. */
  key: string;
  /** The member's name. */
  field: string;
  legacyValue: string;
  publicValue: string;
}

export class TimeMemory {
  /** By key, then by legacy's value: the same time stands under different names in different lists. */
  readonly #byKey = new Map<string, TimePair[]>();

  static async load(db: JournalDb): Promise<TimeMemory> {
    const memory = new TimeMemory();
    for (const row of await db.selectFrom('times').selectAll().execute())
      memory.add({
        ...{ key: row.key, field: row.field },
        ...{ legacyValue: row.legacy_value, publicValue: row.public_value },
      });
    return memory;
  }

  /** Stores what is shown of one entity now, in place of what was: a value that legacy no longer has is of no use. */
  static async store(db: JournalDb, key: string, pairs: readonly TimePair[]): Promise<void> {
    await db.deleteFrom('times').where('key', '=', key).execute();
    if (pairs.length === 0) return;
    await db
      .insertInto('times')
      .values(
        pairs.map((pair) => ({
          ...{ key, field: pair.field },
          ...{ legacy_value: pair.legacyValue, public_value: pair.publicValue },
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  replace(key: string, pairs: readonly TimePair[]): void {
    this.#byKey.delete(key);
    for (const pair of pairs) this.add(pair);
  }

  add(pair: TimePair): void {
    const pairs = this.#byKey.get(pair.key);
    if (pairs) pairs.push(pair);
    else this.#byKey.set(pair.key, [pair]);
  }

  /** What clients are shown for legacy's value of a field. */
  publicOf(key: string, field: string, legacyValue: string): string {
    const fits = this.#byKey.get(key)?.filter((pair) => pair.legacyValue === legacyValue) ?? [];
    return (fits.find((pair) => pair.field === field) ?? fits[0])?.publicValue ?? legacyValue;
  }

  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }
}
