/** The scaled-out form: BullMQ on Redis. What is lost there is found again in PostgreSQL. */
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
}

const shortly = (times: number) => Math.min(times * 100, 1000);

/** @throws RedisUnusableError */
export async function redisBackend({ url, needed, onUnfit }: RedisOptions): Promise<QueueBackend> {
  const name = nameOf(url);
  // What cannot be sent at once fails: the reconciler sends it again.
  const producer = new Redis(url, {
    ...{ maxRetriesPerRequest: null, enableOfflineQueue: false, lazyConnect: true },
    ...{ commandTimeout: 5000, connectTimeout: 5000, retryStrategy: shortly },
  });
  let reason = 'it does not answer';
  producer.on('error', (error: Error) => {
    reason = error.message;
  });
  const first = producer.connect();
  try {
    await Promise.race([first, failAfter(6000)]);
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
    work(take, options) {
      const connection = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: shortly });
      connection.on('error', () => {});
      const worker = new Worker(queueName, take, { ...options, connection });
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

function failAfter(milliseconds: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('it does not answer')), milliseconds).unref();
  });
}
