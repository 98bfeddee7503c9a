/** BullMQ's PostgreSQL backend on a server, for a backend that has one and no Redis. */

import { endureBreaks } from '@banyan/operations/db/dialects.ts';
import { createPostgresBackend, type PgPool, Queue, runMigrations, Worker } from 'bullmq';
import pg from 'pg';
import { briefly, bulk, type QueueBackend, queueName, queueOptions } from './backend.ts';

/** @param url of the database; BullMQ's tables get a schema of their own there */
export async function postgresBackend(url: string): Promise<QueueBackend> {
  const pool = poolOf(url);
  const client = await pool.connect();
  try {
    await runMigrations(client as never);
  } finally {
    client.release();
  }
  const queue = new Queue(queueName, { ...queueOptions, connection: pool as PgPool }, createPostgresBackend);
  queue.on('error', () => {});
  await queue.waitUntilReady();
  return {
    name: 'the database',
    ready: () => true,
    send: (dispatches) => queue.addBulk(bulk(dispatches)),
    waiting: () => queue.getWaitingCount(),
    work(take, options) {
      // Of its own: it keeps one for LISTEN.
      const connection = poolOf(url);
      const onPool = { ...options, connection: connection as PgPool };
      const worker = new Worker(queueName, take, onPool, createPostgresBackend);
      worker.on('error', () => {});
      return {
        async end() {
          await briefly(worker.close(true));
          await briefly(connection.end());
        },
      };
    },
    async close() {
      await briefly(queue.close());
      await briefly(pool.end());
    },
  };
}

function poolOf(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: 3,
    keepAlive: true,
    options: '-c search_path=bullmq',
    connectionTimeoutMillis: 5000,
  });
  endureBreaks(pool);
  return pool;
}
