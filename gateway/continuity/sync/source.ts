/**
 * What the application provides for the first sync: readings of what legacy has, and how the new backend takes one over. The
 * engine decides which entity is read when, and discards a reading that a write may have disturbed.
 */
import type { JournalTx } from '../journal/tables.ts';

/** One reading of everything that legacy has of the entities of one kind. */
export interface SyncSource {
  /** The kind of entity, as in the route table's keys: `chat`. */
  readonly kind: string;
  /**
   * Ids of all entities that legacy has, listed or not, under legacy's ids, in the order in which they are best installed. One cheap
   * reading.
   * @throws BanyanError `source_unreadable` if it cannot tell
   */
  ids(signal: AbortSignal): Promise<readonly string[]>;
  /**
   * What legacy has of these entities now. Undefined stands for "nothing": a deleted or never made entity. A `BanyanError` in place
   * of a snapshot says why this entity cannot be read now; the other snapshots are valid. Read while legacy runs, so a write that is
   * in flight may be in the snapshot in part. The snapshots are in memory together: ask for some hundred at once.
   * @throws BanyanError `source_unreadable` if none can be read
   */
  snapshots(legacyIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, unknown>>;
  /**
   * Replaces the new backend's state of one entity with the snapshot, or removes it if undefined, in the caller's transaction. The
   * public id may differ from legacy's. Work that the new backend has in process for the entity stays.
   * @returns true if the new backend had the entity in another state before; false if it did not have it, or had this state
   */
  install(tx: JournalTx, publicId: string, snapshot: unknown, names: PublicNames): Promise<boolean>;
  /**
   * Brings what is common to all entities (order of the list) to legacy's state; called under a hold of the list.
   * @param publicIds in the order of `ids`
   */
  installList?(tx: JournalTx, publicIds: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Public times that clients have already seen of the entity in place of legacy's; empty for an entity that no journal entry touched. */
export interface PublicNames {
  /** @param field the member's name in legacy's answers: `updated_at` */
  publicTime(field: string, legacyValue: string): string | undefined;
}
