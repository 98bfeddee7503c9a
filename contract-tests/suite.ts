/**
 * The contract suite: each recording is replayed against legacy (is the recording still true?) and against the new
 * backend (does it answer as legacy does?). Knows no application: route table, recordings and backends come in.
 */
import type { AcceptedRule, Judgement, Verdict } from '../compare/accept.ts';
import { judge } from '../compare/accept.ts';
import type { Answer, Tolerated } from '../compare/answer.ts';
import { compareAnswers } from '../compare/compare.ts';
import { Bindings, idsOnly } from '../compare/volatile/bindings.ts';
import type { RouteKey, RouteTable } from '../contract/route-table.ts';
import type { RecordedExchange, Recording } from './har.ts';
import { progressRule, type Replayed, replay } from './replay/replay.ts';

/** A backend that answers, in a fresh state. */
export interface RunningBackend {
  url: string;
  /** The routes that it has; undefined: all of them. */
  implements?: ReadonlySet<RouteKey> | undefined;
  /** Whether the gateway would ever let it serve this target; undefined: all of them. */
  mayServe?: ((target: string) => boolean) | undefined;
  /** How its clock writes a moment; undefined where its zone is not known. */
  clock?: ((moment: number) => string) | undefined;
  close(): Promise<void>;
}

export interface SuiteOptions {
  table: RouteTable;
  recordings: readonly Recording[];
  rules: readonly AcceptedRule[];
  /** `2026-01-31`. */
  today: string;
  /** Called once for each recording. */
  startLegacy: () => Promise<RunningBackend>;
  startNew: () => Promise<RunningBackend>;
  patience?: number;
  onCompared?: (compared: Compared) => void;
}

/** Which two answers were compared: the recorded one with legacy's, or legacy's with the new backend's. */
export type Pair = 'recording-legacy' | 'legacy-new';

/** One comparison of one exchange. */
export interface Compared {
  recording: string;
  index: number;
  route: RouteKey;
  method: string;
  /** As recorded. */
  target: string;
  pair: Pair;
  judgement: Judgement;
  tolerated: Tolerated[];
  volatile: number;
  /** How often either side was asked again, while work went on, until it showed what was recorded. */
  repeats: number;
  left: Answer;
  right: Answer;
}

/** What became of one recorded exchange. */
export interface ExchangeOutcome {
  recording: string;
  index: number;
  route: RouteKey;
  /** `untested`: the new backend has no such route yet, or would not be given such a path. */
  outcome: Verdict | 'untested';
  compared: Compared[];
}

export async function runSuite(options: SuiteOptions): Promise<ExchangeOutcome[]> {
  const outcomes: ExchangeOutcome[] = [];
  for (const recording of options.recordings) outcomes.push(...(await runRecording(options, recording)));
  return outcomes;
}

async function runRecording(options: SuiteOptions, recording: Recording): Promise<ExchangeOutcome[]> {
  const compared: Compared[] = [];
  const onCompared = (each: Compared) => {
    compared.push(each);
    options.onCompared?.(each);
  };
  const legacy = await against(
    options,
    recording,
    options.startLegacy,
    () => true,
    (replayed) => onCompared(withRecording(recording, replayed)),
  );
  const { table, startNew } = options;
  const exchanges = recording.exchanges;
  const started = await startNew();
  const has = ({ route, target }: RecordedExchange) =>
    (started.implements?.has(route) ?? true) && (started.mayServe?.(target) ?? true);
  if (exchanges.some(has)) {
    const ours = await against(
      options,
      recording,
      async () => started,
      has,
      () => {},
    );
    for (const each of compareReplays(options, recording, legacy, ours)) onCompared(each);
  } else await started.close();
  return exchanges.map(({ index, route }) => {
    const of = compared.filter((each) => each.index === index);
    const known = table.routes.some(({ key }) => key === route) || route === table.anythingElse.key;
    return { recording: recording.name, index, route, outcome: outcomeOf(of, known), compared: of };
  });
}

async function against(
  options: SuiteOptions,
  recording: Recording,
  start: () => Promise<RunningBackend>,
  has: (exchange: RecordedExchange) => boolean,
  onReplayed: (replayed: Replayed) => void,
): Promise<Map<number, Replayed>> {
  const backend = await start();
  try {
    const { table, rules, today, patience } = options;
    return await replay({
      ...{ table, rules, today, recording, onReplayed },
      url: backend.url,
      clock: backend.clock,
      select: ({ exchange }) => has(exchange),
      ...(patience === undefined ? {} : { patience }),
    });
  } finally {
    await backend.close();
  }
}

function* compareReplays(
  options: SuiteOptions,
  recording: Recording,
  legacy: ReadonlyMap<number, Replayed>,
  ours: ReadonlyMap<number, Replayed>,
): Generator<Compared> {
  const bindings = new Bindings();
  for (const { index } of recording.exchanges) {
    const [left, right] = [legacy.get(index), ours.get(index)];
    if (!left || !right) continue;
    const { exchange, route } = left.step;
    const answers = { left: left.answer, right: right.answer };
    const windows = {
      ...(left.window && { left: left.window }),
      ...(right.window && { right: right.window }),
    };
    const comparison = compareAnswers({ method: exchange.method, route, ...answers, bindings, windows });
    const judged = judge(comparison, { route: exchange.route, ...answers }, options.rules, options.today);
    const judgement = judged.verdict === 'divergent' ? atOtherMoments(options, left, right, judged) : judged;
    const { learned } = comparison;
    bindings.learn(judged.verdict === 'divergent' ? idsOnly(learned) : learned);
    yield comparedOf(recording, exchange, 'legacy-new', {
      ...comparison,
      ...answers,
      judgement,
      repeats: right.repeats,
    });
  }
}

/** Each may show the work at another moment, where each shows one that was recorded. */
function atOtherMoments(
  options: SuiteOptions,
  left: Replayed,
  right: Replayed,
  judged: Judgement,
): Judgement {
  const rule = progressRule(options.rules, options.today);
  if (!rule || !left.step.watches || left.moment === right.moment) return judged;
  if (left.moment === undefined || right.moment === undefined) return judged;
  const accepted = judged.differences.map((difference) => ({ rule: rule.name, difference }));
  return { verdict: 'accepted', differences: [], accepted: [...judged.accepted, ...accepted] };
}

function withRecording(
  recording: Recording,
  { step, answer, comparison, judgement, repeats }: Replayed,
): Compared {
  const answers = { left: step.exchange.answer, right: answer };
  return comparedOf(recording, step.exchange, 'recording-legacy', {
    ...comparison,
    ...answers,
    judgement,
    repeats,
  });
}

type Found = Pick<Compared, 'judgement' | 'tolerated' | 'volatile' | 'repeats' | 'left' | 'right'>;

function comparedOf({ name }: Recording, exchange: RecordedExchange, pair: Pair, found: Found): Compared {
  const { index, route, method, target } = exchange;
  const { judgement, tolerated, volatile, repeats, left, right } = found;
  const values = { judgement, tolerated, volatile, repeats, left, right };
  return { recording: name, index, route, method, target, pair, ...values };
}

/** A row that the table does not have (a recording made with another one) is never passed in silence. */
function outcomeOf(compared: readonly Compared[], known: boolean): ExchangeOutcome['outcome'] {
  if (compared.some(({ judgement }) => judgement.verdict === 'divergent') || !known) return 'divergent';
  if (!compared.some(({ pair }) => pair === 'legacy-new')) return 'untested';
  return compared.some(({ judgement }) => judgement.verdict === 'accepted') ? 'accepted' : 'matched';
}
