/**
 * Times that one side set for itself, because it was given a write later than clients saw it. While the side still shows the
 * remembered time, clients are shown the public one.
 */
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

  constructor(pairs: Iterable<TimePair> = []) {
    for (const pair of pairs) this.#add(pair);
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
