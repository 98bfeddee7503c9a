/** The database, its extension, Redis, the model. */
import { existsSync } from 'node:fs';
import { databasePlace } from '@banyan/gateway/database-place.ts';
import { modelName } from '@banyan/gateway/relay/relay.ts';
import type { ModelSettings } from '@banyan/gateway/settings.ts';
import { Redis } from 'ioredis';
import pg from 'pg';
import { type Check, type Finding, fault, ok, warning } from './check.ts';

export const servers: readonly Check[] = [
  {
    name: 'Database',
    async look({ settings }) {
      const place = databasePlace(settings);
      if ('url' in place) return postgres(place.url);
      return ok(
        existsSync(place.folder)
          ? `embedded, in ${place.folder}`
          : `embedded, made at the first use in ${place.folder}`,
      );
    },
  },
  {
    name: 'Redis',
    async look({ settings: { redisUrl } }) {
      return redisUrl ? redis(redisUrl) : ok('none is wanted: the queue is in the database');
    },
  },
  { name: 'Model', look: ({ settings }) => model(settings.model) },
];

async function postgres(url: string): Promise<Finding[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  const { host } = new URL(url);
  try {
    await client.connect();
  } catch (error) {
    const why =
      error instanceof Error ? error.message || String((error as { code?: string }).code) : String(error);
    return [fault(`PostgreSQL at ${host} cannot be used: ${why}`, 'Start it, or correct DATABASE_URL.')];
  }
  try {
    const { rows } = await client.query<{
      version: string;
      available: string | null;
      installed: string | null;
      may: boolean;
    }>(
      `select current_setting('server_version') as version,
         (select default_version from pg_available_extensions where name = 'vector') as available,
         (select extversion from pg_extension where extname = 'vector') as installed,
         has_database_privilege(current_database(), 'create') as may`,
    );
    const [row] = rows;
    const major = Number.parseInt(row?.version ?? '', 10);
    return [
      major >= 14
        ? ok(`PostgreSQL ${row?.version} at ${host}`)
        : fault(`PostgreSQL ${row?.version} at ${host}`, 'Use 14 or later.'),
      extension(row?.installed ?? null, row?.available ?? null),
      ...(row?.may ? [] : [fault('this user may not make schemas', 'Grant CREATE on the database to it.')]),
    ];
  } finally {
    await client.end();
  }
}

function extension(installed: string | null, available: string | null): Finding {
  if (installed) return ok(`pgvector ${installed}`);
  return available
    ? ok(`pgvector ${available}, made part of the database at the first use`)
    : fault('the server has no pgvector', 'Install it there (the image pgvector/pgvector has it).');
}

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

/** Lists the models, which costs nothing, with the key. */
async function model(settings: ModelSettings): Promise<Finding> {
  const name = modelName(settings);
  if (settings.kind === 'stand-in')
    return warning(name, 'Set GEMINI_API_KEY, or OPENAI_BASE_URL, for a real one.');
  const [path, headers] =
    settings.kind === 'gemini'
      ? ['/v1beta/models', { 'x-goog-api-key': settings.key }]
      : ['/models', settings.key ? { authorization: `Bearer ${settings.key}` } : undefined];
  const address = new URL(settings.baseUrl).host;
  const answer = await fetch(`${settings.baseUrl}${path}`, {
    ...(headers && { headers: headers as Record<string, string> }),
    signal: AbortSignal.timeout(8000),
  }).catch(() => undefined);
  await answer?.body?.cancel();
  if (!answer)
    return fault(`${name}: ${address} does not answer`, 'Look at the network, and at the address.');
  if ([400, 401, 403].includes(answer.status))
    return fault(`${name}: ${address} refuses the key (${answer.status})`, 'Correct the key.');
  return answer.ok
    ? ok(`${name} answers`)
    : warning(`${name}: ${address} answers ${answer.status}`, 'Look at its status page.');
}
