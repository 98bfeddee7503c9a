/** Entities in the order in which they were compared, the one that was compared longest ago first. */
import { keyOf } from '../protocol/keys.ts';

interface Entity {
  kind: string;
  id: string;
}

export class Oldest {
  /** A `Map` keeps the order in which its keys were set. */
  readonly #entities = new Map<string, Entity>();
  readonly #first = new Set<string>();

  get size(): number {
    return this.#entities.size;
  }

  /** These are all entities of the kind now. */
  keep(kind: string, ids: readonly string[]): void {
    const keys = new Map(ids.map((id) => [keyOf(kind, id), id]));
    for (const [key, entity] of this.#entities)
      if (entity.kind === kind && !keys.has(key)) this.#entities.delete(key);
    for (const [key, id] of keys) if (!this.#entities.has(key)) this.#entities.set(key, { kind, id });
  }

  /** It is compared before all others. */
  first(key: string): void {
    this.#first.add(key);
  }

  /** The next one; it is the last in the order from now on. */
  next(): Entity | undefined {
    const urgent = [...this.#first].find((key) => this.#entities.has(key));
    const key = urgent ?? this.#entities.keys().next().value;
    if (urgent === undefined) this.#first.clear();
    else this.#first.delete(urgent);
    const entity = key === undefined ? undefined : this.#entities.get(key);
    if (key === undefined || !entity) return undefined;
    this.#entities.delete(key);
    this.#entities.set(key, entity);
    return entity;
  }
}
