/**
 * The contract suite: each recording is replayed against legacy (is the recording still true, and does legacy agree with
 * itself?) and against the new backend (does it answer as legacy does?). Knows no application: route table, recordings
 * and backends come in.
 */
import { type AcceptedRule, inForceWithout, type Judgement, type Verdict } from '@banyan/compare/accept.ts';
import type { Answer, Tolerated } from '@banyan/compare/answer.ts';
import type { ModelCallSeen } from '@banyan/compare/model-calls.ts';
import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { Ahead } from './ahead.ts';
import type { RecordedExchange, Recording } from './har.ts';
import { noiseFloor } from './noise-floor.ts';
import { Pairing } from './pairing.ts';
import type { ProbeTrials } from './probes.ts';
import type { ModelCallSource } from './replay/model-log.ts';
import { type Around, type Replayed, type ReplayedRecording, replay } from './replay/replay.ts';
import type { Request } from './replay/send.ts';
import { type ChangesIn, Expectations } from './retired/change.ts';

/** A backend that answers, in a fresh state. */
export interface RunningBackend {
  url: string;
  /** The routes that it has; undefined: all of them. */
  implements?: ReadonlySet<RouteKey> | undefined;
  /** Whether the gateway would ever let it serve this target; undefined: all of them. */
  mayServe?: ((target: string) => boolean) | undefined;
  /** How its clock writes a moment; undefined where its zone is not known. */
  clock?: ((moment: number) => string) | undefined;
  /** What it sends to the model; undefined where nobody sees it: then prompts are not compared. */
  modelCalls?: ModelCallSource | undefined;
  close(): Promise<void>;
}

/** @param state folder of the legacy app's files to start from; undefined: nothing */
export type StartBackend = (state?: string | undefined) => Promise<RunningBackend>;

export interface SuiteOptions {
  table: RouteTable;
  recordings: readonly Recording[];
  rules: readonly AcceptedRule[];
  /** Quirks that the new backend no longer has: their rules are in force, for it alone. */
  retired?: readonly string[];
  /** What quirks change that no rule's places can say, by the quirk's name. */
  changes?: Readonly<Record<string, ChangesIn>>;
  /** `2026-01-31`. */
  today: string;
  /** Called once for each recording. */
  startLegacy: StartBackend;
  startNew: StartBackend;
  /** Both share something (a relay, a database), so that one has to be done before the other begins. */
  oneAfterTheOther?: boolean;
  /** Whether `startLegacy` gives a fresh one each time, so that legacy can be held against itself; yes unless told. */
  freshLegacy?: boolean;
  patience?: number;
  /** Tries the probes of the route table with the writes that are replayed against legacy. */
  probes?: ProbeTrials;
  onCompared?: (compared: Compared) => void;
  /** Called where legacy does not answer as recorded, once it is known why. */
  onNoise?: (noise: Noise) => void;
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
  /** As it was sent to legacy. */
  request: Request;
  pair: Pair;
  judgement: Judgement;
  tolerated: Tolerated[];
  volatile: number;
  /** How often either side was asked again, while work went on, until it showed what was recorded. */
  repeats: number;
  left: Answer;
  right: Answer;
  /** What either side sent to the model; undefined where it was not seen. */
  calls?: { left: ModelCallSeen[]; right: ModelCallSeen[] } | undefined;
}

/** A difference between the recording and legacy, and what a second fresh legacy says of it. */
export interface Noise {
  recording: string;
  index: number;
  request: string;
  /** Places in which two runs of legacy differ: no volatile rule covers them. Empty: legacy agrees with itself. */
  unexplained: string[];
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
  const starting = new Starts(options);
  try {
    for (const recording of options.recordings)
      outcomes.push(...(await runRecording(options, recording, starting)));
  } finally {
    await starting.close();
  }
  return outcomes;
}

/** Fresh backends, each started while the recording before is replayed. */
class Starts {
  readonly #legacy: Ahead<RunningBackend>;
  readonly #new: Ahead<RunningBackend>;

  constructor({ recordings, startLegacy, startNew }: SuiteOptions) {
    const states = (start: StartBackend) => {
      const inOrder = recordings.values();
      return () => start(inOrder.next().value?.state);
    };
    this.#legacy = new Ahead(states(startLegacy), recordings.length);
    this.#new = new Ahead(states(startNew), recordings.length);
  }

