/** Two gateways that are started on one PostgreSQL, as `npm start` starts them, each with a data folder and ports of its own. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type PostgresServer, startPostgres } from '@banyan/operations/db/testing/postgres-server.ts';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect } from '../../services/db/connect.ts';
import { postgresUnavailable } from '../setup/postgres.ts';
import { killStarted, startProcess, type TestProcess } from '../setup/testing/processes.ts';
import { settingsApart } from './testing.ts';

const root = dirname(dirname(import.meta.dirname));
const legacy = createServer((_, outgoing) => outgoing.end('[]'));
let server: PostgresServer;
let folder: string;
let databaseUrl: string;

const unavailable = postgresUnavailable();

beforeAll(async () => {
  if (unavailable) return;
  server = await startPostgres();
  databaseUrl = await server.createDatabase('shared');
  folder = await mkdtemp(join(tmpdir(), 'second-gateway-'));
  await writeFile(join(folder, 'flags.yaml'), 'routes: {}\n');
  legacy.listen(0, '127.0.0.1');
  await once(legacy, 'listening');
}, 120_000);
afterAll(async () => {
  killStarted();
  legacy.close();
  await server?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

function start(name: string, { script = 'start.ts', takeOverFrom = '' } = {}): TestProcess {
  const { env } = settingsApart(root, join(folder, name), join(folder, 'flags.yaml'));
  const { port } = legacy.address() as AddressInfo;
  return startProcess(process.execPath, [join(root, 'tools/launch', script)], {
    cwd: root,
    env: {
      ...env,
      NEW_PORT: '0',
      DATABASE_URL: databaseUrl,
      LEGACY_URL: `http://127.0.0.1:${port}`,
      TAKE_OVER_FROM: takeOverFrom,
    },
  });
}

async function holder(): Promise<string> {
  const db = connect({ url: databaseUrl, connections: 1 });
  const { rows } = await sql<{ holder: string }>`select holder from banyan_journal.duties`.execute(db);
  await db.destroy();
  return rows[0]?.holder ?? '';
}

it.skipIf(unavailable)(
  'the second one ends with one line that says who has the database, as does a new backend alone; after kill -9 of the first it starts at once',
  async () => {
    const first = start('first');
    await first.line(/^Banyan is up/);
    const at = /Console +(\S+)/.exec(first.text())?.[1];
    for (const refused of [start('second'), start('alone', { script: 'new.ts' })]) {
      expect(await refused.ended).toMatchObject({ code: 1 });
      expect(refused.lines.filter((line) => !/^(Starting |$)/.test(line))).toEqual([
        expect.stringMatching(
          `^A gateway has the database already: process ${first.pid} on \\S+, since [\\d-]+ [\\d:]+ UTC, console ${at}\\. One gateway at a time can have it\\. .*TAKE_OVER_FROM=[\\da-f-]{36}\\.$`,
        ),
      ]);
    }
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    const second = start('second');
    await second.line(/^Banyan is up/);
    const answer = await fetch(`${/Gateway +(\S+)/.exec(second.text())?.[1]}/api/chats`);
    expect(answer.status).toBe(200);

    // A person may say that the holder is gone; if it is not, it ends by itself.
    const third = start('third', { takeOverFrom: await holder() });
    await third.line(/^Banyan is up/);
    expect(await second.ended).toMatchObject({ code: 1 });
    expect(second.text()).toContain(
      `This gateway takes no more requests and ends: process ${third.pid} on ${hostname()} has taken over its database.`,
    );
  },
  120_000,
);
