/** Gives one entry to the side that did not serve it. */
import { traced } from '@banyan/operations/tracing/spans.ts';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../../../errors.ts';
import { pass } from '../../failpoints.ts';
import type { Entry } from '../../journal/entries.ts';
import type { JournalDb } from '../../journal/tables.ts';
import { otherSide } from '../../protocol/roles.ts';
import { knownOf } from '../../writes/entry-content.ts';
import type { Attempt, ReplayOptions } from './options.ts';
import { ReplayRefused } from './refused.ts';
import { runStages, unjudged } from './stages.ts';
import type { Replay } from './state.ts';

/** Whether the other side may have got it, for all that this error says. */
export function mayHaveArrived(error: unknown, side: BackendName): boolean {
  // `new` does what it was asked under an operation's id once, however often it is asked.
  if (side === 'new') return false;
  if (error instanceof ReplayRefused) return error.mayHaveIt;
  return !(error instanceof BanyanError && error.code === 'backend_unreachable');
}

/** `taken`: the other side has it after writes that overtook it, and what the two sides show is still to be made alike. */
export type Replayed = 'applied' | 'taken';

/**
 * Replays an entry, compares the answers and remembers what the two sides call things.
 * @throws ReplayRefused, BanyanError of the backend
 */
export function replay(
  db: JournalDb,
  entry: Entry,
  options: ReplayOptions & Attempt,
  signal: AbortSignal,
): Promise<Replayed> {
  const { sides } = options;
  const side = otherSide[entry.side];
  const cause = entry.request.trace;
  const attributes = {
    'banyan.route': entry.route,
    'banyan.backend': side,
    'banyan.entry': entry.id,
    'banyan.attempt': entry.attempts + 1,
  };
  const span = { kind: 'consumer', parent: cause ?? null, cause, attributes } as const;
  return traced(`mirror ${entry.route}`, span, async (span) => {
    const route = sides.routeOf(entry.route);
    const replay: Replay = { db, entry, route, side, known: knownOf(entry, sides), options, signal };
    await pass('replay', entry.id);
    const { isLate, judgement = unjudged } = await runStages(replay);
    span.set({ 'banyan.verdict': judgement.verdict });
    return isLate ? 'taken' : 'applied';
  });
}
