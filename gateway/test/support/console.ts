/** A console on the flags of a test. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { routeTable } from '../../../contract/routes.ts';
import { type ConsoleOptions, type RunningConsole, startConsole } from '../../console/console.ts';
import type { FlagStore } from '../../flags/store.ts';
import { silentLog } from '../../log.ts';
import type { FlagFolder } from './flag-folder.ts';

const shipped = readFileSync(join(import.meta.dirname, '../../../flags.yaml'), 'utf8');

/** The shipped flag file; what is proven of the code at hand is not these tests' matter. */
export const shippedFlags = shipped.replace('evidence: enforce', 'evidence: warn');

/** Ready, on any free port, and of the chatbot's routes unless told. */
export function openConsole(
  { data, file }: FlagFolder,
  store: FlagStore,
  options: Partial<ConsoleOptions> = {},
): Promise<RunningConsole> {
  return startConsole({
    host: '127.0.0.1',
    port: 0,
    dataFolder: data,
    flagFile: file,
    store,
    table: routeTable,
    application: 'test application',
    health: { ready: () => true },
    log: silentLog,
    ...options,
  });
}
