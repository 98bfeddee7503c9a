/** A console on the flags of a test. */
import { type ConsoleOptions, type RunningConsole, startConsole } from '../../console/console.ts';
import type { FlagStore } from '../../flags/store.ts';
import { silentLog } from '../../log.ts';
import { chatTable, shippedLikeFlags } from './chat-table.ts';
import type { FlagFolder } from './flag-folder.ts';

/** Flags as an application ships them; what is proven of the code at hand is not these tests’ matter. */
export const shippedFlags = shippedLikeFlags.replace('evidence: enforce', 'evidence: warn');

/** Ready, on any free port, and of the routes of `chatTable` unless told. */
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
    table: chatTable,
    application: 'test application',
    health: { ready: () => true },
    log: silentLog,
    ...options,
  });
}
