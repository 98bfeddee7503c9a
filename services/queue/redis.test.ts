import { setTimeout as delay } from 'node:timers/promises';
import { Closers } from '@banyan/operations/closers.ts';
import { afterEach, expect, it } from 'vitest';
import { redisUnavailable } from '../../tools/setup/redis.ts';
import { until } from '../../tools/setup/testing/processes.ts';
import { redisBackend } from './backends/redis.ts';
import { startConsumer } from './consumer.ts';
import { RedisUnusableError } from './errors.ts';
import { noLog } from './log.ts';
import { queueDispatcher } from './queue-dispatcher.ts';
import { type RedisServer, startRedis } from './testing/redis-server.ts';

const closers = new Closers();
afterEach(async () => {
  await closers.close();
});

async function aRedis(options?: string[]): Promise<RedisServer> {
  const redis = await startRedis(options);
  closers.defer(() => redis.stop());
  return redis;
}

async function backendOn(url: string, needed = false) {
  const unfit: Error[] = [];
  const backend = await redisBackend({ url, needed, onUnfit: (error) => unfit.push(error) });
  closers.defer(() => backend.close());
  return { backend, unfit };
}

/** A log that keeps its lines. */
function lines() {
  const said: string[] = [];
  const say = (fields: object, message: string) => void said.push(`${message} ${JSON.stringify(fields)}`);
  return { said, log: { info: say, warn: say, error: say } };
}

const dispatch = (n: number) => ({ jobId: `job-${n}`, attempt: 1 });
const redisTest = it.skipIf(redisUnavailable());

redisTest('a Redis that may throw the queue away is refused, with what to do', async () => {
  const { url } = await aRedis(['--maxmemory-policy', 'allkeys-lru', '--requirepass', 'hunter2']);
  const refused = redisBackend({
    url: url.replace('//', '//:hunter2@'),
    needed: false,
    onUnfit: () => {},
  });
  await expect(refused).rejects.toThrow(RedisUnusableError);
  await expect(refused).rejects.toThrow(
    /^The Redis at 127\.0\.0\.1:\d+ cannot be used: its maxmemory-policy is allkeys-lru, so it may throw the queue away\. Set it to noeviction/,
  );
});

redisTest('a Redis that comes back with another policy is complained of', async () => {
  const redis = await aRedis();
  const { unfit } = await backendOn(redis.url);
  await redis.client.config('SET', 'maxmemory-policy', 'volatile-lru');
  await redis.client.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await until(() => unfit.length > 0);
  expect(unfit[0]?.message).toContain('volatile-lru');
});

redisTest('a worker that needs Redis is told when there is none, without the password', async () => {
  const redis = await aRedis();
  await redis.kill();
  const refused = backendOn(redis.url.replace('//', '//user:hunter2@'), true);
  await expect(refused).rejects.toThrow(
    /^The Redis at 127\.0\.0\.1:\d+ cannot be used: connect ECONNREFUSED .*\. Start it, or correct REDIS_URL\.$/,
  );
  await expect(refused).rejects.not.toThrow('hunter2');
  await redis.restart();
});

redisTest(
  'a Redis that is away neither throws nor holds up who dispatches, and is told of once',
  async () => {
    const redis = await aRedis();
    await redis.kill();
    const { backend } = await backendOn(redis.url);
    const { said, log } = lines();
    const dispatcher = queueDispatcher(backend, log);
    const begun = performance.now();
    for (let n = 0; n < 50; n++) dispatcher.dispatch(dispatch(n));
    await dispatcher.close();
    expect(performance.now() - begun).toBeLessThan(500);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/^The queue in 127\.0\.0\.1:\d+ cannot be reached; uploads wait in the database/);
    await redis.restart();
    await until(() => backend.ready());
    await dispatcher.send([dispatch(1)]);
    expect(said).toHaveLength(2);
    expect(await backend.waiting()).toBe(1);
  },
);

redisTest('a Redis that hangs does not hold up who closes', async () => {
  const redis = await aRedis();
  const { backend } = await backendOn(redis.url);
  const dispatcher = queueDispatcher(backend, noLog);
  await dispatcher.send([dispatch(1)]);
  process.kill(redis.pid, 'SIGSTOP');
  const begun = performance.now();
  try {
    await dispatcher.send([dispatch(2)]);
  } finally {
    process.kill(redis.pid, 'SIGCONT');
  }
  expect(performance.now() - begun).toBeLessThan(6500);
});

redisTest('nothing is left in Redis of what is done', async () => {
  const redis = await aRedis();
  const { backend } = await backendOn(redis.url);
  const taken: string[] = [];
  const consumer = startConsumer({
    backend,
    concurrency: 2,
    log: noLog,
    take: async ({ jobId }) => void taken.push(jobId),
  });
  closers.defer(() => consumer.close());
  await queueDispatcher(backend, noLog).send([1, 2, 3, 3].map(dispatch));
  await until(() => taken.length === 3);
  await until(async () => (await redis.client.keys('*job-*')).length === 0);
});

redisTest('the queue works on after Redis was killed and came back empty', async () => {
  const redis = await aRedis();
  const { backend } = await backendOn(redis.url);
  const taken: string[] = [];
  const consumer = startConsumer({
    backend,
    concurrency: 2,
    log: noLog,
    take: async ({ jobId }) => void taken.push(jobId),
  });
  closers.defer(() => consumer.close());
  const dispatcher = queueDispatcher(backend, noLog);
  await dispatcher.send([dispatch(1)]);
  await until(() => taken.length === 1);
  for (const n of [2, 3]) {
    await redis.kill();
    await redis.restart();
    await until(() => backend.ready());
    await dispatcher.send([dispatch(n)]);
    await until(() => taken.length === n, 20_000, 'the worker to hear again');
  }
});

redisTest('a worker that hears nothing gives its place to another', async () => {
  const redis = await aRedis();
  const { backend } = await backendOn(redis.url);
  const { said, log } = lines();
  const taken: string[] = [];
  let workers = 0;
  const deafFirst: typeof backend = {
    ...backend,
    work: (take, options) => (workers++ === 0 ? { end: async () => {} } : backend.work(take, options)),
  };
  const consumer = startConsumer({
    backend: deafFirst,
    concurrency: 2,
    log,
    deafAfter: 500,
    take: async ({ jobId }) => void taken.push(jobId),
  });
  closers.defer(() => consumer.close());
  await queueDispatcher(backend, noLog).send([dispatch(1)]);
  await until(() => taken.length === 1);
  expect(workers).toBe(2);
  expect(said).toEqual([expect.stringContaining('another takes its place')]);
  // Idle is not deaf, and busy is not either.
  await delay(1500);
  expect(workers).toBe(2);
});
