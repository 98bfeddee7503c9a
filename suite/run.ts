/** `npm run contract`: replays the committed recordings against both backends and says whether they agree. */

import { writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { styleText } from 'node:util';
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import { type Fingerprints, readEvidence, staleness } from '@banyan/gateway/evidence/evidence.ts';
import { progressBar } from '@banyan/gateway/terminal/progress-bar.ts';
import { whenAskedToStop } from '@banyan/gateway/terminal/stop-signal.ts';
import { EVIDENCE_FILE, fingerprintsIn } from '../banyan.evidence.ts';
import { readAccepted } from './accepted.ts';
import { type TestedApplication, testedApplication } from './application.ts';
import { chosenBackends } from './chosen-backends.ts';
import { today } from './clock.ts';
import type { Compared, ExchangeOutcome, Noise } from './compared.ts';
import { evidenceOf, writeEvidence } from './evidence.ts';
import { checkGraph } from './graph-check.ts';
import { listRecordings, type Recording, readRecording } from './har.ts';
import { runMutants } from './mutants/run.ts';
import { ProbeTrials } from './probes.ts';
import { commandOf, type Finding, findingsOf } from './report/findings.ts';
import { htmlReport } from './report/html.ts';
import { junitReport } from './report/junit.ts';
import { standingsOf } from './report/standing.ts';
import { divergenceLines, type Paint, resultLines } from './report/terminal.ts';
import { isGreen, type Result, resultOf } from './result.ts';
import { type RunOptions, runOptions, UsageError, usage } from './run-options.ts';
import type { RunningBackend } from './running-backend.ts';
import { shortestSequence } from './shortest.ts';
import { runSuite } from './suite.ts';
import type { SuiteOptions } from './suite-options.ts';

const root = dirname(import.meta.dirname);
/** Findings of which the shortest sequence is looked for: each costs up to a dozen replays. */
const SHORTENED = 3;

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
  const application = await testedApplication(options.application);
  const { table, accepted, changes = {} } = application;
  const rules = accepted === undefined ? [] : await readAccepted(accepted);
  const chosen = await choose(options, application);
  if (process.stdout.isTTY) process.stdout.write('Starting the backends …');
  const backends = await chosenBackends(root, options);
  const day = today(Date.now());
  // The legacy app is a process group of its own, so that it is stopped here or not at all.
  const interrupted = () => void backends.close().finally(() => process.exit(130));
  whenAskedToStop(interrupted);
  try {
    let implemented: RunningBackend['implements'];
    const noise: Noise[] = [];
    const { retired } = options;
    const fresh = !options.legacy && !options.new;
    // Somebody else's legacy is asked nothing that was not recorded.
    const probes = fresh && !options.only ? new ProbeTrials(table) : undefined;
    const before = fingerprintsIn(root, retired.join());
    const suite: SuiteOptions = {
      table,
      recordings: chosen,
      rules,
      retired,
      changes,
      today: day,
      ...backends.suite,
      async startNew(state) {
        const backend = await backends.suite.startNew(state);
        implemented = backend.implements;
        return backend;
      },
      ...(probes && { probes }),
      onNoise: (each) => void noise.push(each),
      onCompared: show(
        chosen.reduce((sum, { exchanges }) => sum + exchanges.length, 0),
        options.only !== undefined,
      ),
    };
    const outcomes = await runSuite(suite);
    const everything = !options.recording && !options.recordings && !options.legacy && !options.new;
    const values = everything ? checkGraph(table, chosen) : { undeclared: [], unseen: [] };
    const result = resultOf({
      table,
      rules,
      today: day,
      outcomes,
      implemented,
      retired,
      everything,
      values,
      noise,
      ...(probes && { probes: probes.verdicts() }),
    });
    const standings = standingsOf(result, everything, readEvidence(join(root, EVIDENCE_FILE)), before);
    const same = sameBackends(options);
    const page = {
      result,
      standings,
      same,
      when: new Date().toString(),
      findings: await findings(fresh ? suite : undefined, chosen, outcomes, same),
    };
    await writeFile(options.report, htmlReport(page));
    if (options.junit) await writeFile(options.junit, junitReport(result, outcomes, page.findings, same));
    await writeFile(options.result, `${JSON.stringify(result, null, 2)}\n`);
    for (const line of resultLines(result, standings, paint)) console.log(line);
    const took = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(
      `${chosen.length} recording${chosen.length === 1 ? '' : 's'} in ${took} s; ${relative(process.cwd(), options.result)} and ${relative(process.cwd(), options.report)} have the details.`,
    );
    if (everything && options.evidence) console.log(await keepEvidence(result, outcomes, rules, before));
    return isGreen(result) ? 0 : 1;
  } finally {
    await backends.close();
  }
}

