/** What an application does for the first sync, as only it can read legacy's state and write the new backend's. */
import type { JournalTx } from '../journal/tables.ts';

/** Times that clients have seen of an entity in the place of legacy's own. */
export interface PublicNames {
  publicTime(field: string, legacyValue: string): string | undefined;
}

/** Reads what legacy has of the entities of one kind, while legacy runs, and gives it to the new backend. */
export interface SyncSource {
  /** The kind of entity, as in the route table's keys: `chat`. */
  readonly kind: string;
  /** Ids of all entities that legacy has, in its lists or not, under legacy's ids. One cheap reading. @throws if it cannot tell */
  ids(signal: AbortSignal): Promise<readonly string[]>;
  /** What legacy has of these entities now. Undefined: nothing, as of an entity that is deleted or was never made. */
  snapshots(legacyIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, unknown>>;
  /**
   * Replaces the new backend's state of one entity by the snapshot, or removes the entity if that is undefined, in the caller's
   * transaction. @returns whether the new backend had another state before
   */
  install(tx: JournalTx, publicId: string, snapshot: unknown, names: PublicNames): Promise<boolean>;
  /** Brings what is common to all entities to legacy's state, as their order; called while nothing can change the list. */
  installList?(tx: JournalTx, publicIds: readonly string[]): Promise<void>;
  close(): Promise<void>;
}
