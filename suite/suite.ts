/**
 * The contract suite: each recording is replayed against legacy (is the recording still true, and does legacy agree with
 * itself?) and against the new backend (does it answer as legacy does?). Knows no application: route table, recordings
 * and backends come in.
 */

import type { RecordedExchange, Recording } from '@banyan/gateway/record/read-recording.ts';
import { against, expectationsOf } from './against.ts';
import { Ahead } from './ahead.ts';
import type { Compared, ExchangeOutcome } from './compared.ts';
import { noiseFloor } from './noise-floor.ts';
import { Pairing } from './pairing.ts';
import type { ReplayedRecording } from './replay/replay.ts';
import type { RunningBackend, StartBackend } from './running-backend.ts';
import type { SuiteOptions } from './suite-options.ts';

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

/** A row that the table does not have (a recording made with another one) is never passed in silence. */
function outcomeOf(compared: readonly Compared[], known: boolean): ExchangeOutcome['outcome'] {
  if (compared.some(({ judgement }) => judgement.verdict === 'divergent') || !known) return 'divergent';
  if (!compared.some(({ pair }) => pair === 'legacy-new')) return 'untested';
  return compared.some(({ judgement }) => judgement.verdict === 'accepted') ? 'accepted' : 'matched';
}
