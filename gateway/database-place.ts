import { join } from 'node:path';
import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import type { Settings } from './settings.ts';

/** Where the new backend's database is: at a server, or embedded. @param name its folder in the data folder */
export function databasePlace(
  { databaseUrl, dataFolder }: Pick<Settings, 'databaseUrl' | 'dataFolder'>,
  name = 'new',
): DatabasePlace {
  return databaseUrl === undefined ? { folder: embeddedDatabase(dataFolder, name) } : { url: databaseUrl };
}

export const embeddedDatabase = (dataFolder: string, name = 'new') => join(dataFolder, name, 'database');
