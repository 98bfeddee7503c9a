/** What a dispatch costs on each thing that the queue runs on: `node tools/bench/queue.ts`. See docs/decisions/0009-queue.md. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pgliteOf } from '@banyan/operations/db/connect.ts';
import { startPostgres } from '@banyan/operations/db/testing/postgres-server.ts';
import { connect } from '../../services/db/connect.ts';
import type { QueueBackend } from '../../services/queue/backends/backend.ts';
import { pgliteBackend } from '../../services/queue/backends/pglite.ts';
import { postgresBackend } from '../../services/queue/backends/postgres.ts';
import { redisBackend } from '../../services/queue/backends/redis.ts';
import { startConsumer } from '../../services/queue/consumer.ts';
import { noLog } from '../../services/queue/log.ts';
import { startRedis } from '../../services/queue/testing/redis-server.ts';

const [oneByOne, atOnce] = [60, 500];

async function measure(name: string, open: () => Promise<QueueBackend>): Promise<void> {
  const opening = performance.now();
  const backend = await open();
  const opened = performance.now() - opening;
  let taken = 0;
  let onTaken = () => {};
  const consumer = startConsumer({
    backend,
    concurrency: 2,
    log: noLog,
    take: async () => {
      taken++;
      onTaken();
    },
  });
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      onTaken = () => {
        if (taken >= count) resolve();
      };
    });
  const waits: number[] = [];
  for (let n = 1; n <= oneByOne; n++) {
    const done = until(n);
    const begun = performance.now();
    await backend.send([{ jobId: `a-${n}`, attempt: 1 }]);
    await done;
    waits.push(performance.now() - begun);
  }
  waits.sort((a, b) => a - b);
  const all = until(oneByOne + atOnce);
  const begun = performance.now();
  await backend.send(Array.from({ length: atOnce }, (_, n) => ({ jobId: `b-${n}`, attempt: 1 })));
  await all;
  const rate = atOnce / ((performance.now() - begun) / 1000);
  const [half, most] = [waits[oneByOne / 2] ?? 0, waits.at(-2) ?? 0];
  console.log(
    `${name}: opened in ${opened.toFixed(0)} ms, sent to taken ${half.toFixed(1)} ms (median) ${most.toFixed(1)} (98th percentile), ${rate.toFixed(0)} a second`,
  );
  await consumer.close();
  await backend.close();
}

const folder = await mkdtemp(join(tmpdir(), 'bench-queue-'));
const db = connect({ folder: join(folder, 'database') });
const pglite = await pgliteOf(db);
if (pglite) await measure('PGlite', () => pgliteBackend(pglite));
if (pglite) await measure('PGlite again', () => pgliteBackend(pglite));
await db.destroy();
await rm(folder, { recursive: true });
const postgres = await startPostgres();
const url = await postgres.createDatabase('bench');
await measure('PostgreSQL', () => postgresBackend(url));
await postgres.stop();
const redis = await startRedis();
await measure('Redis', () => redisBackend({ url: redis.url, needed: true, onUnfit: () => {} }));
await redis.stop();
process.exit(0);
