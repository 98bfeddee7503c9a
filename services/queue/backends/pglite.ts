/** BullMQ's PostgreSQL backend on PGlite: the queue of an embedded Banyan is in its database. */
import { EventEmitter } from 'node:events';
import type { PGlite, Results, Transaction } from '@electric-sql/pglite';
import { createPostgresBackend, type PgPool, type PgPoolClient, Queue, runMigrations, Worker } from 'bullmq';
import { briefly, bulk, type QueueBackend, queueName, queueOptions } from './backend.ts';

/**
 * The session is everyone's: its search path is BullMQ's from now on. Our own tables are always named with their schema.
 * Notifications come to whoever asks, so one subscription serves all workers.
 */
export async function pgliteBackend(pglite: PGlite): Promise<QueueBackend> {
  await pglite.transaction((tx) => runMigrations(clientOf(tx, false)));
  await pglite.exec('set search_path to bullmq, public');
  const connection = poolOf(pglite);
  const queue = new Queue(queueName, { ...queueOptions, connection }, createPostgresBackend);
  queue.on('error', () => {});
  await queue.waitUntilReady();
  return {
    name: 'the database',
    ready: () => !pglite.closed,
    send: (dispatches) => queue.addBulk(bulk(dispatches)),
    waiting: () => queue.getWaitingCount(),
    work(take, options) {
      const worker = new Worker(queueName, take, { ...options, connection }, createPostgresBackend);
      worker.on('error', () => {});
      return { end: () => briefly(worker.close(true)) };
    },
    close: () => queue.close(),
  };
}

/** As much of a pg.Pool as BullMQ uses. */
function poolOf(pglite: PGlite): PgPool {
  const pool = new EventEmitter();
  return Object.assign(pool, {
    query: (text: string, params?: readonly unknown[]) => query(pglite, text, params),
    connect: async () => clientOf(pglite, true),
    end: async () => {},
  }) as unknown as PgPool;
}

/** @param notified whether it may LISTEN; inside a transaction BEGIN and COMMIT are the caller's */
function clientOf(session: PGlite | Transaction, notified: boolean): PgPoolClient {
  const client = new EventEmitter();
  const stop =
    notified && 'onNotification' in session
      ? session.onNotification((channel, payload) => client.emit('notification', { channel, payload }))
      : () => {};
  return Object.assign(client, {
    query: async (text: string, params?: readonly unknown[]) =>
      !notified && /^(BEGIN|COMMIT|ROLLBACK)$/.test(text) ? { rows: [] } : query(session, text, params),
    release: stop,
    // There is no connection that could break unnoticed.
    connection: { stream: { setKeepAlive: () => {} } },
  }) as unknown as PgPoolClient;
}

/** Several statements at once are only possible without parameters. */
async function query(session: PGlite | Transaction, text: string, params?: readonly unknown[]) {
  const result: Results<unknown> | undefined = params?.length
    ? await session.query(text, [...params])
    : (await session.exec(text)).at(-1);
  return { rows: result?.rows ?? [], rowCount: result?.affectedRows ?? 0 } as never;
}
