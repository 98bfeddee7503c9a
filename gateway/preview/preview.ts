/** What a flip would do, said before it is done: made here for the command line's `--dry-run` and for the console's page alike. */
import { letsNewServe } from '../continuity/protocol/roles.ts';
import type { LeftRoute, PlannedChange } from '../flags/plan.ts';
import { divergences } from './comparisons.ts';
import { type Case, type Finding, finding, type Ground, type Look, type Question } from './finding.ts';
import {
  alarms,
  evidence,
  fitting,
  flagFile,
  leftBehind,
  lostOrUncompared,
  noWayBack,
  unwrittenFlags,
} from './flags.ts';
import { journal, lackedIn } from './journal.ts';
import { unfinishedSync } from './sync.ts';

export interface Preview {
  question: Question;
  /** False: no gateway runs, and this is what the flag file tells. */
  isRunning: boolean;
  changes: PlannedChange[];
  /** Routes that a rollback cannot take along. */
  left: LeftRoute[];
  findings: Finding[];
  /** Whether the flip would be refused, with what the question says. */
  isRefused: boolean;
  /** Writes that legacy would serve without, or that are under way on the new backend: of `rollback --now`. */
  without: number;
}

/** In the order in which they are told. */
const looks: readonly Look[] = [
  flagFile,
  unwrittenFlags,
  fitting,
  noWayBack,
  lostOrUncompared,
  evidence,
  alarms,
  leftBehind,
  journal,
  unfinishedSync,
  divergences,
];

/** @throws BanyanError `unknown_target` */
export async function previewOf(question: Question, ground: Ground): Promise<Preview> {
  const plan = ground.plan(question);
  const toServe = letsNewServe(question.mode) ? 'new' : 'legacy';
  const known = { question, plan, toServe } as const;
  const asked: Case = { ...known, lacks: await lackedIn(known, ground) };
  const findings: Finding[] = [];
  for (const look of [...looks, ...(ground.more ?? [])]) findings.push(...(await look(asked, ground)));
  if (!ground.isRunning) findings.push(notRunning);
  const lacks = question.now ? (asked.lacks ?? []) : [];
  return {
    question,
    isRunning: ground.isRunning,
    changes: plan.changes,
    left: plan.left,
    findings,
    isRefused: findings.some(({ weight }) => weight === 'refusal'),
    without: lacks.filter(({ state }) => state !== 'skipped').length,
  };
}

const notRunning = finding(
  'unknown',
  'Gateway',
  'None runs. So it is not known what each backend lacks, what is stuck, which keys would stay where they are, and how the backends compared. Start the gateway and ask again.',
);
