/** Runs the same tests on both forms of the database, whatever its tables are. */
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { postgresUnavailable } from '../../../tools/setup/postgres.ts';
import type { DatabasePlace } from '../dialects.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';

export interface TestDatabase<Tables> {
  form: 'PGlite' | 'PostgreSQL';
  /** Migrated, and empty at the start of each test. */
  readonly db: Kysely<Tables>;
  /** A database of its own, neither migrated nor with a schema; it is closed at the end of the file. */
  bare(): Promise<Kysely<Tables>>;
}

export interface TestServer<Tables> extends TestDatabase<Tables> {
  form: 'PostgreSQL';
  readonly server: PostgresServer;
  /** The URL of a new, empty database. */
  fresh(): Promise<string>;
}

export interface Forms<Tables> {
  connect(place: DatabasePlace): Kysely<Tables>;
  /** Connected, and with its tables. */
  open(place: DatabasePlace): Promise<Kysely<Tables>>;
  /** A dump of PGlite's that is faster to open than nothing is. */
  dump?: () => Promise<Blob>;
  /** Tables, with their schemas; what refers to these is emptied too. */
  emptied: readonly (readonly [schema: string, table: string])[];
}

/** What runs tests on each form, and on both. */
export function formsOf<Tables>(forms: Forms<Tables>) {
  /** Tests of what only the embedded form has. */
  function onPGlite(tests: (database: TestDatabase<Tables>) => void): void {
    describe('PGlite', () => {
      const opened = openedBeforeEach(forms, async () => {
        const from = await forms.dump?.();
        return { folder: 'memory', ...(from && { from }) };
      });
      tests({
        form: 'PGlite',
        get db() {
          return opened.db;
        },
        bare: async () => opened.bare({ folder: 'memory' }),
      });
    });
  }

  /** Tests of what only a server has: several connections. */
  function onPostgres(tests: (database: TestServer<Tables>) => void): void {
    const unavailable = postgresUnavailable();
    const title = unavailable ? `PostgreSQL (skipped: ${unavailable})` : 'PostgreSQL';
    describe.skipIf(unavailable)(title, () => {
      let server: PostgresServer;
      let databases = 0;
      const fresh = () => server.createDatabase(`test_${++databases}`);
      beforeAll(async () => {
        server = await startPostgres();
      });
      const opened = openedBeforeEach(forms, async () => ({ url: await fresh() }));
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

  /** The same tests, on PGlite and on a real server. */
  function onBothDatabases(tests: (database: TestDatabase<Tables>) => void): void {
    onPGlite(tests);
    onPostgres(tests);
  }

  return { onPGlite, onPostgres, onBothDatabases };
}

/** One database for the tests of a file, emptied before each: that is faster than a new one. */
function openedBeforeEach<Tables>(
  { connect, open, emptied }: Forms<Tables>,
  place: () => Promise<DatabasePlace>,
) {
  let db: Kysely<Tables>;
  const others: Kysely<Tables>[] = [];
  beforeAll(async () => {
    db = await open(await place());
  });
  beforeEach(async () => {
    const tables = emptied.map(([schema, name]) => sql.id(schema, name));
    await sql`truncate ${sql.join(tables)} restart identity cascade`.execute(db);
  });
  afterAll(async () => {
    for (const each of [db, ...others]) await each?.destroy();
  });
  return {
    get db() {
      return db;
    },
    bare(where: DatabasePlace) {
      const bare = connect(where);
      others.push(bare);
      return bare;
    },
  };
}
