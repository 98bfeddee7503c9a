/** Runs the same tests on both forms of the database, whatever its tables are. */
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { postgresUnavailable } from '../../../tools/setup/postgres.ts';
import type { DatabasePlace } from '../dialects.ts';
import { keptDump } from './kept-dump.ts';
import { type PostgresServer, startPostgres } from './postgres-server.ts';
import { sharedPostgres } from './shared-postgres.ts';

export interface TestDatabase<Tables> {
  form: 'PGlite' | 'PostgreSQL';
  /** Migrated, and empty at the start of each test. */
  readonly db: Kysely<Tables>;
  /** A database of its own, neither migrated nor with a schema; it is closed at the end of the file. */
  bare(): Promise<Kysely<Tables>>;
}

export interface TestServer<Tables> extends TestDatabase<Tables> {
  form: 'PostgreSQL';
  /** The URL of a new, empty database. */
  fresh(): Promise<string>;
}

/** A server that nobody else has. */
export interface OwnServer<Tables> extends TestServer<Tables> {
  readonly server: PostgresServer;
}

/** What gives databases to a file. */
interface Databases {
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
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
        bare: async () => opened.bare({ folder: 'memory', from: await nothing() }),
      });
    });
  }

  /** Tests of what only a server has: several connections. Other files have databases on it too. */
  function onPostgres(tests: (database: TestServer<Tables>) => void): void {
    onServer(sharedPostgres, tests);
  }

  /** Tests that kill the server, or look at all of it: they have one of their own, which takes seconds. */
  function onOwnPostgres(tests: (database: OwnServer<Tables>) => void): void {
    let server: PostgresServer;
    const start = async (): Promise<Databases> => {
      server = await startPostgres();
      let databases = 0;
      return {
        createDatabase: () => server.createDatabase(`test_${++databases}`),
        stop: () => server.stop(),
      };
    };
    onServer(start, (database) =>
      tests(Object.defineProperty(database, 'server', { get: () => server }) as OwnServer<Tables>),
    );
  }

  function onServer(start: () => Promise<Databases>, tests: (database: TestServer<Tables>) => void): void {
    const unavailable = postgresUnavailable();
    const title = unavailable ? `PostgreSQL (skipped: ${unavailable})` : 'PostgreSQL';
    describe.skipIf(unavailable)(title, () => {
      let databases: Databases;
      const fresh = () => databases.createDatabase();
      beforeAll(async () => {
        databases = await start();
      });
      const opened = openedBeforeEach(forms, async () => ({ url: await fresh() }));
      afterAll(() => databases?.stop());
      tests({
        form: 'PostgreSQL',
        get db() {
          return opened.db;
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

  return { onPGlite, onPostgres, onOwnPostgres, onBothDatabases };
}

/** A PGlite that nothing has been done to. */
const nothing = keptDump({ name: 'nothing', folders: [], files: [], migrate: async () => {} });

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
