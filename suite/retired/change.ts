/**
 * What retiring a quirk changes: legacy's answer, turned into the one that a backend without the quirk has to give. What
 * still differs after that is a divergence, so exactly the quirk's own difference is expected, and it has to be there.
 *
 * Knows no application: what an application's quirks change comes in, by the quirk's name.
 */
import type { AcceptedRule, Judgement } from '@banyan/compare/accept.ts';
import type { Answer, Comparison, Difference } from '@banyan/compare/answer.ts';
import { compareModelCalls, type ModelCallSeen } from '@banyan/compare/model-calls.ts';
import type { Recording } from '@banyan/gateway/record/read-recording.ts';

/** One side of an exchange. */
export interface Said {
  /** As it was sent to this side. */
  target: string;
  answer: Answer;
  /** What it sent to the model; undefined where nobody saw it. */
  calls: readonly ModelCallSeen[] | undefined;
}

/**
 * @param left legacy's
 * @param right the other's, for what cannot be told from legacy's: what a model says to another prompt
 * @returns what the other has to say; `left` itself where the quirk makes no difference
 */
export type Change = (left: Said, right: Said) => Said;

export interface Changes {
  /** By the exchange's place in the recording. */
  byExchange: ReadonlyMap<number, Change>;
  /** Exchanges that the other is not asked: it would do what legacy refused, and be in another state from there on. */
  notAsked?: ReadonlySet<number>;
}

/** Made anew for each two sides that are compared: a change may remember what it saw. */
export type ChangesIn = (recording: Recording) => Changes;

export interface Retiring {
  rules: readonly AcceptedRule[];
  retired: readonly string[];
  today: string;
  /** By the quirk's name. */
  changes: Readonly<Record<string, ChangesIn>>;
}

export interface Expected {
  /** Legacy's, with what the quirks had changed in it. */
  left: Said;
  /** What still differs. */
  comparison: Comparison;
  accepted: Judgement['accepted'];
}

export class Expectations {
  readonly #retiring: Retiring;
  readonly #changes: readonly { quirk: string; changes: Changes }[];

  constructor(retiring: Retiring, recording: Recording) {
    this.#retiring = retiring;
    this.#changes = retiring.retired.flatMap((quirk) => {
      const changes = retiring.changes[quirk]?.(recording);
      return changes ? [{ quirk, changes }] : [];
    });
  }

  isAsked(index: number): boolean {
    return this.#changes.every(({ changes }) => !changes.notAsked?.has(index));
  }

  /** @param compare the answers alone; model calls are compared here */
  compared(
    { index, route }: { index: number; route: string },
    left: Said,
    right: Said,
    compare: (left: Answer) => Comparison,
  ): Expected {
    let expected: Expected = { left, comparison: withCalls(compare, left, right), accepted: [] };
    for (const { quirk, changes } of this.#changes) {
      const changed = changes.byExchange.get(index)?.(expected.left, right);
      const rule = this.#rule(quirk, route);
      if (!changed || changed === expected.left || !rule) continue;
      const comparison = withCalls(compare, changed, right);
      const gone = without(expected.comparison.differences, comparison.differences);
      const accepted = gone.map((difference) => ({ rule, difference }));
      expected = { left: changed, comparison, accepted: [...expected.accepted, ...accepted] };
    }
    return expected.left === left ? expected : { ...expected, comparison: noted(expected.comparison) };
  }

  /** The register has the last word: without a rule that counts, nothing is expected. */
  #rule(quirk: string, route: string): string | undefined {
    const { rules, today } = this.#retiring;
    return rules.find(
      (rule) => rule.workedOut && rule.quirk === quirk && rule.route === route && today <= rule.expires,
    )?.name;
  }
}

/** What the register accepts of the rest, and what was accepted before. */
export function withAccepted(judged: Judgement, expected: Judgement['accepted']): Judgement {
  if (expected.length === 0) return judged;
  const verdict = judged.verdict === 'matched' ? 'accepted' : judged.verdict;
  return { ...judged, verdict, accepted: [...expected, ...judged.accepted] };
}

/** So that nobody looks for it in what legacy said. */
function noted(comparison: Comparison): Comparison {
  const what = 'what legacy would say without the retired quirk';
  const differences = comparison.differences.map((each) => ({
    ...each,
    note: each.note === undefined ? what : `${each.note}; ${what}`,
  }));
  return { ...comparison, differences };
}

function withCalls(compare: (left: Answer) => Comparison, left: Said, right: Said): Comparison {
  const comparison = compare(left.answer);
  const calls = left.calls && right.calls ? compareModelCalls(left.calls, right.calls) : [];
  return { ...comparison, differences: [...comparison.differences, ...calls] };
}

const without = (all: readonly Difference[], some: readonly Difference[]) => {
  const known = new Set(some.map(({ place, kind }) => `${place} ${kind}`));
  return all.filter(({ place, kind }) => !known.has(`${place} ${kind}`));
};
