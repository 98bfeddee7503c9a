/** The recordings of a run, and of each the exchanges that were asked for. */
import { join, relative } from 'node:path';
import { listRecordings, type Recording, readRecording } from '@banyan/gateway/record/read-recording.ts';
import type { TestedApplication } from './application.ts';
import type { RunOptions } from './run-options.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError */
export async function chosenRecordings(
  { recording: names, only, state, recordings: given }: RunOptions,
  application: TestedApplication,
): Promise<Recording[]> {
  const recordings = given ?? application.recordings;
  const all = await listRecordings(recordings);
  const unknown = names?.find((name) => !all.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`There is no recording "${unknown}"; there are: ${all.join(', ') || 'none'}`);
  if (all.length === 0)
    throw new UsageError(`There is no recording in ${relative(process.cwd(), recordings)}.`);
  const read = await Promise.all(
    (names ?? all).map((name) => readRecording(join(recordings, `${name}.har`))),
  );
  return read.map((recording) => ({
    ...recording,
    ...(state === undefined ? {} : { state }),
    ...(only && { exchanges: recording.exchanges.filter(({ index }) => only.includes(index)) }),
  }));
}
