/**
 * One PostgreSQL for every file of a test run: making a cluster takes more than most files have to do on it. vitest's own
 * process has it (`globalSetup`), starts it for the first file that asks, and ends it with the run.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { type PostgresServer, startPostgres } from './postgres-server.ts';

/** Where a test's process asks for the server. */
const VARIABLE = 'BANYAN_TEST_POSTGRES';

/** Databases on the shared server, for one file. */
export interface SharedPostgres {
  /** Makes an empty database and resolves with its URL. */
  createDatabase(): Promise<string>;
  /** Removes what was made, whoever still has it open. */
  stop(): Promise<void>;
}

/** Nothing is to outlive the run, so nothing waits for the disk; and every file has its connections. */
const settings = ['fsync=off', 'full_page_writes=off', 'max_connections=400', 'shared_buffers=128MB'];

/** What vitest calls before the first file. @returns what it calls after the last one */
export default async function setup(): Promise<() => Promise<void>> {
  let starting: Promise<PostgresServer> | undefined;
  const desk = createServer((_, response) => {
    starting ??= startPostgres(settings);
    starting.then(
      ({ url }) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve));
  process.env[VARIABLE] = `http://127.0.0.1:${(desk.address() as AddressInfo).port}`;
  return async () => {
    desk.close();
    const server = await starting?.catch(() => undefined);
    await server?.stop();
  };
}

let made = 0;

/** For a file of tests. @throws Error where the server cannot be started */
export async function sharedPostgres(): Promise<SharedPostgres> {
  const desk = process.env[VARIABLE];
  if (!desk) throw new Error('Run these tests by vitest with the settings of vitest.config.ts.');
  const answer = await fetch(desk);
  const server = await answer.text();
  if (!answer.ok) throw new Error(server);
  const names: string[] = [];
  return {
    async createDatabase() {
      const name = `test_${process.pid}_${++made}`;
      names.push(name);
      await run(server, [`create database "${name}" template template0`]);
      return `${server}/${name}`;
    },
    async stop() {
      await run(
        server,
        names.splice(0).map((name) => `drop database if exists "${name}" with (force)`),
      );
    },
  };
}

async function run(server: string, statements: string[]): Promise<void> {
  if (statements.length === 0) return;
  const client = new pg.Client({ connectionString: `${server}/postgres` });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
