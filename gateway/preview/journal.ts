/** What the journal says of a flip: what the backend that is to serve lacks, what is stuck, and which keys stay where they are. */
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { LackedWrite, LackState } from '../continuity/journal/lacked-writes.ts';
import type { LostKey } from '../continuity/operator.ts';
import { type Case, counted, type Finding, finding, type Ground, type Look } from './finding.ts';

export const called: Readonly<Record<BackendName, string>> = { legacy: 'legacy', new: 'the new backend' };

/** Of a long list the first are shown, and how many more there are. */
const shownKeys = 20;

export const journal: Look = ({ plan, question, toServe, lacks }, ground) => {
  const touched = question.now ? plan.named : plan.changes.map(({ route }) => route);
  const hasState = ground.table.routes.some(({ key, keys }) => keys.length > 0 && touched.includes(key));
  if (!hasState || !ground.isRunning) return [];
  if (!ground.lackedBy) return [notJournaled];
  if (!lacks) {
    const says = `PostgreSQL does not answer, so nobody knows now what ${called[toServe]} lacks. The flip takes effect all the same; each key stays with the backend that has it.`;
    return [finding('unknown', 'Journal', says)];
  }
  const lost = toServe === 'legacy' ? lostOf(ground.lostByLegacy?.(touched) ?? []) : [];
  return [...(question.now && toServe === 'legacy' ? atOnce(lacks) : inTime(toServe, lacks)), ...lost];
};

const lostOf = (lost: readonly LostKey[]): Finding[] =>
  lost.length === 0
    ? []
    : [
        finding(
          'caution',
          'Lost',
          `Legacy has lost or forgotten something of ${counted(lost.length, 'key, which stays', 'keys, which stay')} on the new backend. \`banyan legacy\` is where a person decides otherwise:`,
          limited(lostItems(lost)),
        ),
      ];

export const lostItems = (lost: readonly LostKey[]) =>
  lost.map(({ key, reason }) => ({ name: key, says: [reason] }));

const notJournaled = finding(
  'caution',
  'Journal',
  'Writes are not journaled (CONTINUITY is off): clients miss what was written to the other backend.',
);

/** A flip that lets the mirror finish: each key moves once the backend that is to serve has it. */
function inTime(side: BackendName, lacks: readonly LackedWrite[]): Finding[] {
  const of = (...states: LackState[]) => lacks.filter(({ state }) => states.includes(state));
  const [owed, stuck, open, skipped] = [of('owed'), of('stuck'), of('open'), of('skipped')];
  const stay = entitiesOf(of('stuck', 'behind'));
  const has = `${capital(called[side])} has every write of these routes.`;
  return [
    owed.length + stuck.length + open.length === 0
      ? finding('well', 'Lag', has)
      : owed.length > 0
        ? finding(
            'caution',
            'Lag',
            `${counted(owed.length, 'write has', 'writes have')} still to be given to ${called[side]}. What ${owed.length === 1 ? 'it touches moves' : 'they touch moves'} after that.`,
          )
        : finding('well', 'Lag', `No write waits to be given to ${called[side]}.`),
    ...(open.length > 0
      ? [
          finding(
            'note',
            'Under way',
            `${counted(open.length, 'write has', 'writes have')} not come to an end on ${called[side === 'new' ? 'legacy' : 'new']}; the keys follow after that.`,
            byKey(open),
          ),
        ]
      : []),
    stuck.length === 0
      ? finding('well', 'Stuck', 'No write is stuck.')
      : finding(
          'caution',
          'Stuck',
          `${counted(stuck.length, 'write cannot', 'writes cannot')} be given to ${called[side]}. A person has to decide: \`banyan journal\`.`,
          byKey(stuck),
        ),
    ...(stay.length > 0
      ? [
          finding(
            'caution',
            'Stays',
            `${counted(stay.length, 'key stays', 'keys stay')} on ${called[side === 'new' ? 'legacy' : 'new']} until then:`,
            limited(stay.map((name) => ({ name, says: [] }))),
          ),
        ]
      : []),
    ...skippedOf(side, skipped),
  ];
}

/** `rollback --now`. */
function atOnce(lacks: readonly LackedWrite[]): Finding[] {
  const without = lacks.filter(({ state }) => state !== 'skipped' && state !== 'open');
  const open = lacks.filter(({ state }) => state === 'open');
  const skipped = lacks.filter(({ state }) => state === 'skipped');
  return [
    without.length === 0
      ? finding('well', 'At once', 'Legacy lacks no write of these routes that has come to its end.')
      : finding(
          'caution',
          'At once',
          `Legacy serves at once, without ${counted(without.length, 'write', 'writes')} that it has not been given. They are kept, and given to it as soon as they can be; where legacy is written to first, a person decides:`,
          byKey(without),
        ),
    ...(open.length > 0
      ? [
          finding(
            'caution',
            'Under way',
            `${counted(open.length, 'write has', 'writes have')} not come to an end on the new backend; these keys follow after that:`,
            byKey(open),
          ),
        ]
      : []),
    ...skippedOf('legacy', skipped),
  ];
}

const skippedOf = (side: BackendName, skipped: readonly LackedWrite[]): Finding[] =>
  skipped.length === 0
    ? []
    : [
        finding(
          'note',
          'Skipped',
          `A person has decided that ${called[side]} never gets ${counted(skipped.length, 'write', 'writes')}:`,
          byKey(skipped),
        ),
      ];

/** Entities; a list only where a write has nothing else. */
const keyOf = ({ keys, route }: LackedWrite) =>
  keys.find((name) => !name.startsWith('list:')) ?? keys[0] ?? route;

const entitiesOf = (writes: readonly LackedWrite[]) => [...new Set(writes.map(keyOf))];

/** Writes by what they touch: route, since when, and why. */
export function byKey(writes: readonly LackedWrite[], most = shownKeys): NonNullable<Finding['items']> {
  const keys = new Map<string, string[]>();
  for (const write of writes) {
    const says = keys.get(keyOf(write)) ?? [];
    keys.set(keyOf(write), says);
    says.push(saidOf(write));
  }
  return limited(
    [...keys].map(([name, says]) => ({ name, says })),
    most,
  );
}

const saidOf = ({ id, route, since, state, reason }: LackedWrite) => {
  const why =
    reason?.replaceAll(/\s+/g, ' ') ?? (state === 'behind' ? 'it waits behind a write that is stuck' : '');
  const entry = state === 'stuck' ? ` (entry ${id})` : '';
  return `${route}, since ${shownTime(since)}${entry}${why && `: ${why}`}`;
};

/** `2026-01-31 09:15:00 UTC` */
const shownTime = (iso: string) => `${iso.slice(0, 19).replace('T', ' ')} UTC`;

function limited(items: NonNullable<Finding['items']>, most = shownKeys): NonNullable<Finding['items']> {
  const rest = items.length - most;
  return rest > 0 ? [...items.slice(0, most), { name: `and ${rest} more`, says: [] }] : items;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** @returns undefined where nobody can tell */
export async function lackedIn(
  { question, plan, toServe }: Omit<Case, 'lacks'>,
  { lackedBy }: Ground,
): Promise<readonly LackedWrite[] | undefined> {
  const routes = question.now ? plan.named : plan.changes.map(({ route }) => route);
  return lackedBy?.(toServe, routes).catch(() => undefined);
}
