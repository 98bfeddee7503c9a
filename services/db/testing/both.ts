/** Runs the same tests on both forms of the database. */

import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import type { EmbeddingModelId } from '@banyan/operations/db/errors.ts';
import { type PostgresServer, startPostgres } from '@banyan/operations/db/testing/postgres-server.ts';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { postgresUnavailable } from '../../../tools/setup/postgres.ts';
import { connect, openDatabase } from '../open.ts';
import { SCHEMA } from '../schema.ts';
import type { Db } from '../transaction.ts';
import { emptyPGlite } from './empty-pglite.ts';

export const testModel: EmbeddingModelId = { id: 'all-MiniLM-L6-v2', dimension: 384 };

export interface TestDatabase {
  form: 'PGlite' | 'PostgreSQL';
  /** Migrated, and empty at the start of each test. */
  readonly db: Db;
  /** A database of its own, neither migrated nor with a schema; it is closed at the end of the file. */
  bare(): Promise<Db>;
}

export interface TestServer extends TestDatabase {
  form: 'PostgreSQL';
  readonly server: PostgresServer;
  /** The URL of a new, empty database. */
  fresh(): Promise<string>;
}

/** The same tests, on PGlite and on a real server. */
export function onBothDatabases(tests: (database: TestDatabase) => void): void {
  onPGlite(tests);
  onPostgres(tests);
}

/** Tests of what only the embedded form has. */
export function onPGlite(tests: (database: TestDatabase) => void): void {
  describe('PGlite', () => {
    const opened = openedBeforeEach(async () => ({ folder: 'memory', from: await emptyPGlite() }));
    tests({
      form: 'PGlite',
      get db() {
        return opened.db;
      },
      bare: () => opened.bare({ folder: 'memory' }),
    });
  });
}

/** Tests of what only a server has: several connections. */
export function onPostgres(tests: (database: TestServer) => void): void {
  const unavailable = postgresUnavailable();
  const title = unavailable ? `PostgreSQL (skipped: ${unavailable})` : 'PostgreSQL';
  describe.skipIf(unavailable)(title, () => {
    let server: PostgresServer;
    let databases = 0;
    const fresh = () => server.createDatabase(`test_${++databases}`);
    beforeAll(async () => {
      server = await startPostgres();
    });
    const opened = openedBeforeEach(async () => ({ url: await fresh() }));
    afterAll(() => server?.stop());
    tests({
      form: 'PostgreSQL',
      get db() {
        return opened.db;
      },
      get server() {
        return server;
      },
      fresh,
      bare: async () => opened.bare({ url: await fresh() }),
    });
  });
}

/** One database for the tests of a file, emptied before each: that is faster than a new one. */
function openedBeforeEach(place: () => Promise<DatabasePlace>) {
  let db: Db;
  const others: Db[] = [];
  beforeAll(async () => {
    db = await openDatabase(await place(), testModel);
  });
  beforeEach(async () => {
    const tables = ['chats', 'operations', 'imported_chats'].map((name) => sql.id(SCHEMA, name));
    await sql`truncate ${sql.join(tables)} restart identity cascade`.execute(db);
  });
  afterAll(async () => {
    for (const each of [db, ...others]) await each?.destroy();
  });
  return {
    get db() {
      return db;
    },
    async bare(where: DatabasePlace) {
      const bare = connect(where);
      others.push(bare);
      return bare;
    },
  };
}
