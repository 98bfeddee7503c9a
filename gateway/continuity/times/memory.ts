/**
 * Times that a side took otherwise than clients were shown them, because it was given the write afterwards. While its value is
 * the remembered one, clients are shown the public one.
 */
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { JournalDb } from '../journal/tables.ts';
import { areOfOneLength } from '../json/splice.ts';

export interface TimePair {
  /** Of the entity that has the time. */
  key: string;
  /** The member's name. */
  field: string;
  /** What the side says. */
  value: string;
  publicValue: string;
}

/** Of one side. */
export class TimeMemory {
  readonly #byKey = new Map<string, TimePair[]>();
  /** How many pairs are of two lengths. */
  #uneven = 0;

  static async load(db: JournalDb): Promise<Record<BackendName, TimeMemory>> {
    const memories = { legacy: new TimeMemory(), new: new TimeMemory() };
    for (const { side, public_value: publicValue, ...pair } of await db
      .selectFrom('times')
      .selectAll()
      .execute())
      memories[side].#add({ ...pair, publicValue });
    return memories;
  }

  /** Stores what is shown of one entity now, in place of what was: a value that the side no longer has is of no use. */
  static async store(
    db: JournalDb,
    side: BackendName,
    key: string,
    pairs: readonly TimePair[],
  ): Promise<void> {
    await db.deleteFrom('times').where('side', '=', side).where('key', '=', key).execute();
    if (pairs.length === 0) return;
    await db
      .insertInto('times')
      .values(pairs.map(({ publicValue, ...pair }) => ({ ...pair, side, public_value: publicValue })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  replace(key: string, pairs: readonly TimePair[]): void {
    for (const pair of this.#byKey.get(key) ?? []) if (isUneven(pair)) this.#uneven -= 1;
    this.#byKey.delete(key);
    for (const pair of pairs) this.#add(pair);
  }

  #add(pair: TimePair): void {
    const pairs = this.#byKey.get(pair.key);
    if (pairs) pairs.push(pair);
    else this.#byKey.set(pair.key, [pair]);
    if (isUneven(pair)) this.#uneven += 1;
  }

  /** What clients are shown for a value of a field; the same time stands under other names in other lists. */
  publicOf(key: string, field: string, value: string): string {
    const fits = this.#byKey.get(key)?.filter((pair) => pair.value === value) ?? [];
    return (fits.find((pair) => pair.field === field) ?? fits[0])?.publicValue ?? value;
  }

  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }

  /** Whether either time of every pair takes the same room in an answer. */
  get keepsLength(): boolean {
    return this.#uneven === 0;
  }
}

const isUneven = ({ value, publicValue }: TimePair) => !areOfOneLength(value, publicValue);
