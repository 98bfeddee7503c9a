import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings, settingNames } from '../../banyan.settings.ts';
import { openDatabase } from '../../migrations/open.ts';
import { onPostgres, testModel } from '../../services/db/testing/both.ts';
import { aChat, at } from '../../services/db/testing/data.ts';
import { databaseStore } from '../../services/files/database-store.ts';
import { good } from '../../services/ingestion/testing/bad-pdfs.ts';
import { findJob, insertJob } from '../../services/jobs/store.ts';
import { startRedis } from '../../services/queue/testing/redis-server.ts';
import { redisUnavailable } from '../setup/redis.ts';
import { killStarted, startProcess, type TestProcess, until } from '../setup/testing/processes.ts';

const root = join(import.meta.dirname, '../..');

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'worker-test-'));
});
afterEach(async () => {
  killStarted();
  await rm(data, { recursive: true, force: true });
});

function npmRunWorker(env: Record<string, string>): TestProcess {
  const theirs = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NODE_ENV|NODE_OPTIONS)/.test(name) && !settingNames.includes(name),
  );
  const { setupFolder } = readSettings(process.env, root);
  return startProcess('npm', ['run', '--silent', 'worker'], {
    cwd: root,
    env: { ...Object.fromEntries(theirs), BANYAN_DATA: data, BANYAN_SETUP: setupFolder, ...env },
  });
}

/** What is said, in one line beside the list's head, by a start that is refused. */
async function refusal(env: Record<string, string>): Promise<string> {
  const worker = npmRunWorker(env);
  expect((await worker.ended).code).toBe(1);
  expect(worker.text()).not.toContain('hunter2');
  expect(worker.text()).not.toMatch(/^\s+at /m);
  return worker.text();
}

describe('a worker that cannot start says why in a line, and never a password', () => {
  it('without its servers', async () => {
    expect(await refusal({})).toMatch(/DATABASE_URL and REDIS_URL are both needed/);
    expect(await refusal({ DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:9/x' })).toMatch(/are both needed/);
  });

  it('where the database is not there', async () => {
    const env = {
      DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:9/x',
      REDIS_URL: 'redis://:hunter2@127.0.0.1:9',
    };
    expect(await refusal(env)).toMatch(
      /^The database at 127\.0\.0\.1:9\/x cannot be used: .*ECONNREFUSED.* Start it, or correct DATABASE_URL\.$/,
    );
  });
});

onPostgres((database) => {
  it('says so where Redis is not there', async () => {
    const env = { DATABASE_URL: await database.fresh(), REDIS_URL: 'redis://:hunter2@127.0.0.1:9' };
    expect(await refusal(env)).toMatch(
      /The Redis at 127\.0\.0\.1:9 cannot be used: .*ECONNREFUSED.* Start it, or correct REDIS_URL\.$/,
    );
  });

  it.skipIf(redisUnavailable())(
    'takes in what another process stored, and ends cleanly at Ctrl-C',
    async () => {
      const redis = await startRedis();
      const DATABASE_URL = await database.fresh();
      const worker = npmRunWorker({ DATABASE_URL, REDIS_URL: redis.url });
      await worker.line(/^The worker is up/);
      const db = await openDatabase({ url: DATABASE_URL }, testModel);
      const writer = await databaseStore(db).begin();
      await writer.write(good);
      const { sha256 } = await writer.finish();
      const [id, chatId] = [randomUUID(), await aChat(db)];
      const job = { id, chatId, documentId: randomUUID(), filename: 'a.pdf', sha256, startedAt: at(1) };
      await insertJob(db, job);
      await until(async () => (await findJob(db, id))?.status === 'done', 60_000);
      expect(await findJob(db, id)).toMatchObject({ chunksAdded: 1 });
      process.kill(-worker.pid, 'SIGINT');
      expect((await worker.ended).code).toBe(0);
      expect(worker.lines.at(-1)).toBe('Stopped.');
      expect(await readFile(join(data, 'logs/worker.log'), 'utf8')).toContain('A PDF was taken in.');
      expect(execFileSync('find', [join(data, 'scratch'), '-type', 'f'], { encoding: 'utf8' })).toBe('');
      await db.destroy();
      await redis.stop();
    },
    120_000,
  );
});
