/** What a person decides about an entry that could not be given to the other side. */
import type { Logger } from '../../log.ts';
import { loadEntry } from '../journal/entries.ts';
import { fenced } from '../journal/fenced.ts';
import type { Journal } from '../journal/journal.ts';
import { markRetried, markSkipped } from '../journal/mirrored.ts';
import type { Marks } from '../journal/replay-marks.ts';
import { storeTimes } from '../journal/stored-names.ts';
import type { IdPair } from '../names/id-registry.ts';
import { otherSide } from '../protocol/roles.ts';
import type { ShownTimes } from '../sides/shown-times.ts';
import type { Sides } from '../sides/sides.ts';
import type { Ahead } from './ahead.ts';
import { timesOf } from './replay/replayed-times.ts';

/** Whether the other side has done the stuck write. `ids`: legacy's ids of the entities that the write has made. */
export type Decision = { done: true; ids: readonly IdPair[] } | { done: false };

export interface DecisionGround {
  journal: Journal;
  sides: Sides;
  times: ShownTimes;
  marks: Marks;
  ahead: Ahead;
  log: Logger;
  /** Forgets that the entry failed, and what is known for the replay that follows it. @param isOver it is never replayed again */
  forget(id: string, isOver: boolean): void;
  /** What is owed has changed. */
  kick(): void;
}

/** The other side is given the entry again. @returns whether it had been given up */
export async function retry(id: string, { journal, forget, kick }: DecisionGround): Promise<boolean> {
  const isRetried = await fenced(await journal.db(), journal.fence, (tx) => markRetried(tx, id));
  if (!isRetried) return false;
  forget(id, false);
  journal.lag.pinned(id, false);
  kick();
  return true;
}

/** The other side is never given the entry. @returns whether it was still owed */
export async function skip(id: string, reason: string, ground: DecisionGround): Promise<boolean> {
  const { journal, ahead, log, forget, kick } = ground;
  const decided = ahead.decide(id);
  const isSkipped = await fenced(await journal.db(), journal.fence, (tx) =>
    markSkipped(tx, id, reason),
  ).finally(decided);
  if (!isSkipped) return false;
  log.warn({ entry: id, reason }, 'a write is never given to the other side');
  forget(id, true);
  await rememberTimes(id, ground).catch((error: unknown) =>
    log.warn({ err: error, entry: id }, 'the times that were left to a skipped write are not known'),
  );
  journal.lag.gone(id);
  kick();
  return true;
}

/** @returns whether the entry was stuck */
export async function decide(id: string, decision: Decision, ground: DecisionGround): Promise<boolean> {
  const { journal, log, forget, kick } = ground;
  const { done } = decision;
  const isDecided = decision.done
    ? await countAsDone(id, decision.ids, ground)
    : await countAsNotSent(id, journal);
  if (!isDecided) return false;
  log.warn({ entry: id, done }, 'a person has decided whether the other side has done a write');
  forget(id, done);
  if (done) journal.lag.gone(id);
  else journal.lag.pinned(id, false);
  kick();
  return true;
}

/** An earlier write may have left its times to this one. */
async function rememberTimes(id: string, { journal, sides, times }: DecisionGround): Promise<void> {
  const db = await journal.db();
  const entry = await loadEntry(db, id);
  if (!entry) return;
  const side = otherSide[entry.side];
  const isFollowed = (keys: readonly string[]) => journal.lag.isFollowed(id, keys);
  const route = sides.routeOf(entry.route);
  for (const [key, pairs] of await timesOf(side, undefined, { entry, route, times, isFollowed })) {
    await storeTimes(db, side, key, pairs);
    sides.names.times[side].replace(key, pairs);
  }
}

/** The other side has it, under these names. @returns whether it was stuck */
async function countAsDone(
  id: string,
  ids: readonly IdPair[],
  { journal, sides, times, marks }: DecisionGround,
): Promise<boolean> {
  const entry = await loadEntry(await journal.db(), id);
  if (!entry?.pinned) return false;
  const side = otherSide[entry.side];
  // Known before the times are read: what legacy shows then is in public ids.
  for (const pair of ids) sides.names.ids.add(pair);
  const route = sides.routeOf(entry.route);
  const isFollowed = (keys: readonly string[]) => journal.lag.isFollowed(id, keys);
  const shown = await timesOf(side, undefined, { entry, route, times, isFollowed });
  const judged = { verdict: 'unknown' as const, differences: [] };
  await marks.applied({ id, side, answer: undefined, ids, times: shown, ...judged });
  for (const [key, pairs] of shown) sides.names.times[side].replace(key, pairs);
  return true;
}

/** The other side has not done it: it is sent without another look. @returns whether it was stuck */
async function countAsNotSent(id: string, journal: Journal): Promise<boolean> {
  const { numUpdatedRows } = await (await journal.db())
    .updateTable('entries')
    .set({ pinned: false, attempts: 0, mirror: 'owed' })
    .where('id', '=', id)
    .where('pinned', 'is', true)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
