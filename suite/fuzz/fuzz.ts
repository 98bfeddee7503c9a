/** `npm run fuzz`: generated sequences of requests against both backends, until they diverge or the time is up. */
import { styleText } from 'node:util';
import { inForceWithout } from '@banyan/compare/accept.ts';
import { progressBar } from '@banyan/gateway/terminal/progress-bar.ts';
import { whenAskedToStop } from '@banyan/gateway/terminal/stop-signal.ts';
import { readAccepted } from '../accepted.ts';
import { type TestedApplication, testedApplication } from '../application.ts';
import { chosenBackends } from '../chosen-backends.ts';
import { today } from '../clock.ts';
import { runCommand } from '../command.ts';
import { keepSequences } from '../keep-evidence.ts';
import type { Paint } from '../report/terminal.ts';
import { UsageError } from '../usage-error.ts';
import { campaign, type Tally } from './campaign.ts';
import { type FuzzOptions, fuzzOptions, usage } from './options.ts';
import { betweenLegacies } from './play/play.ts';
import { findLines, type SameOptions, seedOfDay, tallyLines } from './report.ts';

/** What takes a bar away on a terminal. */
const wiped = '\r\x1b[K';
const paint: Paint = (style, text) => styleText(style, text, { stream: process.stdout });

/**
 * The whole command, to its exit code.
 * @param application the one that is asked where `--application` names no other
 */
export async function fuzz(args: string[], application?: TestedApplication): Promise<void> {
  await runCommand(usage, () => main(args, application));
}

async function main(args: string[], usual: TestedApplication | undefined): Promise<number> {
  const options = fuzzOptions(args);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const day = today(Date.now());
  const application = await testedApplication(options.application, usual);
  const { table, recordings, accepted, grammar = {}, evidence } = application;
  const { runs, time, lanes, noise, flips, seed = seedOfDay(day), out = recordings } = options;
  const rules = accepted === undefined ? [] : await readAccepted(accepted);
  const backends = await chosenBackends(application, options);
  const begun = performance.now();
  let played: Tally | undefined;
  const told = (tally: Tally) => print(tallyLines(tally, performance.now() - begun, paint));
  const interrupted = () => {
    // What was found until then is not lost with what is under way.
    if (played) told(played);
    void backends.close().finally(() => process.exit(130));
  };
  whenAskedToStop(interrupted);
  console.log(`Sequences from seed ${seed} on.`);
  const showProgress = progress(begun, options);
  const before = evidence?.fingerprints(options.retired);
  try {
    const { startLegacy, startNew, freshLegacy } = backends.suite;
    if (flips && !backends.startGateway)
      throw new UsageError('--flips: this application does not say how its gateway is started');
    const tally = await campaign({
      table,
      grammar,
      today: day,
      seed,
      runs,
      time,
      lanes,
      folder: out,
      rules: inForceWithout(options.retired, rules),
      startLegacy,
      startNew: noise ? startLegacy : (flips && backends.startGateway) || startNew,
      // A gateway may answer as legacy does, which never says when an upload is over.
      ...((noise || flips) && { patience: betweenLegacies }),
      ...(flips && { flips, budget: 20_000 }),
      ...(freshLegacy === false && { renewAfter: Number.POSITIVE_INFINITY }),
      onPlayed: (tally) => {
        played = tally;
        showProgress(tally);
      },
      onFind: (find, confirmed) => print(findLines(find, confirmed, paint, sameOptions(options))),
    });
    told(tally);
    const isFresh = !noise && !flips && !options.legacy && !options.new;
    if (isFresh && evidence && before)
      console.log(await keepSequences(evidence, tally.sequencesByRoute, before));
    return Object.keys({ ...tally.finds, ...tally.faults }).length > 0 ? 1 : 0;
  } finally {
    await backends.close();
  }
}

function sameOptions({
  application,
  legacy,
  new: ours,
  relay,
  retired,
  flips,
  out,
}: FuzzOptions): SameOptions {
  const given = { application, legacy, new: ours, relay, retired: retired.join() || undefined };
  const both = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [` --${name} ${value}`],
  );
  return {
    both: [...both, ...(flips ? [' --flips'] : [])].join(''),
    recordings: out === undefined ? '' : ` --recordings ${out}`,
  };
}

/** How far it is: a bar on a terminal, a line every ten seconds elsewhere. */
function progress(begun: number, { runs, time }: FuzzOptions): (tally: Tally) => void {
  const live = process.stdout.isTTY;
  const every = live ? 250 : 10_000;
  let next = every;
  return ({ sequences, exchanges }) => {
    const took = performance.now() - begun;
    if (took < next) return;
    next = took + every;
    const rate = Math.round((exchanges * 1000) / took);
    const counts = `${sequences} sequences, ${exchanges} exchanges, ${rate} a second`;
    const share = Math.max(sequences / runs, time === undefined ? 0 : took / time);
    if (live) process.stdout.write(`${wiped}${progressBar(share, 1)}  ${counts}`);
    else console.error(counts);
  };
}

/** In the place of the bar. */
function print(lines: readonly string[]): void {
  if (process.stdout.isTTY) process.stdout.write(wiped);
  console.log(lines.join('\n'));
}
