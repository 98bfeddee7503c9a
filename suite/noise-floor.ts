/**
 * The noise floor: where legacy does not answer as recorded, a second fresh legacy app is asked the same. Where the two
 * differ too, the field changes by itself and no volatile rule covers it; where they agree, the recording is not true.
 */
import { compareAnswers } from '@banyan/compare/compare.ts';
import { Bindings, idsOnly } from '@banyan/compare/volatile/bindings.ts';
import type { Recording } from '@banyan/gateway/record/read-recording.ts';
import { against } from './against.ts';
import type { Compared } from './compared.ts';
import type { Replayed, ReplayedRecording } from './replay/replay.ts';
import type { SuiteOptions } from './suite-options.ts';

export async function noiseFloor(
  options: SuiteOptions,
  recording: Recording,
  first: ReplayedRecording,
  compared: readonly Compared[],
): Promise<void> {
  const untrue = compared.filter(
    ({ pair, judgement }) => pair === 'recording-legacy' && judgement.verdict === 'divergent',
  );
  if (untrue.length === 0 || options.freshLegacy === false || !options.onNoise) return;
  const backend = await options.startLegacy(recording.state);
  try {
    const again = await against(
      options,
      recording,
      backend,
      () => true,
      () => {},
    );
    const differing = placesOf(recording, first, again);
    for (const { index, method, target } of untrue)
      options.onNoise({
        recording: recording.name,
        index,
        request: `${method} ${target}`,
        unexplained: differing.get(index) ?? [],
      });
  } finally {
    await backend.close();
  }
}

/** By exchange, where two runs of one backend differ. */
function placesOf(
  recording: Recording,
  first: ReplayedRecording,
  again: ReplayedRecording,
): Map<number, string[]> {
  const bindings = new Bindings();
  const places = new Map<number, string[]>();
  for (const { index, method } of recording.exchanges) {
    const [one, other] = [first.exchanges.get(index), again.exchanges.get(index)];
    if (!one || !other) continue;
    const { differences, learned } = compareAnswers({
      method,
      route: one.step.route,
      bindings,
      left: one.answer,
      right: other.answer,
      windows: windowsOf(one, other),
    });
    bindings.learn(differences.length > 0 ? idsOnly(learned) : learned);
    if (differences.length > 0)
      places.set(
        index,
        differences.map(({ place }) => place),
      );
  }
  return places;
}

const windowsOf = (one: Replayed, other: Replayed) => ({
  ...(one.window && { left: one.window }),
  ...(other.window && { right: other.window }),
});
