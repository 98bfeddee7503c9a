/** The database and the model. */
import { existsSync } from 'node:fs';
import pg from 'pg';
import { masked, notSet, shownSettings } from '../../console/configuration.ts';
import { embeddedDatabase } from '../../database-place.ts';
import { modelName } from '../../relay/relay.ts';
import type { ModelSettings } from '../../settings.ts';
import { type Check, type Finding, fault, ok, warning } from './check.ts';

/** @param more what else the application needs of a server */
export const database = (more: (client: pg.Client) => Promise<Finding[]> = async () => []): Check => ({
  name: 'Database',
  async look({ settings, gateway }) {
    const there = gateway?.configuration;
    if (there?.databaseAnswers === false)
      return fault(
        'the gateway cannot ask its database',
        'Start PostgreSQL. Writes get 503 until then; reads that legacy can answer go on.',
      );
    const itsOwn = there?.settings.DATABASE_URL ?? shownSettings(settings).DATABASE_URL;
    if (itsOwn === notSet) return embedded(settings.dataFolder);
    const { databaseUrl } = settings;
    if (databaseUrl !== undefined && masked(databaseUrl) === itsOwn) return postgres(databaseUrl, more);
    // Its password stays with the gateway.
    return there?.databaseAnswers
      ? ok(`${itsOwn} answers the gateway`)
      : warning(
          `${itsOwn}: only the gateway can ask it, and it has not`,
          'Run `banyan doctor` with its DATABASE_URL.',
        );
  },
});

function embedded(dataFolder: string): Finding {
  const folder = embeddedDatabase(dataFolder);
  return ok(existsSync(folder) ? `embedded, in ${folder}` : `embedded, made at the first use in ${folder}`);
}

export const model: Check = { name: 'Model', look: ({ settings }) => lookAtModel(settings.model) };

async function postgres(url: string, more: (client: pg.Client) => Promise<Finding[]>): Promise<Finding[]> {
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
    const { rows } = await client.query<{ version: string; may: boolean }>(
      `select current_setting('server_version') as version,
         has_database_privilege(current_database(), 'create') as may`,
    );
    const [row] = rows;
    const major = Number.parseInt(row?.version ?? '', 10);
    return [
      major >= 14
        ? ok(`PostgreSQL ${row?.version} at ${host}`)
        : fault(`PostgreSQL ${row?.version} at ${host}`, 'Use 14 or later.'),
      ...(await more(client)),
      ...(row?.may ? [] : [fault('this user may not make schemas', 'Grant CREATE on the database to it.')]),
    ];
  } finally {
    await client.end();
  }
}

/** Lists the models, which costs nothing, with the key. */
async function lookAtModel(settings: ModelSettings): Promise<Finding> {
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
