/**
 * Which id of legacy's stands for which public id, which is the one that clients have seen. The new backend always has the public
 * ids. Both directions are in memory, as every request asks for them. Ids of deleted things stay, as legacy still answers to them.
 */
import { areOfOneLength } from '../json/splice.ts';

export interface IdPair {
  kind: string;
  publicId: string;
  legacyId: string;
}

export class IdRegistry {
  readonly #toLegacy = new Map<string, string>();
  readonly #toPublic = new Map<string, string>();
  /** Kinds of which some pair differs: for the others there is nothing to rewrite. */
  readonly #differing = new Set<string>();
  /** Kinds of which some pair is of two lengths. */
  readonly #uneven = new Set<string>();

  constructor(pairs: Iterable<IdPair> = []) {
    for (const pair of pairs) this.add(pair);
  }

  add({ kind, publicId, legacyId }: IdPair): void {
    this.#toLegacy.set(`${kind} ${publicId}`, legacyId);
    this.#toPublic.set(`${kind} ${legacyId}`, publicId);
    if (publicId !== legacyId) this.#differing.add(kind);
    if (!areOfOneLength(publicId, legacyId)) this.#uneven.add(kind);
  }

  /** An id that is not known passes as it is. */
  legacyOf(kind: string, publicId: string): string {
    return this.#toLegacy.get(`${kind} ${publicId}`) ?? publicId;
  }

  publicOf(kind: string, legacyId: string): string {
    return this.#toPublic.get(`${kind} ${legacyId}`) ?? legacyId;
  }

  /** Whether it was learned, under whichever name. */
  knows(kind: string, id: string): boolean {
    return this.#toPublic.has(`${kind} ${id}`) || this.#toLegacy.has(`${kind} ${id}`);
  }

  differs(kind: string): boolean {
    return this.#differing.has(kind);
  }

  /** Whether either id of every pair takes the same room in an answer. */
  keepsLength(kind: string): boolean {
    return !this.#uneven.has(kind);
  }
}
