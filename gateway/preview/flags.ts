/** What the flags say of a flip: faults of their file, what refuses it, what it leaves behind, and what has no way back. */
import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { isForth } from '../continuity/protocol/roles.ts';
import { heldByCompleted } from '../flags/fitting.ts';
import type { Against, LeftRoute, Plan } from '../flags/plan.ts';
import { type Case, counted, type Finding, finding, type Look } from './finding.ts';

export const flagFile: Look = ({ question }, { faults }) => {
  const [first] = faults;
  if (!first) return [];
  const where = `The flag file has a fault in line ${first.line}, column ${first.column}: ${first.message}`;
  return question.mode === 'legacy'
    ? [
        finding(
          'caution',
          'Flag file',
          `${where} A rollback puts the last good text back first, and keeps the faulty one.`,
        ),
      ]
    : [finding('refusal', 'Flag file', where)];
};

/** A flag file that could not be written before, and does not say what is in force. */
export const unwrittenFlags: Look = (_asked, { unwritten = [], isRunning }) => {
  const last = unwritten.at(-1);
  if (!last) return [];
  const otherwise = isRunning
    ? 'the flip takes force all the same, and says which lines to change.'
    : 'the flip is refused while no gateway runs.';
  const says = `It could not be written (${last.reason}), and says something else than what is in force. The flip writes that too; if it still cannot be written, ${otherwise}`;
  const items = unwritten.map(({ route, mode, said }) => ({
    name: route,
    says: [`${mode} is in force, the file says ${said}.`],
  }));
  return [finding('caution', 'Flag file', says, items)];
};

/** What the new backend does not have, and modes that do not fit beside others. */
export const fitting: Look = ({ plan }) =>
  plan.refusals
    .filter(({ unless }) => unless === undefined)
    .map(({ error }) => finding('refusal', 'Routes', error.message));

const listed = (those: readonly Against[]) =>
  those.map(({ route, reason }) => ({ name: route, says: [reason] }));

const refuses = (plan: Plan, code: string) => plan.refusals.some(({ error }) => error.code === code);

/** Only where the new backend is to get more: nothing speaks against a flip towards legacy. */
export const evidence: Look = ({ plan, question }) => {
  const { changes, unproven } = plan;
  if (!changes.some(({ from, to }) => isForth(from, to))) return [];
  if (unproven.length === 0)
    return [finding('well', 'Evidence', 'The recordings prove what changes, for the code that runs.')];
  const lack = `${counted(unproven.length, 'route lacks', 'routes lack')} evidence`;
  if (!refuses(plan, 'no_evidence'))
    return [
      finding('caution', 'Evidence', `${lack}; the flag file says \`evidence: warn\`.`, listed(unproven)),
    ];
  const says = question.force
    ? `${lack}; it is flipped all the same, and the audit log says so:`
    : `${lack}: refused unless you force it.`;
  return [
    {
      ...finding(question.force ? 'caution' : 'refusal', 'Evidence', says, listed(unproven)),
      unless: 'force',
    },
  ];
};

/** Completing a route needs a diff that was clean; a rollback needs a legacy that still has its data. */
export const lostOrUncompared: Look = ({ plan, question }) => {
  const weight = question.force ? 'caution' : 'refusal';
  return plan.refusals.flatMap(({ error }): Finding[] => {
    const about = { no_clean_diff: 'Diff', legacy_lacks_data: 'Legacy' }[error.code as string];
    return about === undefined ? [] : [{ ...finding(weight, about, error.message), unless: 'force' }];
  });
};

export const alarms: Look = ({ plan, question }) => {
  const { alarmed } = plan;
  if (alarmed.length === 0) return [];
  const stand = `${counted(alarmed.length, 'route has', 'routes have')} an alarm`;
  const says = question.force
    ? `${stand}; it is flipped all the same, and nothing protects the data then:`
    : `${stand}: refused unless you force it.`;
  return [
    { ...finding(question.force ? 'caution' : 'refusal', 'Alarms', says, listed(alarmed)), unless: 'force' },
  ];
};

/** What can no longer be undone. */
export const noWayBack: Look = ({ plan, question }, { table }) => {
  if (question.mode !== 'complete' || plan.changes.length === 0) return [];
  const completed = new Set(plan.changes.map(({ route }) => route));
  const others = alsoHeld(table, completed);
  const writes = table.routes.some(({ key, access }) => access === 'write' && completed.has(key));
  const says = [
    writes
      ? 'Legacy is given no write of these routes any more, so it can never serve them again.'
      : 'These routes only read: a rollback still takes them back, until a write to the same data is complete.',
    ...(others.length > 0
      ? [
          `${counted(others.length, 'other route has', 'other routes have')} data in common with them, and cannot go back to legacy either.`,
        ]
      : []),
    question.yes ? '' : 'Refused unless a person says yes to that, and why.',
  ];
  const items = others.map((route) => ({ name: route, says: [] }));
  const weight = question.yes ? 'caution' : 'refusal';
  return [{ ...finding(weight, 'No way back', says.filter(Boolean).join(' '), items), unless: 'yes' }];
};

const alsoHeld = (table: RouteTable, completed: ReadonlySet<RouteKey>) =>
  [...heldByCompleted({ table, completed: (route) => completed.has(route) }).keys()].filter(
    (route) => !completed.has(route),
  );

/** Of a rollback. */
export const leftBehind: Look = ({ plan }: Case): Finding[] => {
  const { left } = plan;
  if (left.length === 0) return [];
  const says = `${counted(left.length, 'route stays', 'routes stay')} where ${left.length === 1 ? 'it is' : 'they are'}, as there is no way back:`;
  return [finding('caution', 'Left behind', says, leftItems(left))];
};

/** Routes that stay for the same reason stand together, and the reason once below them. */
export function leftItems(left: readonly LeftRoute[]): NonNullable<Finding['items']> {
  const byReason = Map.groupBy(left, ({ reason }) => reason);
  return [...byReason].flatMap(([reason, routes]) =>
    routes.map(({ route, mode }, i) => ({
      name: `${route} (${mode})`,
      says: i === routes.length - 1 ? [reason] : [],
    })),
  );
}
