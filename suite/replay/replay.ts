/**
 * Replays a recording against one backend: in the recorded order, with the recorded concurrency as far as dependencies
 * allow, with the backend's own ids where the recording has its own, and reads that watch an upload repeated until they
 * show what was recorded.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type AcceptedRule, type Judgement, judge } from '@banyan/compare/accept.ts';
import type { Answer, Comparison } from '@banyan/compare/answer.ts';
import { compareAnswers } from '@banyan/compare/compare.ts';
import type { ModelCallSeen } from '@banyan/compare/model-calls.ts';
import { Bindings, idsOnly } from '@banyan/compare/volatile/bindings.ts';
import type { Window } from '@banyan/compare/volatile/check.ts';
import type { RecordedExchange, Recording } from '@banyan/gateway/record/read-recording.ts';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { type Expectations, type Expected, withAccepted } from '../retired/change.ts';
import { ModelCallLog, type ModelCallSource } from './model-log.ts';
import { plan, type Step } from './plan.ts';
import { type Request, send } from './send.ts';
import { ReplayedValues } from './values.ts';

export interface ReplayOptions {
  table: RouteTable;
  /** The backend's origin. */
  url: string;
  recording: Recording;
  rules: readonly AcceptedRule[];
  /** `2026-01-31`. */
  today: string;
  /** How the backend's clock writes a moment (milliseconds since 1970); undefined where its zone is not known. */
  clock?: ((moment: number) => string) | undefined;
  /** Which exchanges are sent; all unless told. */
  select?: (step: Step) => boolean;
  /** How long a watched state may take, in milliseconds of pauses; 120,000 unless told. Once one is not reached, none is waited for. */
  patience?: number;
  /** What the backend sends to the model; undefined where nobody sees it. */
  modelCalls?: ModelCallSource | undefined;
  /** What is expected in the place of the recorded answers, where quirks are retired. */
  expectations?: Expectations | undefined;
  onReplayed?: (replayed: Replayed) => void;
  /** Called around each request. */
  around?: Around | undefined;
}

/** Sends a request, and may look at the backend before and after. */
export type Around = (step: Step, request: Request, send: () => Promise<Answer>) => Promise<Answer>;

/** What became of one exchange. */
export interface Replayed {
  step: Step;
  /** As sent. */
  request: Request;
  answer: Answer;
  window: Window | undefined;
  /** The recording (left) against this answer (right). */
  comparison: Comparison;
  judgement: Judgement;
  /** The recorded exchange whose answer it is: its own, or a later one that asked the same. */
  moment: number | undefined;
  /** How often it was asked again until it showed what was recorded. */
  repeats: number;
  /** What the backend sent to the model for it; undefined where nobody sees that. */
  calls: ModelCallSeen[] | undefined;
}

export interface ReplayedRecording {
  /** By the exchange's index; without those that were not selected. */
  exchanges: Map<number, Replayed>;
  /** Model calls that no request explains. */
  unexplained: ModelCallSeen[];
}

/** A document is made at low priority: on a busy machine that takes many times as long, and is no divergence. */
const PATIENCE = 120_000;

/** Between two looks at work that goes on, in milliseconds: short at first, as most of it is soon over. */
const PAUSES = { first: 10, longest: 200 };

export async function replay(options: ReplayOptions): Promise<ReplayedRecording> {
  const { steps: all, graph } = plan(options.table, options.recording.exchanges);
  const steps = all.filter(options.select ?? (() => true));
  const state: State = {
    options,
    values: new ReplayedValues(graph),
    bindings: new Bindings(),
    patience: options.patience ?? PATIENCE,
    calls: options.modelCalls && new ModelCallLog(options.modelCalls),
  };
  const running = new Map<number, Promise<Replayed>>();
  for (const step of steps) {
    await Promise.all(step.after.flatMap((index) => running.get(index) ?? []));
    const run = replayStep(state, step);
    // A failure is reported where it is awaited; until then it must not count as unhandled.
    run.catch(() => {});
    running.set(step.exchange.index, run);
  }
  const replayed = await Promise.all(running.values());
  return {
    exchanges: new Map(replayed.map((each) => [each.step.exchange.index, each])),
    unexplained: state.calls?.rest() ?? [],
  };
}

