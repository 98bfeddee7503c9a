/** The ground of a preview while no gateway runs. It reads the flag file and the data folder, and writes nothing. */
import { alarmFile, objection, readAlarms } from '../continuity/alarms/stored.ts';
import { boundWithoutJournal } from '../continuity/bound.ts';
import type { Mode } from '../continuity/protocol/modes.ts';
import { readText } from '../files.ts';
import { parseFlagFile } from '../flags/grammar/parse.ts';
import type { FlagFault } from '../flags/model.ts';
import { planOf } from '../flags/plan.ts';
import { readState, stateFiles } from '../flags/state.ts';
import { inForce, stillUnwritten } from '../flags/unwritten.ts';
import { journalChoice } from '../journal-choice.ts';
import type { Ground } from '../preview/finding.ts';
import type { CliContext } from './context.ts';

/** @param mode that is asked for */
export async function fileGround(
  context: Pick<CliContext, 'settings' | 'application'>,
  mode: Mode,
): Promise<Ground> {
  const { flagFile, dataFolder, continuity } = context.settings;
  const application = await context.application();
  const { table, implemented, evidence } = application;
  const files = stateFiles(dataFolder);
  const stored = await readState(files, new Date().toISOString());
  const fitting = {
    table,
    // That a route has to stay legacy is nothing against a rollback.
    bound: mode === 'legacy' ? undefined : boundWithoutJournal(journalChoice(continuity, application)),
    completed: (route: string) => stored.routes[route]?.mode === 'complete',
  };
  const read = await readText(flagFile);
  const parsed = (text: string) => parseFlagFile(text, { ...fitting, implemented });
  const reading = 'text' in read ? parsed(read.text) : missing(flagFile);
  const { alarms } = readAlarms(alarmFile(dataFolder), table);
  const kept = await readText(files.lastGood);
  const lastGood = 'text' in kept ? parsed(kept.text) : undefined;
  const flags = reading.ok ? reading.flags : lastGood?.ok ? lastGood.flags : undefined;
  const before = new Map(Object.entries(stored.unwritten));
  const unwritten = flags ? stillUnwritten(flags.routes, before) : before;
  return {
    table,
    isRunning: false,
    faults: reading.ok ? [] : reading.faults,
    unwritten: [...unwritten].map(([route, change]) => ({ route, ...change })),
    plan: (asked) =>
      planOf(asked, {
        table,
        fitting,
        implemented,
        routes: flags ? inForce(flags.routes, unwritten) : new Map(Object.entries(stored.routes)),
        phases: flags?.phases ?? new Map(),
        evidence: flags?.evidence ?? 'enforce',
        lacking: (route) => evidence?.lacking(route),
        alarmed: (route) => (continuity === 'on' ? objection(alarms, table, route) : undefined),
      }),
  };
}

const missing = (file: string): { ok: false; faults: FlagFault[] } => ({
  ok: false,
  faults: [{ line: 1, column: 1, message: `${file} cannot be read.` }],
});
