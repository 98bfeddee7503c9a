/**
 * Brings the two replays of a recording together, exchange by exchange, in the recorded order and as soon as both have
 * answered: a divergence is seen when it happens.
 */
import { type AcceptedRule, inForceWithout, type Judgement, judge } from '@banyan/compare/accept.ts';
import type { Answer, Comparison } from '@banyan/compare/answer.ts';
import { compareAnswers } from '@banyan/compare/compare.ts';
import { compareModelCalls, type ModelCallSeen } from '@banyan/compare/model-calls.ts';
import { Bindings, idsOnly } from '@banyan/compare/volatile/bindings.ts';
import type { RecordedExchange, Recording } from '@banyan/gateway/record/read-recording.ts';
import type { Compared, Pair } from './compared.ts';
import { progressRule, type Replayed } from './replay/replay.ts';
import { Expectations, type Said, withAccepted } from './retired/change.ts';
import type { SuiteOptions } from './suite-options.ts';

export class Pairing {
  readonly #options: SuiteOptions;
  readonly #recording: Recording;
  readonly #onCompared: (compared: Compared) => void;
  readonly #rules: readonly AcceptedRule[];
  readonly #bindings = new Bindings();
  readonly #left = new Map<number, Replayed>();
  readonly #right = new Map<number, Replayed>();
  /** Exchanges that both are asked, in the recorded order, and how many of them are compared. */
  readonly #both: readonly RecordedExchange[];
  #done = 0;
  readonly #expectations: Expectations;

  constructor(
    options: SuiteOptions,
    recording: Recording,
    asksNew: (exchange: RecordedExchange) => boolean,
    onCompared: (compared: Compared) => void,
  ) {
    const { rules, retired = [], today, changes = {} } = options;
    this.#expectations = new Expectations({ rules, retired, today, changes }, recording);
    this.#options = options;
    this.#recording = recording;
    this.#onCompared = onCompared;
    this.#rules = inForceWithout(retired, rules);
    this.#both = recording.exchanges.filter(asksNew);
  }

  legacy(replayed: Replayed): void {
    const { step, request, answer, comparison, judgement, repeats } = replayed;
    const answers = { left: step.exchange.answer, right: answer };
    this.#tell(step.exchange, 'recording-legacy', { ...comparison, ...answers, request, judgement, repeats });
    this.#left.set(step.exchange.index, replayed);
    this.#advance();
  }

  ours(replayed: Replayed): void {
    this.#right.set(replayed.step.exchange.index, replayed);
    this.#advance();
  }

  /** Model calls that no request explains: shown at the last request of the recording that can cause one. */
  unexplained(left: readonly ModelCallSeen[], right: readonly ModelCallSeen[]): void {
    const differences = compareModelCalls(left, right).map((each) => ({
      ...each,
      note: each.note ?? 'calls that no request of the recording explains',
    }));
    const callers = this.#both.filter(({ route }) =>
      this.#options.table.routes.some((row) => row.key === route && row.relay),
    );
    const exchange = callers.at(-1) ?? this.#both.at(-1);
    const [last, other] = exchange ? [this.#left.get(exchange.index), this.#right.get(exchange.index)] : [];
    if (differences.length === 0 || !exchange || !last || !other) return;
    this.#tell(exchange, 'legacy-new', {
      judgement: { verdict: 'divergent', differences, accepted: [] },
      tolerated: [],
      volatile: 0,
      repeats: 0,
      request: last.request,
      left: last.answer,
      right: other.answer,
      calls: { left: [...left], right: [...right] },
    });
  }

  #advance(): void {
    for (;;) {
      const index = this.#both[this.#done]?.index ?? -1;
      const [left, right] = [this.#left.get(index), this.#right.get(index)];
      if (!left || !right) return;
      this.#done += 1;
      this.#compare(left, right);
    }
  }

  #compare(left: Replayed, right: Replayed): void {
    const { exchange, route } = left.step;
    const windows = {
      ...(left.window && { left: left.window }),
      ...(right.window && { right: right.window }),
    };
    const compare = (given: Answer) =>
      compareAnswers({
        method: exchange.method,
        route,
        windows,
        bindings: this.#bindings,
        left: given,
        right: right.answer,
      });
    const calls = left.calls && right.calls && { left: left.calls, right: right.calls };
    const { comparison, ...expected } = this.#expectations.compared(
      exchange,
      saidBy(left),
      saidBy(right),
      compare,
    );
    const answers = { left: expected.left.answer, right: right.answer };
    const judgement = this.#judged({ ...left, answer: answers.left }, right, comparison, expected.accepted);
    const { learned } = comparison;
    this.#bindings.learn(judgement.verdict === 'divergent' ? idsOnly(learned) : learned);
    const { repeats } = right;
    const { request } = left;
    this.#tell(exchange, 'legacy-new', { ...comparison, ...answers, request, judgement, repeats, calls });
  }

  #judged(
    left: Replayed,
    right: Replayed,
    comparison: Comparison,
    expected: Judgement['accepted'],
  ): Judgement {
    const { route, target } = left.step.exchange;
    const answers = { target, left: left.answer, right: right.answer };
    const judged = withAccepted(
      judge(comparison, { route, ...answers }, this.#rules, this.#options.today),
      expected,
    );
    if (judged.verdict !== 'divergent') return judged;
    return atOtherMoments(this.#rules, this.#options.today, left, right, judged);
  }

  #tell(exchange: RecordedExchange, pair: Pair, found: Found): void {
    const { index, route, method, target } = exchange;
    const { request, judgement, tolerated, volatile, repeats, left, right, calls } = found;
    this.#onCompared({
      recording: this.#recording.name,
      index,
      route,
      method,
      target,
      request,
      pair,
      judgement,
      tolerated,
      volatile,
      repeats,
      left,
      right,
      calls,
    });
  }
}

const saidBy = ({ request, answer, calls }: Replayed): Said => ({ target: request.target, answer, calls });

type Found = Pick<
  Compared,
  'request' | 'judgement' | 'tolerated' | 'volatile' | 'repeats' | 'left' | 'right' | 'calls'
>;

/** Each may show the work at another moment, where each shows one that was recorded. */
function atOtherMoments(
  rules: readonly AcceptedRule[],
  today: string,
  left: Replayed,
  right: Replayed,
  judged: Judgement,
): Judgement {
  const rule = progressRule(rules, today);
  if (!rule || !left.step.watches || left.moment === right.moment) return judged;
  if (left.moment === undefined || right.moment === undefined) return judged;
  const accepted = judged.differences.map((difference) => ({ rule: rule.name, difference }));
  return { verdict: 'accepted', differences: [], accepted: [...judged.accepted, ...accepted] };
}
