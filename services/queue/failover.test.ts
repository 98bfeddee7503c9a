/** A Redis that has become a replica: its address leads to another server now, and connections that were made before are kept. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Closers } from '@banyan/operations/closers.ts';
import { afterEach, expect, it } from 'vitest';
import { redisUnavailable } from '../../tools/setup/redis.ts';
import { until } from '../../tools/setup/testing/processes.ts';
import { redisBackend } from './backends/redis.ts';
import { startConsumer } from './consumer.ts';
import { noLog } from './log.ts';
import { queueDispatcher } from './queue-dispatcher.ts';
import { type RedisServer, startRedis } from './testing/redis-server.ts';

const closers = new Closers();
afterEach(async () => {
  await closers.close();
});

async function aRedis(): Promise<RedisServer> {
  const redis = await startRedis();
  closers.defer(() => redis.stop());
  return redis;
}

const portOf = ({ url }: RedisServer) => Number(new URL(url).port);

/** The address of the primary, whichever server that is. */
async function address(first: RedisServer) {
  let to = portOf(first);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    const upstream = connect(to, '127.0.0.1');
    for (const each of [socket, upstream]) {
      open.add(each);
      each.on('error', () => {}).once('close', () => open.delete(each));
    }
    socket.pipe(upstream).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.defer(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What is connected stays connected, but hears no more where it is silenced. */
    lead(next: RedisServer, silenced = false) {
      to = portOf(next);
      if (silenced) for (const socket of open) socket.unpipe().pause();
    },
  };
}

/** A queue whose worker takes down what it was given. */
async function queueAt(url: string, silence?: { producer: number; worker: number }) {
  const backend = await redisBackend({ url, needed: true, onUnfit: () => {}, ...(silence && { silence }) });
  closers.defer(() => backend.close());
  const taken: string[] = [];
  const consumer = startConsumer({
    backend,
    concurrency: 2,
    log: noLog,
    // Only the connections are looked at: no other worker takes the place of one that is deaf.
    deafAfter: 3_600_000,
    take: async ({ jobId }) => void taken.push(jobId),
  });
  closers.defer(() => consumer.close());
  const dispatcher = queueDispatcher(backend, noLog);
  /** As the reconciler does it, which sends what nobody has taken again and again. */
  const isTaken = async (jobId: string) => {
    const end = performance.now() + 4000;
    while (!taken.includes(jobId) && performance.now() < end) {
      await dispatcher.send([{ jobId, attempt: 1 }]);
      await until(() => taken.includes(jobId), 300).catch(() => {});
    }
    return taken.includes(jobId);
  };
  return { isTaken };
}

it.skipIf(redisUnavailable())(
  'an upload waits for nobody after a failover of Redis, nor after the next one',
  async () => {
    const [first, second] = await Promise.all([aRedis(), aRedis()]);
    await second.client.replicaof('127.0.0.1', portOf(first));
    const primary = await address(first);
    const queue = await queueAt(primary.url);
    expect(await queue.isTaken('before')).toBe(true);
    for (const [from, to] of [
      [first, second],
      [second, first],
    ] as const) {
      await to.client.replicaof('NO', 'ONE');
      primary.lead(to);
      await from.client.replicaof('127.0.0.1', portOf(to));
      expect(await queue.isTaken(`on ${portOf(to)}`)).toBe(true);
    }
  },
);

it.skipIf(redisUnavailable())(
  'an upload waits for nobody where the machine of the primary is gone without a word',
  async () => {
    const [first, second] = await Promise.all([aRedis(), aRedis()]);
    const primary = await address(first);
    const queue = await queueAt(primary.url, { producer: 300, worker: 800 });
    expect(await queue.isTaken('before')).toBe(true);
    primary.lead(second, true);
    expect(await queue.isTaken('after')).toBe(true);
  },
);
