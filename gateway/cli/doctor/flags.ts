/** The flag file, and what is proven of the routes. */

import { routeKeys } from '@banyan/route-table/route-table.ts';
import { boundWithoutJournal } from '../../continuity/bound.ts';
import { nameOf } from '../../continuity/protocol/modes.ts';
import { readText } from '../../files.ts';
import { parseFlagFile } from '../../flags/grammar/parse.ts';
import { journalChoice } from '../../journal-choice.ts';
import { type Check, type Finding, fault, ok, type Patient, warning } from './check.ts';

export const flags: readonly Check[] = [
  {
    name: 'Flags',
    async look(patient) {
      const reading = await readFlags(patient);
      if ('health' in reading) return reading;
      if (!reading.ok)
        return reading.faults.map(({ line, column, message }) =>
          fault(
            `${patient.settings.flagFile}:${line}:${column} ${message}`,
            'Correct the file; nothing in it is in force until then.',
          ),
        );
      const modes = [...reading.flags.routes.values()].map(({ mode }) => nameOf(mode));
      const moved = modes.filter((mode) => mode !== 'legacy').length;
      return ok(`${patient.settings.flagFile} has no faults; ${moved} routes are not legacy`);
    },
  },
  {
    name: 'Evidence',
    async look({ application }) {
      const { evidence, implemented, table } = await application();
      if (!evidence) return warning('none is asked for', 'Set `evidence: enforce` in the flag file.');
      const routes = routeKeys(table).filter((route) => implemented.has(route));
      const lacking = routes.filter((route) => evidence.lacking(route) !== undefined);
      if (lacking.length === 0) return ok(`all ${routes.length} routes are proven for the code that is here`);
      const why = evidence.lacking(lacking[0] ?? '') ?? '';
      return warning(
        `${lacking.length} of ${routes.length} routes lack it: ${why}`,
        'Run `npm run contract` before a flip.',
      );
    },
  },
];

async function readFlags({
  settings,
  application,
}: Patient): Promise<Finding | ReturnType<typeof parseFlagFile>> {
  const read = await readText(settings.flagFile);
  if (!('text' in read)) {
    const why = 'missing' in read ? 'there is no such file' : read.unreadable;
    return fault(`${settings.flagFile}: ${why}`, 'Put it there, or correct BANYAN_FLAGS.');
  }
  const configured = await application();
  const { table, implemented } = configured;
  const bound = boundWithoutJournal(journalChoice(settings.continuity, configured));
  return parseFlagFile(read.text, { table, implemented, bound });
}
