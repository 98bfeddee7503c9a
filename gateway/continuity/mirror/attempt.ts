/** One attempt to give an entry to the other side, and what is written down where it fails. */
import { isAway } from '@banyan/operations/db/away.ts';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { Logger } from '../../log.ts';
import { pass } from '../failpoints.ts';
import { loadEntry } from '../journal/entries.ts';
import { fenced } from '../journal/fenced.ts';
import type { Journal } from '../journal/journal.ts';
import { lacksSkipped } from '../journal/lacking.ts';
import { markFailed } from '../journal/mirrored.ts';
import type { Hold } from '../model-calls/hold.ts';
import type { Ahead } from './ahead.ts';
import { attempts, type Failures } from './failures.ts';
import type { Attempt, ReplayOptions } from './replay/options.ts';
import { ReplayRefused } from './replay/refused.ts';
import { mayHaveArrived, type Replayed, replay } from './replay/replay.ts';

export interface AttemptGround {
  options: ReplayOptions & Pick<Attempt, 'lag' | 'tails'>;
  journal: Journal;
  ahead: Ahead;
  failures: Failures;
  log: Logger;
  signal: AbortSignal;
  /** Called as soon as the other side has the entry and its names are known. */
  onTaken(id: string): void;
}

/**
 * @param hold of its model call
 * @returns `pinned` where nothing is sent, as a person has to decide first. @throws as `replay`
 */
export async function attemptReplay(
  id: string,
  ground: AttemptGround,
  hold?: Hold,
): Promise<Replayed | 'pinned'> {
  const { journal, ahead, failures, signal } = ground;
  const db = await journal.db();
  const { entry: prefetched, marked } = ahead.take(id);
  const entry = prefetched ?? (await loadEntry(db, id));
  if (entry?.pinned) return 'pinned';
  if (entry?.mirror !== 'owed' && entry?.mirror !== 'sending') return 'applied';
  const attempt = {
    marked,
    hold,
    onTaken: () => ground.onTaken(id),
    isRepeated: failures.has(id) || journal.lag.isFromBefore(id),
  };
  return replay(db, entry, { ...ground.options, ...attempt }, signal);
}

/** An entry that a person has to look at is pinned; all others are tried again later. */
export async function noteFailure(
  id: string,
  side: BackendName,
  error: unknown,
  { journal, failures, log, signal, options }: AttemptGround,
): Promise<void> {
  const times = failures.add(id);
  // What a backend says may read like what a database says.
  const isOfDatabase = !(error instanceof ReplayRefused) && isAway(error);
  if (signal.aborted || isOfDatabase || journal.isClaimLost(error)) return;
  const fault = error instanceof Error ? error.message : String(error);
  const pinned = error instanceof ReplayRefused && (error.isFinal || times >= attempts);
  log.warn({ entry: id, side, fault, times, pinned }, 'a write could not be given to the other side');
  await pass('failing', id);
  const failure = { id, fault, pinned, mayHaveIt: mayHaveArrived(error, side) };
  await fenced(await journal.db(), journal.fence, (tx) => markFailed(tx, failure));
  if (!pinned) return;
  journal.lag.pinned(id, true);
  if (error.isAlarmed) return;
  const db = await journal.db();
  const entry = await loadEntry(db, id);
  if (entry && !(await lacksSkipped(db, entry))) options.onDivergence?.(entry.route);
}
