/** The scaled-out form: BullMQ on Redis. What is lost there is found again in PostgreSQL. */

import { inTime } from '@banyan/operations/in-time.ts';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { RedisUnusableError } from '../errors.ts';
import { briefly, bulk, type QueueBackend, queueName, queueOptions } from './backend.ts';

export interface RedisOptions {
  /** `redis://user:password@host:port/db`, or `rediss://` */
  url: string;
  /** Fail where Redis cannot be reached now, instead of going on without it until it can. */
  needed: boolean;
  /** Told when a Redis that could not be reached at first turns out to be unfit. */
  onUnfit: (error: RedisUnusableError) => void;
  /** How long a connection may say nothing after a command, in milliseconds. */
  silence?: { producer: number; worker: number };
}

const shortly = (times: number) => Math.min(times * 100, 1000);

/**
 * What a Redis answers that takes no writes: after a failover it is a replica, and connections to it are kept. Scripts quote
 * the answer in a longer one before Redis 7. A blocking command ends with UNBLOCKED when its server becomes a replica.
 */
const noPrimary = /\b(?:READONLY|MASTERDOWN|UNBLOCKED|NOREPLICAS|LOADING)\b/;

/** The address leads to the primary by now, or will; the command is sent again there, if the connection waits for that. */
const resend = 2;

const reconnecting = {
  retryStrategy: shortly,
  reconnectOnError: (error: Error) => (noPrimary.test(error.message) ? resend : false),
  connectTimeout: 5000,
} as const;

/**
 * Milliseconds without a word after a command: then a machine is gone, and TCP would take a quarter of an hour to say so. A
 * worker's connection is silent for as long as BullMQ waits for a job, ten seconds at most.
 */
const usualSilence = { producer: 6000, worker: 20_000 };

/** @throws RedisUnusableError */
export async function redisBackend(options: RedisOptions): Promise<QueueBackend> {
  const { url, needed, onUnfit, silence = usualSilence } = options;
  const name = nameOf(url);
  // What cannot be sent at once fails: the reconciler sends it again.
  const producer = new Redis(url, {
    maxRetriesPerRequest: null,
    enableOfflineQueue: false,
    lazyConnect: true,
    ...reconnecting,
    commandTimeout: 5000,
    socketTimeout: silence.producer,
  });
  let reason = 'it does not answer';
  producer.on('error', (error: Error) => {
    reason = error.message;
  });
  const first = producer.connect();
  try {
    await inTime(
      6000,
      () => first,
      () => {
        throw new Error('it does not answer');
      },
    );
    await refuseEviction(producer, name);
  } catch (error) {
    const unfit = error instanceof RedisUnusableError;
    if (unfit || needed) {
      producer.disconnect();
      throw unfit ? error : new RedisUnusableError(name, reason, 'Start it, or correct REDIS_URL.');
    }
    first.catch(() => {});
  }
  // Its settings may be others after a restart.
  producer.on('ready', () => {
    refuseEviction(producer, name).catch((error: unknown) => {
      if (error instanceof RedisUnusableError) onUnfit(error);
    });
  });
  const queue = new Queue(queueName, { ...queueOptions, connection: producer });
  queue.on('error', () => {});
  return {
    name,
    ready: () => producer.status === 'ready',
    send: (dispatches) => queue.addBulk(bulk(dispatches)),
    waiting: () => queue.getWaitingCount(),
    work(take, working) {
      const connection = new Redis(url, {
        ...reconnecting,
        maxRetriesPerRequest: null,
        socketTimeout: silence.worker,
      });
      connection.on('error', () => {});
      const worker = new Worker(queueName, take, { ...working, connection });
      worker.on('error', () => {});
      return {
        async end() {
          await briefly(worker.close(true));
          connection.disconnect();
        },
      };
    },
    async close() {
      await briefly(queue.close());
      producer.disconnect();
    },
  };
}

/** A Redis that may throw keys away loses what waits. https://docs.bullmq.io/guide/going-to-production */
async function refuseEviction(redis: Redis, name: string): Promise<void> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1];
  if (policy !== undefined && policy !== 'noeviction')
    throw new RedisUnusableError(
      name,
      `its maxmemory-policy is ${policy}, so it may throw the queue away`,
      'Set it to noeviction, or point REDIS_URL at a Redis that has it.',
    );
}

/** Host, port and database: never the password. */
function nameOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || 6379}${pathname.length > 1 ? pathname : ''}`;
}
