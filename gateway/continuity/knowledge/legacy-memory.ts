/**
 * What legacy is known to lack. Each restart begins another incarnation of legacy, and makes it forget what the route table declares: of
 * every key, until a comparison shows that legacy has it. In memory; the journal's `keys` and `incarnations` have the truth.
 */

/** `forgotten`: what the route table declares that a restart makes legacy forget. `data`: anything else too. */
export interface Lack {
  what: 'forgotten' | 'data';
  /** For people. */
  reason: string;
}

/** From admitting a write to sending it, in milliseconds, with much to spare: what is sent later may reach the next process. */
const mostUntilSent = 500;

export class LegacyMemory {
  #incarnation = 1;
  /** The incarnation in which legacy was last known to have all of a key. A key that is missing had all in the first one. */
  readonly #had = new Map<string, number>();
  readonly #lacks = new Map<string, Lack>();
  #awayAt = Number.NEGATIVE_INFINITY;
  #changed = new Set<string>();
  /** It came back without much of its data: nothing is written to it until a person decides. */
  isBlocked = false;

  /** The present one. */
  get incarnation(): number {
    return this.#incarnation;
  }

  /** Only grows. @param awayAt when no process of legacy was there before it, by `performance.now()`, if that was seen */
  restarted(incarnation: number, awayAt = Number.NEGATIVE_INFINITY): void {
    this.#incarnation = Math.max(this.#incarnation, incarnation);
    this.#awayAt = Math.max(this.#awayAt, awayAt);
  }

  /** Whether the process that got what was admitted then is gone: legacy was away since, and came back as another process. */
  isGone(admitted: number): boolean {
    return admitted + mostUntilSent < this.#awayAt;
  }

  /** From the journal. */
  loaded(key: string, incarnation: number | null, lack: Lack | undefined): void {
    if (incarnation !== null) this.#had.set(key, incarnation);
    if (lack) this.#lacks.set(key, lack);
  }

  /** Legacy has all of a key in this incarnation: it has made it, or a comparison has shown it. */
  has(key: string): void {
    this.#lacks.delete(key);
    // Before the first restart legacy has everything, and a missing entry says so.
    if (this.#incarnation === 1) return;
    this.#had.set(key, this.#incarnation);
    this.#changed.add(key);
  }

  lost(key: string, lack: Lack): void {
    this.#lacks.set(key, lack);
    this.#changed.add(key);
  }

  /** Whether legacy may lack something of a key. @param isForgettable whether what is asked may be forgotten */
  lacks(key: string, isForgettable: boolean): boolean {
    const lack = this.#lacks.get(key);
    if (lack?.what === 'data') return true;
    return isForgettable && (lack !== undefined || !this.hasAll(key));
  }

  /** Whether legacy was seen to have all of a key in this incarnation. */
  hasAll(key: string): boolean {
    return !this.#lacks.has(key) && (this.#had.get(key) ?? 1) >= this.#incarnation;
  }

  lackOf(key: string): Lack | undefined {
    return this.#lacks.get(key);
  }

  /** Keys that legacy was seen to lack something of. */
  lacking(): readonly (readonly [key: string, lack: Lack])[] {
    return [...this.#lacks];
  }

  /** What has changed since it was last asked, to be written down. */
  takeChanges(): { key: string; incarnation: number | undefined; lack: Lack | undefined }[] {
    const changed = this.#changed;
    this.#changed = new Set();
    return [...changed].map((key) => ({ key, incarnation: this.#had.get(key), lack: this.#lacks.get(key) }));
  }

  /** They could not be written down. */
  keepChanges(keys: readonly string[]): void {
    for (const key of keys) this.#changed.add(key);
  }
}
