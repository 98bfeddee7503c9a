/** A write whose outcome is not known, as its probe is told of it. */
import type { Route } from '@banyan/route-table/route-table.ts';
import type { Known } from '../protocol/keys.ts';
import type { Offset } from '../sides/legacy-clock.ts';

/** What a backend showed before the write; `unread`: why it did not show it, so that nothing can be counted afterwards. */
export type Expected =
  /**
   * Elements of the list that the write adds to; of those that are alike, where it has no id in the end. `ended`: how many of
   * those had come to their end. `there`: ids of those that had not.
   */
  { count: number; ended?: number; there?: string[] } | { unread: string };

export interface Doubt {
  route: Route;
  /** In public ids; `answer` where the client's is known, as of a replay. */
  known: Known;
  expected: Expected | undefined;
  /** When it was sent, by this process' clock, in milliseconds; rather too early than too late. */
  sentAt: number;
  /** When the backend had done it at the latest; now unless told. */
  until?: number;
  /** How far the backend's times are from this process' clock; none unless told. */
  clock?: Offset;
  /** Whether the backend had it before the write was sent; undefined where nobody looked. */
  wasThere?(kind: string, id: string): boolean | undefined;
  /** Ids of legacy's that are taken: by an entry of the journal. */
  isTaken(kind: string, id: string): boolean;
  /** Whether others may have written the same meanwhile: then a number that has grown says nothing. */
  isOverlapped: boolean;
}
