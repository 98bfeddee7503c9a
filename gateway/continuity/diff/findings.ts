/** What comparisons have found so far: how many, and which keys differ now as far as is known. */
import type { Comparison } from '../comparison/outcome.ts';
import { type KeyDifferences, keyDifferences } from './report.ts';

export type Found = 'equal' | 'different' | 'disturbed' | 'unavailable';

const mostKept = 1000;

export class Findings {
  readonly counts: Record<Found, number> = { equal: 0, different: 0, disturbed: 0, unavailable: 0 };
  /** By key and what of it was looked at. */
  readonly #different = new Map<string, KeyDifferences>();
  readonly #onDifferent: (key: string, differences: KeyDifferences) => void;

  /** @param onDifferent told once for a key, until it was found equal again */
  constructor(onDifferent: (key: string, differences: KeyDifferences) => void) {
    this.#onDifferent = onDifferent;
  }

  note(key: string, part: 'rows' | 'reads', comparison: Comparison): void {
    this.counts[comparison.outcome] += 1;
    const name = `${part} ${key}`;
    if (comparison.outcome === 'equal') this.#different.delete(name);
    if (comparison.outcome !== 'different') return;
    const found = keyDifferences(key, comparison.differences);
    if (!this.#different.has(name)) this.#onDifferent(key, found);
    if (this.#different.size < mostKept) this.#different.set(name, found);
  }

  /** What was found to differ and has not been seen equal since. */
  get different(): KeyDifferences[] {
    return [...this.#different.values()];
  }

  /** What a diff of everything has found. */
  add({ equal, different, disturbed, unavailable }: Record<Found, number>): void {
    this.counts.equal += equal;
    this.counts.different += different;
    this.counts.disturbed += disturbed;
    this.counts.unavailable += unavailable;
  }

  /** Everything was compared anew. */
  clear(): void {
    this.#different.clear();
  }
}
