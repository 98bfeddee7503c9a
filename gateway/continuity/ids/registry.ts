/**
 * Which id of legacy's stands for which that clients have seen. `new` always has the public ones. Both directions are in
 * memory: they are asked for with every request. Ids of deleted things stay, as legacy still answers to them.
 */
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import type { JournalDb } from '../journal/tables.ts';
import { areOfOneLength } from '../json/splice.ts';
import { isMappable } from './unsupported.ts';

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

  /** Pairs that are not of the format that the table declares now are not mapped, whoever wrote them down. */
  static async load(db: JournalDb, { routes }: RouteTable): Promise<IdRegistry> {
    const registry = new IdRegistry();
    const fields = new Map(routes.flatMap(({ ids }) => ids.map((field) => [field.kind, field])));
    const rows = await db.selectFrom('ids').selectAll().execute();
    for (const row of rows) {
      const pair = { kind: row.kind, publicId: row.public_id, legacyId: row.legacy_id };
      const field = fields.get(row.kind);
      if (!field || isMappable(field, pair)) registry.add(pair);
    }
    return registry;
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
