/** What a replay is given, and what its stages have found out so far. */
import type { Difference } from '@banyan/compare/answer.ts';
import type { BackendName, Route } from '@banyan/route-table/route-table.ts';
import type { Entry } from '../../journal/entries.ts';
import type { JournalDb } from '../../journal/tables.ts';
import type { IdPair } from '../../names/id-registry.ts';
import type { TimePair } from '../../names/time-memory.ts';
import type { Expected } from '../../probe/findings.ts';
import type { StoredAnswer, Verdict } from '../../protocol/entry.ts';
import type { Known } from '../../protocol/keys.ts';
import type { Answers } from '../../sides/sides.ts';
import type { UntilEnd } from '../order/watch-end.ts';
import type { Chain } from './chain.ts';
import type { Attempt, ReplayOptions } from './options.ts';
import type { Replaying } from './replayed-times.ts';

/** What stays as it is from the first stage to the last. */
export interface Replay {
  db: JournalDb;
  entry: Entry;
  route: Route;
  /** The side that is given the entry. */
  side: BackendName;
  /** What the entry says, in public ids. */
  known: Known;
  options: ReplayOptions & Attempt;
  signal: AbortSignal;
}

/** What the other side is seen to have: in place of its answer, where there is none. */
export interface Seen {
  answer: unknown;
  /** It was refused because an earlier attempt had done it: that answer is of no write of a client's. */
  isRefusedAsDone?: boolean;
}

/** Each stage adds what it has found out. */
export interface Found {
  /** Waits for the end of what the entry begins; undefined where it begins nothing. */
  end?: UntilEnd | undefined;
  /** Whether the side's times are read though a later write follows. */
  readsTimes?: boolean;
  /** What an earlier attempt has left on legacy; undefined: legacy has to be asked. */
  earlier?: Seen | undefined;
  chain?: Chain | undefined;
  /** What the side showed before it was asked; of the probe's own shape. */
  expected?: Expected | undefined;
  /** When it was asked, in milliseconds since 1970. */
  sentAt?: number;
  answers?: Answers | undefined;
  /** The same, where the side has done it. An answer that refuses says nothing of names and times. */
  accepted?: Answers | undefined;
  /** What the side shows of it, where no answer tells. */
  seen?: Seen | undefined;
  /** What legacy calls what the entry has made. */
  ids?: IdPair[];
  /** The side's answer as clients would have got it. */
  shown?: StoredAnswer | undefined;
  /** Whether the entry came after writes that overtook it. */
  isLate?: boolean;
  /** What each entity's times on the side are shown as from now on. */
  shownAs?: Map<string, TimePair[]>;
  judgement?: { verdict: Verdict; differences: Difference[] };
}

export const replayingOf = ({ entry, route, options }: Replay, { readsTimes }: Found): Replaying => ({
  entry,
  route,
  times: options.times,
  isFollowed: (keys) => !readsTimes && options.lag.isFollowed(entry.id, keys),
});
