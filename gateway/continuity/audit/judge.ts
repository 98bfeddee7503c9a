/** What is to be done about a key that was written to directly on legacy. */
import type { Difference } from '@banyan/compare/answer.ts';
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import { type ComparisonOptions, compareKey } from '../comparison/compare-key.ts';
import type { Journal } from '../journal/journal.ts';
import { type KeyFacts, keyFacts, type NewConflict } from '../journal/outside.ts';
import { parseBody } from '../json/parse-body.ts';
import type { StoredAnswer, TwoAnswers } from '../protocol/entry.ts';
import { contained, takesAway } from './contains.ts';
import type { Suspect } from './list-audit.ts';

export interface JudgeOptions {
  journal: Journal;
  comparing: ComparisonOptions;
}

/** A suspect, or a key that the sampled audit has come to. */
export type Suspected = Pick<Suspect, 'kind' | 'id' | 'key' | 'wasEqual' | 'shown' | 'differences'> & {
  finding: Suspect['finding'] | 'sampled';
};

export type Judgement =
  | { verdict: 'adopt'; head: string | null; why: string }
  | ({ verdict: 'conflict' } & NewConflict)
  /** The two backends show the same, or the journal explains why they do not. */
  | { verdict: 'equal' | 'explained' }
  /** Nothing can be said now. */
  | { verdict: 'later'; why: string };

/** Legacy's state counts as older than a write only for so long, in seconds: nothing may still be on its way then. */
const longAgo = 600;

/** The caller watches the key, and does nothing if a write to it began meanwhile. */
export async function judge(suspect: Suspected, options: JudgeOptions): Promise<Judgement> {
  const { journal, comparing } = options;
  const facts = await keyFacts(await journal.db(), suspect.key);
  const { head } = facts;
  if (suspect.finding === 'foreign' && facts.head === null && !facts.last)
    return { verdict: 'adopt', head, why: 'only legacy has it' };
  if (facts.isSkipped) return { verdict: 'explained' };
  const compared = await compareKey({ kind: suspect.kind, id: suspect.id }, comparing);
  if (compared.outcome === 'disturbed') return { verdict: 'later', why: compared.why };
  if (compared.outcome === 'unavailable') return { verdict: 'later', why: compared.reason };
  const ofReads = compared.outcome === 'different' ? compared : { answers: new Map(), differences: [] };
  const answers = new Map<RouteKey, TwoAnswers>([...ofReads.answers, ...suspect.shown]);
  const differences = [...suspect.differences, ...ofReads.differences];
  if (answers.size === 0) return { verdict: 'equal' };
  if (isExplained(differences, facts)) return { verdict: 'explained' };
  const against = whyNot(suspect, facts, answers, comparing);
  if (against === undefined) return { verdict: 'adopt', head, why: whatHappened[suspect.finding] };
  const shown = { legacy: asOne(answers, 'legacy'), new: asOne(answers, 'new') };
  return { verdict: 'conflict', key: suspect.key, head, reason: against, shown, differences };
}

/** The two backends still show what they once answered differently to a write, and nothing else. */
const isExplained = (differences: readonly Difference[], facts: KeyFacts) =>
  differences.every(({ left, right }) =>
    facts.differences.some((answered) => answered.left === left && answered.right === right),
  );

const whatHappened: Readonly<Record<Suspected['finding'], string>> = {
  foreign: 'only legacy has it',
  appeared: 'only legacy has it',
  gone: 'it was deleted on legacy',
  different: 'legacy has what the new backend has, and more',
  sampled: 'legacy has what the new backend has, and more',
};

/** @returns why legacy's state may not take the place of the new backend's; undefined where it may */
function whyNot(
  { finding, wasEqual }: Suspected,
  { side, last }: KeyFacts,
  answers: ReadonlyMap<RouteKey, TwoAnswers>,
  { sides: { table } }: ComparisonOptions,
): string | undefined {
  const isOld = last === undefined || last.age > longAgo;
  if (finding === 'gone')
    return wasEqual || (side === 'legacy' && isOld)
      ? undefined
      : 'it was deleted on legacy, and clients wrote to it at about the same time';
  const route = last && table.routes.find(({ key }) => key === last.route);
  if (takesAway(route) && (finding === 'appeared' || finding === 'foreign'))
    return 'clients deleted it, and legacy shows it again';
  const { contained: has, place } = contained(table, answers);
  if (has === 'lacks')
    return `legacy lacks what clients were shown, or has something else in its place: ${place}`;
  if (has === 'more' || side === 'legacy' || wasEqual) return undefined;
  return 'it was changed on legacy, and clients wrote to it on the new backend at about the same time';
}

/** One answer that has what a backend shows by several reads. */
function asOne(answers: ReadonlyMap<RouteKey, TwoAnswers>, side: BackendName): StoredAnswer {
  const shown = Object.fromEntries(
    [...answers].map(([route, both]) => {
      const answer = both[side];
      return [route, answer && answer.status === 200 ? parseBody(answer.body) : { status: answer?.status }];
    }),
  );
  const body = Buffer.from(JSON.stringify(shown, null, 2));
  return { status: 200, reason: 'OK', rawHeaders: ['Content-Type', 'application/json'], body };
}
