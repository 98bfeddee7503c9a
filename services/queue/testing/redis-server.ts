/** A real Redis server for tests: a free port, no data on the disk unless told, gone when the tests are. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { ensurePython } from '../../../tools/setup/python.ts';
import { ensureRedis } from '../../../tools/setup/redis.ts';
import { setupContext } from '../../../tools/setup/testing/context.ts';

export interface RedisServer {
  readonly pid: number;
  url: string;
  /** A connection for the test itself, closed with the server. */
  client: Redis;
  /** Everything in it is lost. */
  kill(): Promise<void>;
  /** Starts again on the same port, empty. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @param options of redis-server, e.g. `--maxmemory-policy allkeys-lru` */
export async function startRedis(options: string[] = []): Promise<RedisServer> {
  const program = await installed();
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  const { port, ...first } = await onFreePort((port) => start(program, port, folder, options));
  let running = first;
  const url = `redis://127.0.0.1:${port}`;
  const client = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
  client.on('error', () => {});
  return {
    get pid() {
      return running.pid;
    },
    url,
    client,
    async kill() {
      running.kill();
      await running.ended;
    },
    async restart() {
      running = await start(program, port, folder, options);
    },
    async stop() {
      client.disconnect();
      running.kill();
      await running.ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function installed(): Promise<string> {
  const context = setupContext();
  return ensureRedis(context, await ensurePython(context));
}

interface Running {
  pid: number;
  kill(): void;
  ended: Promise<void>;
}

async function onFreePort(attempt: (port: number) => Promise<Running>): Promise<Running & { port: number }> {
  for (let attempts = 1; ; attempts++) {
    // Below the range that the system gives out by itself.
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    try {
      return { ...(await attempt(port)), port };
    } catch (error) {
      if (attempts === 5 || !String(error).includes('Address already in use')) throw error;
    }
  }
}

async function start(program: string, port: number, cwd: string, options: string[]): Promise<Running> {
  const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(program, [...fixed, ...options], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
    });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  let over = false;
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      said += error.message;
    });
    child.once('close', () => {
      over = true;
      process.off('exit', kill);
      resolve();
    });
  });
  for (const end = Date.now() + 30_000; ; await delay(10)) {
    if (over) throw new Error(`Redis ended:\n${said}`);
    if (said.includes('Ready to accept connections')) return { pid: child.pid ?? 0, kill, ended };
    if (Date.now() > end) throw new Error(`Redis did not accept connections:\n${said}`);
  }
}
