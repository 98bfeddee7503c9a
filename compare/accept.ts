/**
 * Accepted divergences: differences that a person signed off. A rule names the route, the places, and what either
 * answer must still be; what does not hold to that is a divergence all the same.
 */
import type { JsonPlace, RouteKey } from '@banyan/route-table/route-table.ts';
import type { Answer, Comparison, Difference, DifferenceKind } from './answer.ts';
import { generalised, type Path, type Step, stepsOf } from './json/places.ts';
import { isLocalTime } from './volatile/formats.ts';

export interface AcceptedRule {
  name: string;
  reason: string;
  owner: string;
  /** The last day on which it counts, `2027-01-31`. */
  expires: string;
  route: RouteKey;
  /** A place covers what is in it: `body $.processing` covers `body $.processing[0].status`. */
  places: string[];
  /** What must hold for both answers, or the one that `on` names, wherever the rule is used. */
  holds?: Condition[];
  /** Only differences of these kinds; all unless told. */
  kinds?: DifferenceKind[];
  /** The rule counts only for requests whose target, as it was sent, has a match of this expression. */
  target?: string;
  /** The statuses that either side must have for the rule to count. */
  statuses?: { left: number[]; right: number[] };
  /**
   * Not about places: while work goes on in the background, an answer may be one that the recording shows at another
   * moment of it. Judged where answers are replayed, on every route that reads.
   */
  otherMoments?: boolean;
  /**
   * Not about places: what is expected is worked out from legacy's answer, by what the suite knows of the quirk, and
   * everything else in it is compared as ever.
   */
  workedOut?: boolean;
  /** A quirk that was retired: the rule is in force only where the backend under test no longer has it. */
  quirk?: string;
  /** A quirk without which there is nothing to accept: the rule is in force only while the backend under test has it. */
  unlessRetired?: string;
  /** Whether it is used depends on who is quicker, so a run that does not use it is no fault of the register. */
  dependsOnTiming?: boolean;
}

export type Condition = { on?: 'left' | 'right' } & (
  | { /** Every value at the place is one of these shapes. */ at: JsonPlace; oneOf: Shape[] }
  | {
      /** The number at the place is the sum of these lists' lengths. */ at: JsonPlace;
      isLengthOf: JsonPlace[];
    }
);

export interface Shape {
  /** Members with these values. */
  has?: Record<string, string | number | boolean | null>;
  present?: string[];
  absent?: string[];
  /** Members that are times as legacy writes them. */
  times?: string[];
  /** Members that are texts with a match of this expression. */
  matches?: Record<string, string>;
}

export type Verdict = 'matched' | 'accepted' | 'divergent';

export interface Judgement {
  verdict: Verdict;
  /** What no rule accepts. */
  differences: Difference[];
  accepted: { rule: string; difference: Difference }[];
}

/** The rules that are in force where these quirks are retired. */
export function inForceWithout(retired: readonly string[], rules: readonly AcceptedRule[]): AcceptedRule[] {
  return rules.filter(
    ({ quirk, unlessRetired }) =>
      (quirk === undefined || retired.includes(quirk)) &&
      (unlessRetired === undefined || !retired.includes(unlessRetired)),
  );
}

/** @param today `2026-01-31`; a rule that has expired accepts nothing */
export function judge(
  comparison: Pick<Comparison, 'differences'>,
  answers: { route: RouteKey; target: string; left: Answer; right: Answer },
  rules: readonly AcceptedRule[],
  today: string,
): Judgement {
  const usable = rules.filter(
    (rule) =>
      rule.route === answers.route &&
      (rule.target === undefined || new RegExp(rule.target).test(answers.target)) &&
      today <= rule.expires &&
      holdsForBoth(rule, answers.left, answers.right),
  );
  const judgement: Judgement = { verdict: 'matched', differences: [], accepted: [] };
  for (const difference of comparison.differences) {
    const rule = usable.find(
      ({ places, kinds }) =>
        (kinds?.includes(difference.kind) ?? true) && places.some((place) => covers(place, difference.place)),
    );
    if (rule) judgement.accepted.push({ rule: rule.name, difference });
    else judgement.differences.push(difference);
  }
  if (judgement.differences.length > 0) judgement.verdict = 'divergent';
  else if (judgement.accepted.length > 0) judgement.verdict = 'accepted';
  return judgement;
}

function covers(place: string, difference: string): boolean {
  const general = generalised(difference);
  return general === place || (general.startsWith(place) && /^[.[]/.test(general.slice(place.length)));
}

function holdsForBoth(rule: AcceptedRule, left: Answer, right: Answer): boolean {
  const { statuses } = rule;
  if (statuses && !(statuses.left.includes(left.status) && statuses.right.includes(right.status)))
    return false;
  const sides = { left, right };
  return (['left', 'right'] as const).every((side) => {
    const answer = sides[side];
    const conditions = (rule.holds ?? []).filter(({ on = side }) => on === side);
    if (conditions.length === 0) return true;
    const body = jsonOf(answer);
    return body !== undefined && conditions.every((condition) => holds(condition, body.value));
  });
}

function holds(condition: Condition, body: unknown): boolean {
  const values = valuesAt(body, stepsOf(condition.at));
  if ('oneOf' in condition)
    return values.every((value) => condition.oneOf.some((shape) => hasShape(value, shape)));
  const lists = condition.isLengthOf.flatMap((place) => valuesAt(body, stepsOf(place)));
  const length = lists.reduce<number>(
    (sum, list) => sum + (Array.isArray(list) ? list.length : Number.NaN),
    0,
  );
  return values.length === 1 && values[0] === length;
}

function hasShape(
  value: unknown,
  { has = {}, present = [], absent = [], times = [], matches = {} }: Shape,
): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const members = value as Record<string, unknown>;
  return (
    Object.entries(has).every(([name, expected]) => members[name] === expected) &&
    present.every((name) => Object.hasOwn(members, name)) &&
    absent.every((name) => !Object.hasOwn(members, name)) &&
    times.every((name) => isLocalTime(String(members[name]))) &&
    Object.entries(matches).every(([name, pattern]) => {
      const value = members[name];
      return typeof value === 'string' && new RegExp(pattern).test(value);
    })
  );
}

/** The values at a place of the route table; none where the body has no such place. */
export function valuesAt(body: unknown, steps: Path): unknown[] {
  return steps.reduce<unknown[]>((values, step) => values.flatMap((value) => stepInto(value, step)), [body]);
}

function stepInto(value: unknown, step: Step): unknown[] {
  if (step === '[*]') return Array.isArray(value) ? value : [];
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return [];
  return [(value as Record<Step, unknown>)[step]];
}

function jsonOf(answer: Answer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(Buffer.from(answer.body).toString('utf8')) as unknown };
  } catch {
    return undefined;
  }
}
