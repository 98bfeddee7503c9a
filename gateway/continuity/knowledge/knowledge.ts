/**
 * Which side is known to have what. Nothing is assumed: until the first sync of a kind has ended, the new backend has only the keys that
 * a comparison or an install has shown. In memory and right for one gateway; the journal's `keys` and `kinds` have the truth.
 */
import type { BackendName, RouteTable } from '@banyan/route-table/route-table.ts';
import { kindOf, kindsOf, type Touched } from '../protocol/keys.ts';
import { LegacyMemory } from './legacy-memory.ts';

export class Knowledge {
  /** What legacy has forgotten or lost. */
  readonly legacy = new LegacyMemory();
  /** Kinds that the new backend may serve although the flags say legacy. */
  #outranks: (kind: string) => boolean = () => true;
  /** Kinds whose first sync has ended: a key that is not listed below is known. */
  readonly #kinds = new Set<string>();
  /** Keys of which something else is known than of their kind. */
  readonly #known = new Set<string>();
  readonly #unknown = new Map<string, Set<string>>();

  /** Whether the new backend is known to have the key, or to have nothing where legacy has nothing either. */
  isKnown(key: string): boolean {
    const kind = kindOf(key);
    return this.#kinds.has(kind) ? !this.#unknown.get(kind)?.has(key) : this.#known.has(key);
  }

  /** Whether the first sync of a kind has ended, so that nothing of it is left that the new backend may lack. */
  isWhole(kind: string): boolean {
    return this.#kinds.has(kind) && !this.#unknown.get(kind)?.size;
  }

  /** Whether a side may lack something that a request touches, other than writes of the journal. */
  lacks(side: BackendName, { keys, every, isForgettable = false }: Touched): boolean {
    if (side === 'legacy')
      return (
        (this.legacy.isBlocked && this.#isOnNew(keys, every)) ||
        keys.some((key) => this.#isLackedByLegacy(key, isForgettable)) ||
        every.some((kind) => this.lostByLegacy(kind).length > 0)
      );
    return keys.some((key) => !this.isKnown(key)) || every.some((kind) => !this.isWhole(kind));
  }

  /**
   * The other side may outrank the flag only where it can serve: legacy lacks nothing where the new backend could not do better.
   * @param outranks whether every write route of a kind is implemented and proven on the new backend
   */
  outranksWhere(outranks: (kind: string) => boolean): void {
    this.#outranks = outranks;
  }

  /** Kinds that the new backend may not serve in legacy's place. */
  unprovenKinds({ routes }: RouteTable): string[] {
    const kinds = new Set(
      routes.flatMap((route) => (route.forgotten || route.recalls ? kindsOf(route) : [])),
    );
    return [...kinds].filter((kind) => !this.#outranks(kind));
  }

  /** Entities of a kind of which legacy has lost what no restart should make it forget, and that the new backend has. */
  lostByLegacy(kind: string): string[] {
    return this.legacy
      .lacking()
      .flatMap(([key, { what }]) =>
        what === 'data' && kindOf(key) === kind && this.#isLackedByLegacy(key, false) ? [key] : [],
      );
  }

  /** Whether the new backend may serve a key if legacy lacks something of it. */
  mayOutrank(key: string): boolean {
    return !isList(key) && this.isKnown(key) && this.#outranks(kindOf(key));
  }

  /** Whether the new backend has all of what a request touches, and may serve it. */
  #isOnNew(keys: readonly string[], every: readonly string[]): boolean {
    const kinds = [...every, ...keys.filter(isList).map(kindOf)];
    return (
      keys.length + every.length > 0 &&
      kinds.every((kind) => this.isWhole(kind) && this.#outranks(kind)) &&
      keys.every((key) => isList(key) || this.mayOutrank(key))
    );
  }

  #isLackedByLegacy(key: string, isForgettable: boolean): boolean {
    return this.legacy.lacks(key, isForgettable) && this.mayOutrank(key);
  }

  /** The new backend was seen to have an entity's key; a list is known once the sync of its kind has ended. */
  learned(key: string): void {
    if (isList(key)) return;
    const kind = kindOf(key);
    this.#unknown.get(kind)?.delete(key);
    if (!this.#kinds.has(kind)) this.#known.add(key);
  }

  /** The new backend may lack something of an entity from now on. */
  forgot(key: string): void {
    if (isList(key)) return;
    const kind = kindOf(key);
    this.#known.delete(key);
    const unknown = this.#unknown.get(kind);
    if (unknown) unknown.add(key);
    else this.#unknown.set(kind, new Set([key]));
  }

  /** The first sync of a kind has ended. */
  ended(kind: string): void {
    this.#kinds.add(kind);
    for (const key of this.#known) if (kindOf(key) === kind) this.#known.delete(key);
  }

  /** How many keys of a kind are known one by one, while its sync goes on. */
  knownOf(kind: string): number {
    let count = 0;
    for (const key of this.#known) if (kindOf(key) === kind) count += 1;
    return count;
  }
}

const isList = (key: string) => key.startsWith('list:');