/** What diverges, each kind once; of the first ones the shortest sequence is looked for, where backends are fresh. */
async function findings(
  suite: SuiteOptions | undefined,
  chosen: readonly Recording[],
  outcomes: readonly ExchangeOutcome[],
  same: string,
): Promise<Finding[]> {
  const found = findingsOf(outcomes.flatMap(({ compared }) => compared));
  if (!suite) return found;
  for (const each of found.filter(({ first }) => first.pair === 'legacy-new').slice(0, SHORTENED)) {
    const recording = chosen.find(({ name }) => name === each.first.recording);
    if (!recording) continue;
    const search = { onAttempt: showSearch(each.first) };
    each.shortest = (await shortestSequence(suite, recording, each.first, search)).map((index) => index + 1);
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
    console.log(`${paint('bold', 'To replay just this:')} ${commandOf(each, same)}`);
  }
  return found;
}

/** In a terminal each try, elsewhere that it is being looked for: it takes up to half a minute. */
function showSearch({ recording, index }: Compared): (attempt: number, exchanges: number) => void {
  const what = `Looking for the shortest sequence that shows ${recording} #${index + 1}`;
  return (attempt, exchanges) => {
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${what}: try ${attempt}, ${exchanges} exchanges`);
    else if (attempt === 1) console.error(`${what} …`);
  };
}

/** The options that say what is compared, for whoever replays a part of it. */
function sameBackends({ retired, ...options }: RunOptions): string {
  const { application, recordings, legacy, new: ours, relay, state } = options;
  const given = {
    application,
    recordings,
    legacy,
    new: ours,
    relay,
    state,
    retired: retired.join() || undefined,
  };
  return Object.entries(given)
    .flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]))
    .join(' ');
}

async function keepEvidence(
  result: Result,
  outcomes: readonly ExchangeOutcome[],
  rules: readonly AcceptedRule[],
  before: Fingerprints,
): Promise<string> {
  const path = join(root, EVIDENCE_FILE);
  if (staleness(before, fingerprintsIn(root, before.retired.join())))
    return 'No evidence was written: the code was changed while the suite ran.';
  if (result.expiredRules.length + result.unusedRules.length + result.values.undeclared.length > 0)
    return 'No evidence was written: what is wrong with the register or the route table comes first.';
  const evidence = evidenceOf({
    result,
    outcomes,
    rules,
    fingerprints: before,
    before: readEvidence(path),
  });
  await writeEvidence(path, evidence);
  const green = Object.values(evidence.routes).filter(({ state }) => state === 'green').length;
  return `Evidence for ${green} of ${Object.keys(evidence.routes).length} routes is in ${EVIDENCE_FILE}: commit it with the code.`;
}

async function choose(
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

/** Divergences as they are found, and how far it is. */
function show(exchanges: number, onlyPairs: boolean): (compared: Compared) => void {
  const live = process.stdout.isTTY;
  let replayed = 0;
  let recording = '';
  return (compared) => {
    if (!live && compared.recording !== recording) console.error(`Replaying ${compared.recording} …`);
    ({ recording } = compared);
    if (live) process.stdout.write('\r\x1b[K');
    if (compared.judgement.verdict === 'divergent' && !(onlyPairs && compared.pair === 'recording-legacy'))
      for (const line of divergenceLines(compared, paint)) console.log(line);
    if (compared.pair === 'recording-legacy') replayed += 1;
    if (live && replayed < exchanges)
      process.stdout.write(
        `${progressBar(replayed, exchanges)}  ${replayed} of ${exchanges} exchanges, ${compared.recording}`,
      );
  };
}

function paint(style: Parameters<Paint>[0], text: string): string {
  return styleText(style, text, { stream: process.stdout });
}
