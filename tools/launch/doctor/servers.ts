/** What the new backend needs of its database beside tables, and Redis. */
import { type Check, type Finding, fault, ok, warning } from '@banyan/gateway/cli/doctor/check.ts';
import { Redis } from 'ioredis';
import type pg from 'pg';

export async function pgvector(client: pg.Client): Promise<Finding[]> {
  const { rows } = await client.query<{ available: string | null; installed: string | null }>(
    `select (select default_version from pg_available_extensions where name = 'vector') as available,
       (select extversion from pg_extension where extname = 'vector') as installed`,
  );
  return [extension(rows[0]?.installed ?? null, rows[0]?.available ?? null)];
}

function extension(installed: string | null, available: string | null): Finding {
  if (installed) return ok(`pgvector ${installed}`);
  return available
    ? ok(`pgvector ${available}, made part of the database at the first use`)
    : fault('the server has no pgvector', 'Install it there (the image pgvector/pgvector has it).');
}

export const queue = (redisUrl: string | undefined): Check => ({
  name: 'Redis',
  async look() {
    return redisUrl ? redis(redisUrl) : ok('none is wanted: the queue is in the database');
  },
});

async function redis(url: string): Promise<Finding[]> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 5000 });
  let reason = '';
  client.on('error', (error) => {
    reason ||= error.message;
  });
  const { host } = new URL(url);
  try {
    await client.connect();
    const info = await client.info();
    const value = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1];
    const policy = value('maxmemory_policy');
    return [
      ok(`Redis ${value('redis_version')} at ${host}`),
      policy === 'noeviction'
        ? ok('it throws nothing away (noeviction)')
        : fault(
            `its maxmemory-policy is ${policy}`,
            'Set it to noeviction: otherwise it may throw the queue away.',
          ),
      value('aof_enabled') === '1'
        ? ok('it writes an append-only file')
        : warning(
            'it has no append-only file',
            'Set `appendonly yes`; without it jobs wait longer after a restart.',
          ),
    ];
  } catch (error) {
    const why = reason || (error instanceof Error ? error.message : String(error));
    return [fault(`Redis at ${host} cannot be used: ${why}`, 'Start it, or correct REDIS_URL.')];
  } finally {
    client.disconnect();
  }
}
