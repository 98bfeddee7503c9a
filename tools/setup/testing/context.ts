/** For tests that set up what they need: a server, an interpreter. */
import { join } from 'node:path';
import { readSettings } from '@banyan/gateway/settings.ts';
import type { SetupContext } from '../command.ts';
import { root } from './places.ts';

/** As the settings of this environment have it. */
export function setupContext(): SetupContext & { dataFolder: string } {
  const { dataFolder, setupFolder } = readSettings(process.env, root);
  return {
    root,
    dataFolder,
    setupFolder,
    env: process.env,
    report: console.error,
    logFile: join(dataFolder, 'logs/setup.log'),
  };
}
