/**
 * The times that a replay brings with it: what `new` is told of legacy's, and what clients are shown from now on instead of
 * those that a side has made up. Where the next write to the same entity waits already, they are left to that one.
 */
import type { BackendName, Route } from '@banyan/route-table/route-table.ts';
import type { Entry } from '../journal/entries.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import type { TimePair } from '../times/memory.ts';
import { entityKeys, type ShownTimes, type TimesByKey, timePairs } from '../times/shown-times.ts';

export interface Replaying {
  entry: Entry;
  route: Route;
  times: ShownTimes;
  /** Whether the other side is still to be given a later write to all of these. */
  isFollowed(keys: readonly string[]): boolean;
}

const keysWithTimes = ({ entry, times, isFollowed }: Replaying): string[] => {
  const keys = entityKeys(entry.keys).filter((key) => times.lists(key));
  return isFollowed(keys) ? [] : keys;
};

/** The times that clients have seen of what a write on legacy changed. */
export async function legacyTimes(replaying: Replaying): Promise<Record<string, string>> {
  const { entry, route, times } = replaying;
  // What was made is told with its answer.
  if (entry.answer && times.inAnswer(route, entry.answer.body, 'new')) return {};
  const keys = keysWithTimes(replaying);
  if (keys.length === 0) return {};
  const { shown } = await times.read('legacy');
  return Object.fromEntries(
    keys.flatMap((key) => shown.get(key) ?? []).map(({ field, value }) => [field, value]),
  );
}

/**
 * The numbers that legacy shows of what a write changed. Legacy may have lost some where writes overlapped: then they are read for
 * each of those, as the write that waits behind may be one that counts nothing.
 */
export async function legacyCounts({ entry, times, isFollowed }: Replaying): Promise<Record<string, number>> {
  const keys = entityKeys(entry.keys).filter((key) => times.lists(key));
  if (keys.length === 0 || !times.listsCounts || (isFollowed(keys) && !entry.overlapped)) return {};
  const { counts } = await times.read('legacy');
  return Object.assign({}, ...keys.map((key) => counts.get(key))) as Record<string, number>;
}

/** What the side shows of the entities now, and what clients know. @param raw its answer; undefined where there is none */
export async function timesOf(
  side: BackendName,
  raw: StoredAnswer | undefined,
  replaying: Replaying,
): Promise<Map<string, TimePair[]>> {
  const { entry, route, times } = replaying;
  const made = raw && entry.answer && times.inAnswer(route, raw.body, side);
  const told = made && entry.answer && times.inAnswer(route, entry.answer.body, 'new');
  if (made && told) return paired([...made.keys()], made, told);
  const keys = keysWithTimes(replaying);
  if (keys.length === 0) return new Map();
  const [own, known] = await Promise.all([times.read(side), times.read(entry.side)]);
  return paired(keys, own.raw, known.shown);
}

const paired = (keys: readonly string[], own: TimesByKey, shown: TimesByKey) =>
  new Map(keys.map((key) => [key, timePairs(key, own.get(key) ?? [], shown.get(key) ?? [])]));