  async both(): Promise<{ legacy: RunningBackend; ours: RunningBackend }> {
    const [legacy, ours] = await Promise.allSettled([this.#legacy.take(), this.#new.take()]);
    if (legacy.status === 'fulfilled' && ours.status === 'fulfilled')
      return { legacy: legacy.value, ours: ours.value };
    for (const each of [legacy, ours]) if (each.status === 'fulfilled') await each.value.close();
    throw legacy.status === 'rejected' ? legacy.reason : (ours as PromiseRejectedResult).reason;
  }

  async close(): Promise<void> {
    await Promise.all([this.#legacy.close(), this.#new.close()]);
  }
}

async function runRecording(
  options: SuiteOptions,
  recording: Recording,
  starting: Starts,
): Promise<ExchangeOutcome[]> {
  const { table } = options;
  const { exchanges } = recording;
  const compared: Compared[] = [];
  const onCompared = (each: Compared) => {
    compared.push(each);
    options.onCompared?.(each);
  };
  const { legacy, ours } = await starting.both();
  try {
    const expectations = expectationsOf(options, recording);
    const has = ({ index, route, target }: RecordedExchange) =>
      (ours.implements?.has(route) ?? true) &&
      (ours.mayServe?.(target) ?? true) &&
      (expectations?.isAsked(index) ?? true);
    const pairing = new Pairing(options, recording, has, onCompared);
    const left = against(
      // A quirk is retired on the other side: that excuses nothing here.
      { ...options, retired: [] },
      recording,
      legacy,
      () => true,
      (replayed) => pairing.legacy(replayed),
      options.probes?.around(recording, legacy.url),
    );
    if (options.oneAfterTheOther) await left;
    const right = exchanges.some(has)
      ? against(options, recording, ours, has, (replayed) => pairing.ours(replayed))
      : undefined;
    const [legacyRun, ourRun] = await whole(left, right);
    pairing.unexplained(legacyRun.unexplained, ourRun?.unexplained ?? []);
    await noiseFloor(options, recording, legacyRun, compared);
  } finally {
    await Promise.all([legacy.close(), ours.close()]);
  }
  return exchanges.map(({ index, route }) => {
    const of = compared.filter((each) => each.index === index);
    const known = table.routes.some(({ key }) => key === route) || route === table.anythingElse.key;
    return { recording: recording.name, index, route, outcome: outcomeOf(of, known), compared: of };
  });
}

/** Both to their ends, whichever fails: a backend is only closed when nothing asks it any more. */
async function whole(
  left: Promise<ReplayedRecording>,
  right: Promise<ReplayedRecording> | undefined,
): Promise<[ReplayedRecording, ReplayedRecording | undefined]> {
  await Promise.allSettled([left, right]);
  return [await left, await right];
}

/** Replays a recording against one backend. */
export function against(
  options: SuiteOptions,
  recording: Recording,
  backend: RunningBackend,
  has: (exchange: RecordedExchange) => boolean,
  onReplayed: (replayed: Replayed) => void,
  around?: Around,
): Promise<ReplayedRecording> {
  const { table, rules, retired = [], today, patience } = options;
  return replay({
    table,
    today,
    recording,
    onReplayed,
    around,
    expectations: expectationsOf(options, recording),
    rules: inForceWithout(retired, rules),
    url: backend.url,
    clock: backend.clock,
    modelCalls: backend.modelCalls,
    select: ({ exchange }) => has(exchange),
    ...(patience === undefined ? {} : { patience }),
  });
}

/** Nothing where no quirk is retired of which more is known than places. */
export function expectationsOf(
  { rules, retired = [], today, changes = {} }: SuiteOptions,
  recording: Recording,
): Expectations | undefined {
  const known = retired.filter((quirk) => Object.hasOwn(changes, quirk));
  return known.length > 0
    ? new Expectations({ rules, retired: known, today, changes }, recording)
    : undefined;
}

/** A row that the table does not have (a recording made with another one) is never passed in silence. */
function outcomeOf(compared: readonly Compared[], known: boolean): ExchangeOutcome['outcome'] {
  if (compared.some(({ judgement }) => judgement.verdict === 'divergent') || !known) return 'divergent';
  if (!compared.some(({ pair }) => pair === 'legacy-new')) return 'untested';
  return compared.some(({ judgement }) => judgement.verdict === 'accepted') ? 'accepted' : 'matched';
}
