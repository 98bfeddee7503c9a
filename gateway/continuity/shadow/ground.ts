/** What comparing reads needs of a journal. */
import type { BackendName, Route } from '@banyan/route-table/route-table.ts';
import type { BackendRequest, BackendResponse } from '../../backends/backend.ts';
import type { Routed } from '../protocol/continuity.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import type { Tally } from './tally.ts';

export interface ShadowGround {
  /** Where replayed writes are counted too. */
  tally: Tally;
  /**
   * Watches what a read touches.
   * @returns undefined where it is being written, or one side has not been given all of it
   */
  watch(read: Routed): Watch | undefined;
  /** The same of a list, of which the rows that are being written may be left out. */
  watchRows(read: Routed): RowWatch | undefined;
  /** Resolves with the next change of what is being written or given to a side, or after `milliseconds`. */
  change(milliseconds: number): Promise<void>;
  /** Asks a side a read in the names that it knows. @throws BanyanError as `Backend.send` */
  ask(
    side: BackendName,
    read: Routed,
    request: Pick<BackendRequest, 'method' | 'target' | 'rawHeaders'>,
    signal: AbortSignal,
  ): Promise<BackendResponse>;
  /** A list with those rows of another side's that `isFromThere` names by the keys of their entities. */
  merged(
    route: Route,
    here: StoredAnswer,
    there: StoredAnswer,
    isFromThere: (key: string) => boolean,
  ): StoredAnswer;
  /** An answer of a side's as clients know it. */
  shown(side: BackendName, route: Route, answer: StoredAnswer): StoredAnswer;
}

export interface Watch {
  /** Whether a write to it was begun meanwhile. */
  readonly isDisturbed: boolean;
  end(): void;
}

export interface RowWatch extends Watch {
  /** Whether a row's entity is being written, or was since the watch began. */
  isMoving(key: string): boolean;
}
