/** Writes that only begin something are lag until both sides show its end. */
import { setTimeout as pause } from 'node:timers/promises';
import type { BackendName } from '../../../contract/route-table.ts';
import type { Entry } from '../journal/entries.ts';
import type { Known } from '../keys/keys.ts';
import type { Sides } from '../sides/sides.ts';
import { entityKeys, type ShownTimes } from '../times/shown-times.ts';
import { beginsWork, begunBy, between, endOn, hasSucceeded, presumed } from './work.ts';

/** Waits for the end on both sides. @param answer of the replay, where there is one: it may be all that names the work */
export type UntilEnd = (answer: unknown, signal: AbortSignal) => Promise<void>;

/**
 * To be called before the replay is sent.
 * @returns undefined where such a write ends with its answer
 */
export async function watchEnd(
  entry: Entry,
  side: BackendName,
  known: Known,
  { sides, times }: { sides: Sides; times: ShownTimes },
): Promise<UntilEnd | undefined> {
  const route = sides.routeOf(entry.route);
  if (!beginsWork(route, sides.table)) return undefined;
  const keys = entityKeys(entry.keys).filter((key) => times.lists(key));
  const count = async (of: BackendName) => {
    const { raw } = await times.read(of);
    return keys.reduce((sum, key) => sum + (raw.get(key)?.length ?? 0), 0);
  };
  // What an earlier attempt has sent may have ended meanwhile; what is shown then does not get more.
  const before = side === 'legacy' && entry.mirror === 'owed' ? await count('legacy') : undefined;
  return async (answer, signal) => {
    // Of a write whose answer nobody has seen, `new` has just made up the name itself.
    const named = side === 'new' && !entry.answer ? { ...known, answer } : known;
    const begun = begunBy(route, named, sides.table);
    if (!begun) return;
    const began = performance.now();
    const verdict = await endOn('new', begun, sides, signal);
    const patience = Math.max(presumed, 5 * (performance.now() - began));
    // Where `new` could not make anything of it, legacy cannot either.
    if (verdict === undefined || !(await hasSucceeded(begun, sides))) return;
    const wanted = before === undefined ? await count('new') : before + 1;
    while (performance.now() - began < patience) {
      if ((await count('legacy')) >= wanted) return;
      await pause(between, undefined, { signal });
    }
  };
}
