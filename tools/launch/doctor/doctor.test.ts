/** The doctor, before real servers that are as they should be, and before those that are not. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checked, examine, ok } from '@banyan/gateway/cli/doctor/check.ts';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApplication } from '../../../banyan.config.ts';
import { withEvidence } from '../../../banyan.evidence.ts';
import { readSettings } from '../../../banyan.settings.ts';
import { onPostgres } from '../../../services/db/testing/both.ts';
import { startRedis } from '../../../services/queue/testing/redis-server.ts';
import { redisUnavailable } from '../../setup/redis.ts';
import { checksOf } from './index.ts';

const root = join(import.meta.dirname, '../../..');
let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'doctor-'));
});
afterEach(() => rmSync(data, { recursive: true }));

const free = { PORT: '0', CONSOLE_PORT: '0', RELAY_PORT: '0', LEGACY_PORT: '0' };
const envOf = (env: Record<string, string>) => ({ BANYAN_DATA: data, ...free, ...env });

function diagnosed(env: Record<string, string> = {}): Promise<Checked[]> {
  const settings = readSettings({ ...envOf(env), BANYAN_SETUP: process.env.BANYAN_SETUP }, root);
  const application = async () => withEvidence(createApplication(settings));
  return examine(checksOf({ settings, root, env: process.env }), {
    settings,
    application,
    gateway: undefined,
  });
}

const of = (found: Checked[], name: string) => found.filter((one) => one.name === name);
const brief = (found: Checked[], name: string) =>
  of(found, name).map(({ health, says }) => `${health}: ${says}`);

async function answering(status: number): Promise<{ url: string; server: Server }> {
  const server = createServer((_, answer) => answer.writeHead(status).end());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe('banyan doctor', () => {
  it('finds no fault in a machine that can run it, and says what to do about each warning', async () => {
    const found = await diagnosed();
    expect(found.filter(({ health }) => health === 'fault')).toEqual([]);
    for (const { health, do: advice } of found) if (health !== 'ok') expect(advice).toBeTruthy();
    expect(brief(found, 'Database')[0]).toMatch(/^ok: embedded/);
    expect(brief(found, 'Flags')[0]).toMatch(/has no faults/);
    expect(new Set(found.map(({ name }) => name)).size).toBeGreaterThan(11);
  });

  it('says which faults the flag file has, with line and column', async () => {
    const file = join(data, 'flags.yaml');
    writeFileSync(file, 'routes:\n  GET /api/health: nwe\n  GET /nowhere: new\n');
    const faults = brief(await diagnosed({ BANYAN_FLAGS: file }), 'Flags');
    expect(faults).toHaveLength(2);
    expect(faults[0]).toMatch(/^fault: .*flags\.yaml:2:\d+ `nwe` is not a mode/);
    expect(brief(await diagnosed({ BANYAN_FLAGS: join(data, 'none') }), 'Flags')[0]).toMatch(/no such file/);
  });

  it('says what of the data folder others may read', async () => {
    expect(brief(await diagnosed(), 'Data folder')[0]).toMatch(/^ok: .* from the first start on$/);
    mkdirSync(join(data, 'run'), { mode: 0o700 });
    expect(brief(await diagnosed(), 'Data folder')[0]).toMatch(/^ok: .* is its owner's alone$/);
    writeFileSync(join(data, 'upload'), '', { mode: 0o644 });
    expect(brief(await diagnosed(), 'Data folder')).toEqual([
      `fault: others may read ${join(data, 'upload')} (644)`,
    ]);
  });

  it('says that a port is taken, and by whom', async () => {
    const { url, server } = await answering(200);
    const [found] = of(await diagnosed({ PORT: new URL(url).port, HOST: '127.0.0.1' }), 'Ports');
    server.close();
    expect(found).toMatchObject({ health: 'fault' });
    expect(`${found?.says} ${found?.do}`).toMatch(/PORT/);
  });

  it('tells a model that is not there, one that refuses the key, and one that answers', async () => {
    const model = async (OPENAI_BASE_URL: string) =>
      brief(await diagnosed({ OPENAI_BASE_URL, OPENAI_API_KEY: 'hunter2' }), 'Model')[0];
    expect(await model('http://127.0.0.1:9/v1')).toMatch(/^fault: .* does not answer/);
    for (const [status, says] of [
      [401, /^fault: .* refuses the key \(401\)/],
      [200, /^ok: .* answers/],
      [503, /^warning: .* answers 503/],
    ] as const) {
      const { url, server } = await answering(status);
      expect(await model(url)).toMatch(says);
      server.close();
    }
  });

  it('tells servers that are not there, and never a password', async () => {
    const found = await diagnosed({
      DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:9/x',
      REDIS_URL: 'redis://:hunter2@127.0.0.1:9',
      LEGACY_URL: 'http://127.0.0.1:9',
    });
    expect(brief(found, 'Database')[0]).toMatch(
      /^fault: PostgreSQL at 127\.0\.0\.1:9 cannot be used: .*ECONNREFUSED/,
    );
    expect(brief(found, 'Redis')[0]).toMatch(/^fault: Redis at 127\.0\.0\.1:9 cannot be used/);
    expect(brief(found, 'Legacy app')[0]).toMatch(/^fault: does not answer/);
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  it('goes on where a check fails or hangs', async () => {
    const settings = readSettings(envOf({}), root);
    const patient = {
      settings,
      gateway: undefined,
      application: () => Promise.reject(new Error('no')),
    };
    const found = await examine(
      [
        { name: 'one', look: () => Promise.reject(new Error('broken\nat line 1')) },
        { name: 'two', look: async () => ok('well') },
      ],
      patient,
    );
    expect(found).toEqual([
      { name: 'one', health: 'fault', says: 'broken', do: expect.stringContaining('banyan doctor') },
      { name: 'two', health: 'ok', says: 'well' },
    ]);
  });

  it('as a command: JSON, an exit code, and every fault of the settings at once', async () => {
    const run = (env: Record<string, string>) =>
      new Promise<{ code: number; out: string }>((resolve) => {
        const { PATH = '', HOME = '', BANYAN_SETUP = '' } = process.env;
        const child = execFile(
          process.execPath,
          [join(root, 'bin/banyan.mjs'), 'doctor', '--json'],
          { env: { PATH, HOME, BANYAN_SETUP, ...envOf(env), CONSOLE_PORT: '2' } },
          (_, out) => resolve({ code: child.exitCode ?? -1, out }),
        );
      });
    const bad = await run({ PORT: 'x', RELAY_KEY: 'short' });
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({
      ok: false,
      checks: [
        { name: 'Settings', health: 'fault', says: expect.stringMatching(/^PORT /) },
        { name: 'Settings', health: 'fault', says: expect.stringMatching(/^RELAY_KEY /) },
      ],
    });
  });
});

onPostgres((database) => {
  it('looks at the version and the extension of a real server', async () => {
    const found = await diagnosed({ DATABASE_URL: await database.fresh() });
    expect(brief(found, 'Database')).toEqual([
      expect.stringMatching(/^ok: PostgreSQL \d+/),
      expect.stringMatching(/^ok: pgvector 0\.\d+/),
    ]);
  });

  describe.skipIf(redisUnavailable())('Redis', () => {
    const started: { stop(): Promise<void> }[] = [];
    afterAll(async () => {
      for (const server of started) await server.stop();
    });
    it.each([
      [['--maxmemory-policy', 'allkeys-lru'], /^fault: its maxmemory-policy is allkeys-lru/],
      [['--maxmemory-policy', 'noeviction'], /^ok: it throws nothing away/],
    ])('with %s', async (options, says) => {
      const redis = await startRedis(options);
      started.push(redis);
      const found = brief(
        await diagnosed({ DATABASE_URL: await database.fresh(), REDIS_URL: redis.url }),
        'Redis',
      );
      expect(found[0]).toMatch(/^ok: Redis \d/);
      expect(found[1]).toMatch(says);
      expect(found[2]).toMatch(/^warning: it has no append-only file/);
    });
  });
});
