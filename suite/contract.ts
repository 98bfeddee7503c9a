/** `npm run contract`: replays the committed recordings against both backends and says whether they agree. */
import { writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { readEvidence } from '@banyan/gateway/evidence/evidence.ts';
import type { Recording } from '@banyan/gateway/record/read-recording.ts';
import { whenAskedToStop } from '@banyan/gateway/terminal/stop-signal.ts';
import { readAccepted } from './accepted.ts';
import { type TestedApplication, testedApplication } from './application.ts';
import { chosenBackends } from './chosen-backends.ts';
import { chosenRecordings } from './chosen-recordings.ts';
import { today } from './clock.ts';
import { runCommand } from './command.ts';
import type { ExchangeOutcome, Noise } from './compared.ts';
import { checkGraph } from './graph-check.ts';
import { keepEvidence } from './keep-evidence.ts';
import { runMutants } from './mutants/run.ts';
import { ProbeTrials } from './probes.ts';
import { commandOf, type Finding, findingsOf } from './report/findings.ts';
import { htmlReport } from './report/html.ts';
import { junitReport } from './report/junit.ts';
import { paint, showCompared, showSearch } from './report/progress.ts';
import { standingsOf } from './report/standing.ts';
import { resultLines } from './report/terminal.ts';
import { isGreen, resultOf } from './result.ts';
import { type RunOptions, runOptions, usage } from './run-options.ts';
import type { RunningBackend } from './running-backend.ts';
import { shortestSequence } from './shortest.ts';
import { runSuite } from './suite.ts';
import type { SuiteOptions } from './suite-options.ts';

/** Findings of which the shortest sequence is looked for: each costs up to a dozen replays. */
const SHORTENED = 3;

/**
 * The whole command, to its exit code.
 * @param application the one that is tested where `--application` names no other
 */
export async function contract(args: string[], application?: TestedApplication): Promise<void> {
  await runCommand(usage, () =>
    args.includes('--mutants') ? runMutants(args, paint, application) : main(args, application),
  );
}

async function main(args: string[], usual: TestedApplication | undefined): Promise<number> {
  const options = runOptions(args);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const begun = performance.now();
  const application = await testedApplication(options.application, usual);
  const { table, accepted, changes = {}, evidence } = application;
  const rules = accepted === undefined ? [] : await readAccepted(accepted);
  const chosen = await chosenRecordings(options, application);
  if (process.stdout.isTTY) process.stdout.write('Starting the backends …');
  const backends = await chosenBackends(application, options);
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
    const before = evidence?.fingerprints(retired);
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
      onCompared: showCompared(
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
    const known = evidence && before && { found: readEvidence(evidence.file), running: before };
    const standings = standingsOf(result, everything, known);
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
    if (everything && options.evidence && evidence && before)
      console.log(await keepEvidence(evidence, { result, outcomes, rules, fingerprints: before }));
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
