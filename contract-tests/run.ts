/** `npm run contract`: replays the committed recordings against both backends and says whether they agree. */
import { writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { styleText } from 'node:util';
import { routeTable } from '../contract/routes.ts';
import { readAccepted } from './accepted.ts';
import { chosenBackends } from './chosen-backends.ts';
import { today } from './clock.ts';
import { checkGraph } from './graph-check.ts';
import { listRecordings, type Recording, readRecording } from './har.ts';
import { runMutants } from './mutants/run.ts';
import { divergenceLines, type Paint, resultLines } from './report.ts';
import { isGreen, resultOf } from './result.ts';
import { type RunOptions, runOptions, UsageError, usage } from './run-options.ts';
import { type Compared, type Noise, type RunningBackend, runSuite } from './suite.ts';

const root = dirname(import.meta.dirname);
const recordings = join(import.meta.dirname, 'recordings');

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { message } = error as Error;
  console.error(error instanceof UsageError ? `${message}\n\n${usage}` : message);
  process.exitCode = 2;
}

async function main(args: string[]): Promise<number> {
  // A zone with an odd offset, so that a time in UTC cannot pass for a local one.
  process.env.TZ ||= 'Asia/Kathmandu';
  if (args.includes('--mutants')) return runMutants(args, paint);
  const options = runOptions(args);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const begun = performance.now();
  const rules = await readAccepted(join(import.meta.dirname, 'accepted.yaml'));
  const chosen = await choose(options);
  const backends = await chosenBackends(root, options);
  const day = today(Date.now());
  // The legacy app is a process group of its own, so that it is stopped here or not at all.
  const interrupted = () => void backends.close().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    let implemented: RunningBackend['implements'];
    const noise: Noise[] = [];
    const { retired } = options;
    const outcomes = await runSuite({
      ...{ table: routeTable, recordings: chosen, rules, retired, today: day },
      ...backends.suite,
      async startNew(state) {
        const backend = await backends.suite.startNew(state);
        implemented = backend.implements;
        return backend;
      },
      onNoise: (each) => void noise.push(each),
      onCompared: show(
        chosen.reduce((sum, { exchanges }) => sum + exchanges.length, 0),
        options.only !== undefined,
      ),
    });
    const everything = !options.recording && !options.legacy && !options.new;
    const values = everything ? checkGraph(routeTable, chosen) : { undeclared: [], unseen: [] };
    const result = resultOf({
      ...{ table: routeTable, rules, today: day, outcomes, implemented, retired, everything, values, noise },
    });
    await writeFile(options.result, `${JSON.stringify(result, null, 2)}\n`);
    for (const line of resultLines(result, paint)) console.log(line);
    const took = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(
      `${chosen.length} recording${chosen.length === 1 ? '' : 's'} in ${took} s; ${relative(process.cwd(), options.result)} has the details.`,
    );
    return isGreen(result) ? 0 : 1;
  } finally {
    await backends.close();
  }
}

async function choose({ recording: names, only, state }: RunOptions): Promise<Recording[]> {
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

/** Divergences as they are found, and on a terminal how far it is. */
function show(exchanges: number, onlyPairs: boolean): (compared: Compared) => void {
  const live = process.stdout.isTTY;
  let replayed = 0;
  return (compared) => {
    if (live) process.stdout.write('\r\x1b[K');
    if (compared.judgement.verdict === 'divergent' && !(onlyPairs && compared.pair === 'recording-legacy'))
      for (const line of divergenceLines(compared, paint)) console.log(line);
    if (compared.pair === 'recording-legacy') replayed += 1;
    if (live && replayed < exchanges)
      process.stdout.write(`${compared.recording}: ${replayed} of ${exchanges} exchanges`);
  };
}

function paint(style: Parameters<Paint>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout });
}
