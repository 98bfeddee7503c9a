/** A recording, replayed against one backend as the suite's options have it. */
import { inForceWithout } from '@banyan/compare/accept.ts';
import type { RecordedExchange, Recording } from '@banyan/gateway/record/read-recording.ts';
import { type Around, type Replayed, type ReplayedRecording, replay } from './replay/replay.ts';
import { Expectations } from './retired/change.ts';
import type { RunningBackend } from './running-backend.ts';
import type { SuiteOptions } from './suite-options.ts';

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
