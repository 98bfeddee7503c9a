/** What keeps a side from being current. */
import type { BackendName } from '@banyan/route-table/route-table.ts';
import { kindOf, type Touched } from '../../protocol/keys.ts';
import type { Open, OpenEntries } from './open-entries.ts';

/**
 * What keeps a side from being asked: writes of the other side that are under way (`open`), that the mirror is about to give it
 * (`owed`), or that are stuck or wait behind a stuck one (`pinned`): these take a person.
 */
export type Behind = Record<Exclude<Open['state'], 'left'>, boolean> & {
  /** An owed write began a background job: reads do not wait for it. */
  slow: boolean;
  /** The side is not known to have all that was there before the journal. */
  unknown: boolean;
};

/**
 * What keeps `side` from being current for what a request touches.
 * @param slow kinds of background jobs
 */
export function behind(
  side: BackendName,
  { keys, every }: Touched,
  entries: OpenEntries,
  slow: ReadonlySet<string>,
): Omit<Behind, 'unknown'> {
  const found: Omit<Behind, 'unknown'> = { open: false, owed: false, pinned: false, slow: false };
  const look = (entry: Open) => {
    // Both sides were written to: the side that serves now is right until a person has decided.
    if (entry.state === 'left') found.pinned ||= entry.side === side && entry.overtaken !== null;
    if (entry.side === side || entry.state === 'left') return;
    const state = entry.state === 'owed' && entry.isBlocked ? 'pinned' : entry.state;
    found[state] = true;
    if (state === 'owed') for (const key of entry.keys) found.slow ||= slow.has(kindOf(key));
  };
  for (const key of keys) for (const entry of entries.on(key)) look(entry);
  if (every.length > 0)
    for (const entry of entries.all())
      for (const key of entry.keys) if (every.includes(kindOf(key))) look(entry);
  return found;
}

/** The entities of a kind of which a side still lacks something that is settled. */
export function keysBehind(side: BackendName, kind: string, entries: OpenEntries): Set<string> {
  const keys = new Set<string>();
  for (const entry of entries.all())
    if (entry.side !== side && (entry.state === 'owed' || entry.state === 'pinned'))
      for (const key of entry.keys) if (key.startsWith(`${kind}:`)) keys.add(key);
  return keys;
}

/** The keys of a kind, its list among them, that a write touches which is not on both sides yet, or was left behind. */
export function busyKeys(kind: string, entries: OpenEntries): Set<string> {
  const keys = new Set<string>();
  for (const entry of entries.all()) for (const key of entry.keys) if (kindOf(key) === kind) keys.add(key);
  return keys;
}
