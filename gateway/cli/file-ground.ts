/** What can be told of a flip while no gateway runs: from the flag file and the data folder. Nothing is written. */
import { alarmFile, objection, readAlarms } from '../continuity/alarms/stored.ts';
import { boundWithoutJournal } from '../continuity/bound.ts';
import { readText } from '../files.ts';
import { parseFlagFile } from '../flags/grammar/parse.ts';
import type { FlagFault } from '../flags/model.ts';
import { planOf } from '../flags/plan.ts';
import { readState, stateFiles } from '../flags/state.ts';
import type { Ground } from '../preview/finding.ts';
import type { CliContext } from './context.ts';

export async function fileGround(context: Pick<CliContext, 'settings' | 'application'>): Promise<Ground> {
  const { flagFile, dataFolder, continuity } = context.settings;
  const { table, implemented, evidence } = await context.application();
  const stored = await readState(stateFiles(dataFolder), new Date().toISOString());
  const fitting = {
    table,
    bound: boundWithoutJournal(continuity, table),
    completed: (route: string) => stored.routes[route]?.mode === 'complete',
  };
  const read = await readText(flagFile);
  const reading = 'text' in read ? parseFlagFile(read.text, { ...fitting, implemented }) : missing(flagFile);
  const { alarms } = readAlarms(alarmFile(dataFolder), table);
  const flags = reading.ok ? reading.flags : undefined;
  return {
    table,
    isRunning: false,
    faults: reading.ok ? [] : reading.faults,
    plan: (asked) =>
      planOf(asked, {
        table,
        fitting,
        implemented,
        routes: flags?.routes ?? new Map(Object.entries(stored.routes)),
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
