/** Runs the same tests of uploads on both forms: PGlite and a folder, and PostgreSQL with Redis. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabasePlace } from '@banyan/operations/db/dialects.ts';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { redisUnavailable } from '../../../tools/setup/redis.ts';
import { onPostgres, testModel } from '../../db/testing/both.ts';
import { aChat, at } from '../../db/testing/data.ts';
import { emptyPGlite, openDatabase } from '../../db/testing/migrated.ts';
import type { Db } from '../../db/transaction.ts';
import { findJob, insertJob, type Job } from '../../jobs/store.ts';
import { noLog } from '../../queue/log.ts';
import { type RedisServer, startRedis } from '../../queue/testing/redis-server.ts';
import { PostgresStore } from '../../rag/store/postgres-store.ts';
import { startUploads, type Uploads, type UploadsOptions } from '../../uploads.ts';
import { type FakeEmbeddings, fakeEmbeddings } from './embeddings.ts';

/** A backend for one test. */
export interface TestUploads {
  readonly form: 'embedded' | 'without Redis' | 'scaled out';
  readonly db: Db;
  /** What this process runs, worker included; closed at the end of the test. */
  start(options?: Partial<UploadsOptions> & { embeddings?: FakeEmbeddings }): Promise<Uploads>;
  /** Stores the file and the row, and tells the queue, as an upload does. @returns the job's id */
  upload(
    uploads: Uploads,
    bytes: Uint8Array,
    options?: { filename?: string; tell?: boolean },
  ): Promise<string>;
  job(id: string): Promise<Job>;
}

export interface ScaledOut extends TestUploads {
  readonly redis: RedisServer;
  readonly place: { url: string };
}

export function onBothForms(tests: (form: TestUploads) => void): void {
  embedded(tests);
  scaledOut(tests);
}

/** A server for the database, and the queue in it. */
export function withoutRedis(tests: (form: TestUploads) => void): void {
  describe('a server without Redis', () => {
    onPostgres((database) => {
      tests(aForm('without Redis', async () => ({ place: { url: await database.fresh() } })).form);
    });
  });
}

export function embedded(tests: (form: TestUploads) => void): void {
  describe('embedded', () => {
    tests(aForm('embedded', async () => ({ place: { folder: 'memory', from: await emptyPGlite() } })).form);
  });
}

export function scaledOut(tests: (form: ScaledOut) => void): void {
  const unavailable = redisUnavailable();
  describe.skipIf(unavailable)(unavailable ? `scaled out (skipped: ${unavailable})` : 'scaled out', () => {
    onPostgres((database) => {
      let redis: RedisServer;
      let place: { url: string };
      beforeAll(async () => {
        redis = await startRedis();
      });
      afterAll(() => redis?.stop());
      const { form } = aForm('scaled out', async () => {
        place = { url: await database.fresh() };
        return { place, redisUrl: redis.url };
      });
      tests(
        Object.defineProperties(form, {
          redis: { get: () => redis },
          place: { get: () => place },
        }) as ScaledOut,
      );
    });
  });
}

/** Short enough for tests, long enough for a busy machine. */
export const quick = {
  patience: { dispatched: 0.5, silent: 3 },
  heartbeatEvery: 500,
  reconcileEvery: 100,
};

function aForm(name: TestUploads['form'], where: () => Promise<{ place: DatabasePlace; redisUrl?: string }>) {
  let db: Db;
  let folder: string;
  let wired: { place: DatabasePlace; redisUrl?: string };
  const started: Uploads[] = [];
  // One database for all tests of a form: opening one takes seconds.
  beforeAll(async () => {
    wired = await where();
    db = await openDatabase(wired.place, testModel);
  });
  beforeEach(async () => {
    await sql`truncate banyan.chats, banyan.files, banyan.file_contents restart identity cascade`.execute(db);
    folder = await mkdtemp(join(tmpdir(), 'uploads-test-'));
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((uploads) => uploads.close()));
    await rm(folder, { recursive: true, force: true });
  });
  afterAll(() => db?.destroy());
  let second = 0;
  const form: TestUploads = {
    form: name,
    get db() {
      return db;
    },
    async start({ embeddings = fakeEmbeddings(), ...options } = {}) {
      const uploads = await startUploads({
        db,
        dataFolder: folder,
        ingestion: { engine: 'mupdf' },
        store: new PostgresStore(embeddings, { db }),
        clock: () => at(second++ % 3600),
        log: noLog,
        work: true,
        closeWithin: 0,
        ...wired,
        ...quick,
        ...options,
      });
      started.push(uploads);
      return uploads;
    },
    async upload(uploads, bytes, { filename = 'a.pdf', tell = true } = {}) {
      const writer = await uploads.files.begin();
      await writer.write(bytes);
      const { sha256 } = await writer.finish();
      const [id, documentId] = [randomUUID(), randomUUID()];
      const chatId = await aChat(db);
      await insertJob(db, { id, documentId, chatId, filename, sha256, startedAt: at(1) });
      if (tell) uploads.dispatcher.dispatch({ jobId: id, attempt: 1 });
      return id;
    },
    async job(id) {
      const job = await findJob(db, id);
      if (!job) throw new Error(`There is no job ${id}`);
      return job;
    },
  };
  return { form };
}
