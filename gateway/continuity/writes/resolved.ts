/** What is written down once it is known what became of a write in doubt. */
import type { Alarms } from '../alarms/alarms.ts';
import { type Entry, isToBeFed, momentAgo } from '../journal/entries.ts';
import type { Journal } from '../journal/journal.ts';
import { parseBody } from '../json/parse-body.ts';
import type { Tie } from '../model-calls/tie.ts';
import type { Done, Expected, Finding } from '../probe/findings.ts';
import { lookAfter } from '../probe/probe.ts';
import { type Known, madeKeys } from '../protocol/keys.ts';
import type { Sides } from '../sides/sides.ts';
import { answerOf, requestOf, sameIds } from './entry-content.ts';

export interface ResolvedGround {
  journal: Journal;
  sides: Sides;
  tie: Tie;
  alarms: Alarms;
}

/** What an entry's request says. */
export const requestKnownOf = (entry: Entry, sides: Sides): Known => ({
  params: sides.paramsOf(entry.request.target),
  request: requestOf(sides.routeOf(entry.route), entry),
});

/** Probes legacy for the effect of a write. */
export function lookFor(entry: Entry, sides: Sides): Promise<Finding> {
  const route = sides.routeOf(entry.route);
  const sentAt = momentAgo(entry, entry.admittedAgo);
  return lookAfter(sides, 'legacy', {
    route,
    known: requestKnownOf(entry, sides),
    expected: entry.expected as Expected | undefined,
    sentAt,
    until: sentAt + route.longest,
    isTaken: (kind, id) => sides.names.ids.knows(kind, id),
    isOverlapped: entry.overlapped,
  });
}

/** Another gateway has resolved the write. */
export function learnResolved(entry: Entry, { journal, sides }: ResolvedGround): void {
  const answer = answerOf(entry);
  const isOwed = entry.mirror === 'owed' || entry.mirror === 'sending';
  const pairs = entry.side === 'legacy' ? sameIds(sides.routeOf(entry.route), { params: {}, answer }) : [];
  for (const pair of pairs) sides.names.ids.add(pair);
  journal.resolvedElsewhere(entry.id, entry.keys, isOwed);
}

/** The new backend has done the write, and answers the same again. */
export async function settleAsStored(
  entry: Entry,
  { sides, journal }: ResolvedGround,
  signal: AbortSignal,
): Promise<void> {
  const route = sides.routeOf(entry.route);
  const known = requestKnownOf(entry, sides);
  const { request, body, id } = entry;
  const sending = { route, request, body, params: known.params, operation: { id } };
  const { shown } = await sides.send('new', sending, signal);
  const answered: Known = { ...known, answer: parseBody(shown.body) };
  const owed = shown.status < 400 && isToBeFed(entry);
  const made = madeKeys(route, answered);
  await journal.settle({ id, answer: shown, owed, madeKeys: made, ids: [] }, 'new');
}

/** A probe has seen the write on legacy, or a person has. */
export async function settleAsSeen(
  entry: Entry,
  { learned }: Done,
  { sides, journal, tie, alarms }: ResolvedGround,
): Promise<void> {
  const { id } = entry;
  const route = sides.routeOf(entry.route);
  const answered: Known = { ...requestKnownOf(entry, sides), answer: learned };
  const untied = tie.untiedCallOf('legacy', id);
  if (untied?.isRoutes) alarms.raise(route.key, 'untied_model_call', { example: untied.example });
  const settlement = {
    id,
    answer: undefined,
    learned: learned ?? null,
    owed: isToBeFed(entry),
    madeKeys: madeKeys(route, answered),
    ids: sameIds(route, answered),
  };
  await journal.settle(settlement, 'legacy');
}
