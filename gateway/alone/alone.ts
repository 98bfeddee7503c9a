/** The gateway by itself, in front of any HTTP server: with an application's module, or without one. */
import { writeFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Application } from '../application.ts';
import { type RunningGateway, startGateway } from '../gateway.ts';
import type { Settings } from '../settings.ts';
import { anyApplication } from './any-application.ts';
import { loadApplication } from './load-application.ts';

export interface AloneOptions {
  /** `legacy.url` says where legacy answers. */
  settings: Settings & { legacy: { url: string } };
  /** The path of an application's module; without, every path is anything else, and legacy's. */
  application?: string | undefined;
  /** What a relative path of it starts from. */
  folder: string;
  log: Logger;
}

/**
 * Starts a gateway in front of a server that runs already. Where there is no flag file yet, one is made that leaves every
 * route to legacy.
 * @throws BanyanError `application_unusable`, and what `startGateway` throws
 */
export async function startAlone(options: AloneOptions): Promise<RunningGateway> {
  const { settings, log } = options;
  const application = await applicationOf(options);
  await makeFlagFile(settings.flagFile);
  return startGateway({ settings, application, legacyUrl: settings.legacy.url, log });
}

export function applicationOf({
  settings,
  application: file,
  folder,
}: Omit<AloneOptions, 'log' | 'settings'> & { settings: Settings }): Promise<Application> {
  if (file !== undefined) return loadApplication(file, folder, settings);
  return Promise.resolve(anyApplication(settings.legacy.url ?? 'any application'));
}

const firstFlags = '# Which backend serves a route: legacy, unless this file says otherwise.\nroutes: {}\n';

async function makeFlagFile(file: string): Promise<void> {
  await writeFile(file, firstFlags, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