interface State {
  options: ReplayOptions;
  values: ReplayedValues;
  /** Recorded values to this backend's. */
  bindings: Bindings;
  /** What is left of it. */
  patience: number;
  calls: ModelCallLog | undefined;
}

async function replayStep(state: State, step: Step): Promise<Replayed> {
  const { options, values, bindings } = state;
  let pause = PAUSES.first;
  for (let repeats = 0; ; repeats += 1) {
    const replayed = { ...(await ask(state, step)), repeats };
    const reached = replayed.judgement.verdict !== 'divergent';
    if (!reached && step.watches && state.patience > 0) {
      state.patience -= pause;
      await delay(pause);
      pause = Math.min(pause * 2, PAUSES.longest);
      continue;
    }
    if (reached && repeats > 0) state.patience = options.patience ?? PATIENCE;
    const { learned } = replayed.comparison;
    bindings.learn(reached ? learned : idsOnly(learned));
    values.bind(step.exchange.index, replayed.answer);
    values.learn(learned);
    options.onReplayed?.(replayed);
    return replayed;
  }
}

async function ask(state: State, step: Step): Promise<Omit<Replayed, 'repeats'>> {
  const { options, values } = state;
  const { exchange, route } = step;
  const request = values.inRequest(exchange.index, exchange);
  const sentAt = Date.now();
  const deadline = route?.longest ?? options.table.anythingElse.longest;
  const sent = () => send(options.url, request, deadline);
  const answer = await (options.around?.(step, request, sent) ?? sent());
  const window = options.clock && { from: options.clock(sentAt - 1), to: options.clock(Date.now() + 1) };
  const calls = await state.calls?.of(route, request, answer.status);
  const own = compared(state, step, exchange, answer, window);
  const replayed = { step, request, answer, window, calls, ...own, moment: exchange.index };
  if (own.judgement.verdict !== 'divergent') return replayed;
  const later = laterMoment(state, step, answer, window);
  if (!later) return { ...replayed, moment: undefined };
  const accepted = own.judgement.differences.map((difference) => ({ rule: later.rule, difference }));
  return { ...replayed, ...later, judgement: { verdict: 'accepted', differences: [], accepted } };
}

/** The answer may show work further on than it was when it was recorded: as a later answer in the recording does. */
function laterMoment(
  state: State,
  step: Step,
  answer: Answer,
  window: Window | undefined,
): { moment: number; comparison: Comparison; rule: string } | undefined {
  const rule = progressRule(state.options.rules, state.options.today);
  if (!rule || !step.watches) return undefined;
  for (const moment of step.laterMoments) {
    const { comparison, judgement } = compared(state, step, moment, answer, window);
    if (judgement.verdict !== 'divergent') return { moment: moment.index, comparison, rule: rule.name };
  }
  return undefined;
}

/** The rule that lets work in the background be at another moment than it was, where the register has it. */
export function progressRule(rules: readonly AcceptedRule[], today: string): AcceptedRule | undefined {
  return rules.find(({ otherMoments, expires }) => otherMoments && today <= expires);
}

function compared(
  { options, bindings }: State,
  { exchange, route }: Step,
  recorded: RecordedExchange,
  answer: Answer,
  window: Window | undefined,
): { comparison: Comparison; judgement: Judgement } {
  const windows = window ? { right: window } : {};
  const { target } = recorded;
  const left = { target, answer: recorded.answer, calls: undefined };
  const compare = (given: Answer) =>
    compareAnswers({ method: exchange.method, route, left: given, right: answer, bindings, windows });
  const expected: Expected = options.expectations?.compared(
    recorded,
    left,
    { target, answer, calls: undefined },
    compare,
  ) ?? { left, comparison: compare(left.answer), accepted: [] };
  const { comparison } = expected;
  const answers = { target, left: expected.left.answer, right: answer };
  const judgement = judge(comparison, { route: exchange.route, ...answers }, options.rules, options.today);
  return { comparison, judgement: withAccepted(judgement, expected.accepted) };
}
