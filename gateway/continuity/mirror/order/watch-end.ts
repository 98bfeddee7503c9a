/** Writes that begin a background job are lag until both sides show its end. */
import { setTimeout as pause } from 'node:timers/promises';
import { momentOf } from '@banyan/route-table/local-time.ts';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { Entry } from '../../journal/entries.ts';
import type { JournalDb } from '../../journal/tables.ts';
import type { Expected } from '../../probe/findings.ts';
import type { Known } from '../../protocol/keys.ts';
import { entityKeys } from '../../protocol/keys.ts';
import type { ShownTimes } from '../../sides/shown-times.ts';
import type { Sides } from '../../sides/sides.ts';
import { isStillListed } from './again.ts';
import { laterOf } from './removals.ts';
import { type Look, presumedAt, type Waits } from './waits.ts';
import { type Begun, beginsWork, begunBy, type End, endOn, isListedAsEnded, presumed } from './work.ts';

export interface EndOptions {
  sides: Sides;
  times: ShownTimes;
  waits: Waits;
  /** An end that legacy may never show is presumed after this at the earliest, in milliseconds. */
  presumedAfter?: number | undefined;
  /** Told of entities that legacy has lost something of: it was started again before it had finished the work. */
  onLost?: ((keys: readonly string[], reason: string) => void) | undefined;
}

/** What a replay came to. */
export interface Taken {
  /** Of the replay, where there is one: it may be all that names the work. */
  answer: unknown;
  /** What legacy showed before it was sent there. */
  before: Expected | undefined;
  sentAt: Date;
}

/**
 * Waits for the end on both sides.
 * @returns why legacy has to be given it once more: it was started again before it had finished
 */
export type UntilEnd = (taken: Taken, signal: AbortSignal) => Promise<string | undefined>;

/**
 * To be called before the replay is sent.
 * @returns undefined where such a write ends with its answer
 */
export async function watchEnd(
  db: JournalDb,
  entry: Entry,
  { side, known }: { side: BackendName; known: Known },
  { sides, times, waits, presumedAfter = presumed, onLost }: EndOptions,
): Promise<UntilEnd | undefined> {
  const route = sides.routeOf(entry.route);
  if (!beginsWork(route, sides.table)) return undefined;
  const keys = entityKeys(entry.keys).filter((key) => times.lists(key));
  const listed = async (of: BackendName) => {
    const { raw } = await times.read(of);
    return keys.reduce((sum, key) => sum + (raw.get(key)?.length ?? 0), 0);
  };
  // An earlier attempt may have ended meanwhile; then legacy does not come to show more.
  const shownBefore = side === 'legacy' && entry.mirror === 'owed' ? await listed('legacy') : undefined;

  return async ({ answer, before, sentAt }, signal) => {
    // If no client has seen the answer, the new backend has just made up the name itself.
    const named = side === 'new' && !entry.answer ? { ...known, answer } : known;
    const begun = begunBy(route, named, sides.table);
    if (!begun) return undefined;
    const began = Date.now();
    const onNew = await endOnNew(begun, signal);
    // Where the new backend could make nothing of it, legacy cannot either.
    if (onNew.is !== 'ended' || !onNew.hasSucceeded) return undefined;
    const took = side === 'new' ? Date.now() - began : durationOf(onNew, entry);
    const since = side === 'legacy' ? sentAt : entry.admittedAt;
    const until = since.getTime() + Math.max(presumedAfter, 5 * took);
    const isKnown = await endOnLegacy(begun, before, until, signal);
    if (isKnown) await untilListed(signal);
    else if (!(await isListed())) return lost(begun);
    return undefined;
  };

  /** Whether legacy's lists show the end of work that it knows nothing of any more. */
  async function isListed(): Promise<boolean> {
    if (keys.length === 0 || (await laterOf(db, entry, sides)).hasLost) return true;
    // A number alone would count documents of later uploads too, which the new backend may list already.
    const isThere = await isStillListed(route, known, sides);
    if (isThere !== undefined) return isThere;
    const wanted = shownBefore === undefined ? await listed('new') : shownBefore + 1;
    return (await listed('legacy')) >= wanted;
  }

  /** Of what legacy served itself, the new backend has more from now on. */
  function lost({ key }: Begun): string | undefined {
    const reason = `legacy knows nothing of ${key}, and does not show what came of it: it was started again meanwhile`;
    if (side === 'legacy') return reason;
    onLost?.(keys, reason);
    return undefined;
  }

  /**
   * The new backend loses track of nothing, so nothing is presumed of it. What a sync has brought, it lists without having done the work
   * itself.
   */
  async function endOnNew(begun: Begun, signal: AbortSignal): Promise<End> {
    let end: End = { is: 'unknown' };
    const look = async (): Promise<Look> => {
      end = await endOn('new', begun, { entry, sides, before: undefined });
      return end.is === 'under way' || end.is === 'perhaps' ? { until: undefined } : 'over';
    };
    await waits.wait(waitFor('new', begun), look, signal);
    const isBrought =
      end.is === 'unknown' && (await isListedAsEnded('new', entry, { sides, before: undefined }));
    return isBrought ? { is: 'ended', hasSucceeded: true } : end;
  }

  /** @returns whether legacy knows of the work; it forgets it in a restart */
  async function endOnLegacy(
    begun: Begun,
    before: Expected | undefined,
    until: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    let isKnown = true;
    const shownThen = side === 'legacy' ? before : (entry.expected as Expected | undefined);
    const look = async (): Promise<Look> => {
      const { is } = await endOn('legacy', begun, { entry, sides, before: shownThen });
      isKnown = is !== 'unknown';
      if (is === 'under way') return { until: undefined };
      // Of an entity that is gone, legacy may never show it.
      if (is !== 'perhaps' || (await laterOf(db, entry, sides)).isForgotten) return 'over';
      return presumedAt(until);
    };
    await waits.wait(waitFor('legacy', begun), look, signal);
    return isKnown;
  }

  /** Legacy may say that the work has ended a moment before its list shows it, with its times. */
  async function untilListed(signal: AbortSignal): Promise<void> {
    if (side === 'legacy' ? shownBefore === undefined : (await laterOf(db, entry, sides)).hasLost) return;
    const wanted = shownBefore === undefined ? await listed('new') : shownBefore + 1;
    for (const end = Date.now() + listing; Date.now() < end; ) {
      const shown = await listed('legacy');
      if (shown >= wanted || shown === 0) return;
      await pause(betweenLists, undefined, { signal });
    }
  }

  function waitFor(on: BackendName, { key }: Begun) {
    const { id, route, keys, side: servedBy } = entry;
    return { id, route, keys, side: servedBy, on, work: key, isTaken: true };
  }
}

/** How long a list may lag behind what the same backend says of the work, in milliseconds. */
const listing = 2000;
const betweenLists = 100;

/** Milliseconds that the new backend took, which served the entry; its clock may be in another zone. */
function durationOf({ at = '' }: Extract<End, { is: 'ended' }>, { admittedAt }: Entry): number {
  const took = momentOf(at) - admittedAt.getTime();
  return took > 0 ? Math.min(took, Date.now() - admittedAt.getTime()) : 0;
}
