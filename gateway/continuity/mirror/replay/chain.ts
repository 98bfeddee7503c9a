/** One replay of a key follows another on legacy: what is known of its lists goes from the one to the next. */
import type { Route } from '@banyan/route-table/route-table.ts';
import type { Entry } from '../../journal/entries.ts';
import type { Expected } from '../../probe/findings.ts';
import { entityKeys } from '../../protocol/keys.ts';
import type { Attempt } from './options.ts';

export interface Chain {
  /** What legacy is known to show before this replay; undefined where it has to be looked at. */
  expected: Expected | undefined;
  /** Legacy has done what it was asked. @param expected what it showed before */
  goesOn(expected: Expected | undefined): void;
}

/** Takes what the replay before this one has left. */
export function chainOf(
  entry: Entry,
  { probe }: Route,
  { lag, tails, hold }: Pick<Attempt, 'lag' | 'tails' | 'hold'>,
): Chain {
  const keys = entityKeys(entry.keys);
  const known = tails.take(keys);
  // Legacy serves others too where a person has left something behind, or while its model call is held.
  const isAlone = lag.leftOf(keys).length === 0 && !hold;
  const [key] = keys;
  const tail = isAlone && keys.length === 1 && key !== undefined ? known.get(key) : undefined;
  return {
    expected: tail && tail.read === probe?.read ? { count: tail.length } : undefined,
    goesOn(expected: Expected | undefined): void {
      if (!isAlone || !lag.isFollowed(entry.id, keys)) return;
      if (probe?.shows !== 'tail-added') tails.keep(known);
      else if (expected && 'count' in expected && key !== undefined)
        tails.keep([[key, { read: probe.read, length: expected.count + probe.grows }]]);
    },
  };
}
