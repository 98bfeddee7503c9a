/** The flag file is rewritten while requests are under way: none fails, each is answered whole by one backend. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { inProcessBackend } from '@banyan/gateway/backends/in-process/in-process-backend.ts';
import type { Pause } from '@banyan/gateway/files.ts';
import { openFlags } from '@banyan/gateway/flags/live-store.ts';
import type { FlagStore } from '@banyan/gateway/flags/store.ts';
import { silentLog } from '@banyan/gateway/log.ts';
import { startBackend } from '@banyan/gateway/test/support/backend.ts';
import { faulty, type Modes, textOf, write } from '@banyan/gateway/test/support/flag-file.ts';
import { countedPauses } from '@banyan/gateway/test/support/flag-folder.ts';
import { openOrigin } from '@banyan/gateway/test/support/origin.ts';
import { chance } from '@banyan/gateway/test/support/random.ts';
import { makeTable } from '@banyan/gateway/test/support/table.ts';
import { watchWarnings } from '@banyan/gateway/test/support/warnings.ts';
import { type Answer, connect } from '@banyan/operations/testing/client.ts';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import { expect, onTestFinished, test } from 'vitest';
import { createApplication } from '../../banyan.config.ts';
import { readSettings } from '../../banyan.settings.ts';
import { until } from '../../tools/setup/testing/processes.ts';
import { startFlask } from './support/flask.ts';

/** An answer in several pieces, each of which says who gave it and to what. */
async function* pieces(backend: string, target: string, body: string): AsyncGenerator<string> {
  for (let i = 0; i < 4; i++) {
    yield `${backend} ${target} ${body} ${i}\n`;
    await pause(i === 0 ? 15 : 5);
  }
}

const whole = (backend: string, target: string, body: string) =>
  [0, 1, 2, 3].map((i) => `${backend} ${target} ${body} ${i}\n`).join('');

async function openStore(table: RouteTable, wait?: Pause): Promise<{ flags: FlagStore; file: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'flips-'));
  const file = join(folder, 'flags.yaml');
  await writeFile(file, 'routes: {}\n');
  const flags = await openFlags({
    file,
    dataFolder: join(folder, 'data'),
    table,
    log: silentLog as never,
    ...(wait && { pause: wait }),
  });
  onTestFinished(async () => {
    await flags.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { flags, file };
}

/** Clients that ask, one request after the other on a kept connection, until told to stop. */
async function clients(
  count: number,
  port: number,
  request: (n: number) => string,
  check: (answer: Answer, n: number) => void,
) {
  const state = { asked: 0, stop: false };
  const one = async () => {
    const client = await connect(port);
    while (!state.stop) {
      const n = state.asked++;
      client.write(request(n));
      check(await client.answer(), n);
    }
    client.socket.destroy();
  };
  return { state, done: Promise.all(Array.from({ length: count }, one)) };
}

/** Resolves once these modes are in force, with how long it took in milliseconds. */
async function inForce(flags: FlagStore, modes: Modes): Promise<number> {
  const started = performance.now();
  while (!Object.entries(modes).every(([route, mode]) => flags.current.routes.get(route)?.mode === mode)) {
    if (performance.now() - started > 5000) throw new Error(`never in force: ${JSON.stringify(modes)}`);
    await pause(2);
  }
  return performance.now() - started;
}

/** Rewrites the file so many times, every fourth time badly; what is bad is reported and changes nothing. */
async function rewrite(flags: FlagStore, file: string, routes: string[], times: number): Promise<number> {
  const random = chance(7);
  let modes: Modes = {};
  let bad = 0;
  for (let i = 0; i < times; i++) {
    if (i % 4 === 3) {
      bad++;
      await writeFile(file, faulty[bad % faulty.length]?.(modes) ?? '');
      const { epoch } = flags.current;
      await until(() => flags.faults.length > 0, 5000, 'the fault to be reported');
      expect(flags.current.epoch).toBe(epoch);
      continue;
    }
    modes = Object.fromEntries(routes.map((route) => [route, random.once(2) ? 'new' : 'legacy']));
    await write(file, textOf(modes), random);
    await inForce(flags, modes);
  }
  return bad;
}

test('10,000 requests while the flag file is rewritten 200 times: none fails, each is answered by one backend', async () => {
  const noWarnings = watchWarnings();
  const legacy = await startBackend((incoming, outgoing) => {
    outgoing.setHeader('X-By', 'legacy');
    void text(incoming).then((body) =>
      Readable.from(pieces('legacy', incoming.url ?? '', body)).pipe(outgoing),
    );
  });
  const newBackend = inProcessBackend('new', async ({ target, body }) => ({
    status: 200,
    reason: 'OK',
    rawHeaders: ['X-By', 'new'],
    body: Readable.from(pieces('new', target, body ? await text(body) : ''), { objectMode: false }),
  }));
  const table = makeTable();
  const routes = ['GET /things', 'POST /things', 'DELETE /things/:id'];
  const { flags, file } = await openStore(table);
  const origin = await openOrigin({ legacyUrl: legacy.url, table, flags, newBackend });

  const targets = ['/things', '/things', '/things/1'];
  const requestOf = (n: number) => {
    const target = `${targets[n % 3]}?${n}`;
    const body = n % 3 === 0 ? '' : `body-${n}`;
    const method = ['GET', 'POST', 'DELETE'][n % 3];
    return {
      target,
      body,
      bytes: `${method} ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    };
  };
  const served = { legacy: 0, new: 0 };
  const { state, done } = await clients(
    32,
    origin.port,
    (n) => requestOf(n).bytes,
    (answer, n) => {
      const { target, body } = requestOf(n);
      const by = answer.header('x-by') === 'new' ? 'new' : 'legacy';
      expect(answer).toMatchObject({ status: 200, whole: true, body: whole(by, target, body) });
      served[by]++;
    },
  );
  const rewritten = Promise.race([rewrite(flags, file, routes, 200), done.then(() => 0)]);
  const bad = await rewritten.finally(() => {
    if (state.asked >= 10_000) state.stop = true;
  });
  await Promise.race([until(() => state.asked >= 10_000, 60_000, '10,000 requests'), done]);
  state.stop = true;
  await done;

  expect(bad).toBe(50);
  expect(served.legacy + served.new).toBe(state.asked);
  expect(state.asked).toBeGreaterThanOrEqual(10_000);
  expect(Math.min(served.legacy, served.new)).toBeGreaterThan(state.asked / 5);
  expect(origin.log.filter(({ fault }) => fault)).toEqual([]);
  expect(flags.current.epoch).toBeGreaterThan(100);
  noWarnings();
}, 90_000);

test('a change is in force for requests within 250 ms of waiting', async () => {
  const legacy = await startBackend((_incoming, outgoing) => outgoing.end('legacy'));
  const table = makeTable();
  const { pause: counted, during } = countedPauses();
  const { flags, file } = await openStore(table, counted);
  const origin = await openOrigin({ legacyUrl: legacy.url, table, flags });
  const client = await connect(origin.port);
  const random = chance(3);
  const times: number[] = [];
  for (let i = 0; i < 12; i++) {
    const mode = i % 2 === 0 ? 'new' : 'legacy';
    await write(file, textOf({ 'GET /things': mode }), random);
    const inForce = async () => {
      client.write('GET /things HTTP/1.1\r\nHost: a\r\n\r\n');
      return (await client.answer()).body.includes(mode);
    };
    times.push(await during(() => until(inForce, 20_000, `${mode} to be in force`)));
  }
  expect(Math.max(...times)).toBeLessThan(250);
});

test('the same with the real Flask app and the real new backend', async () => {
  const noWarnings = watchWarnings();
  const flask = await startFlask();
  try {
    const application = createApplication(readSettings({}, '.'));
    const { table, newBackend } = application;
    const { flags, file } = await openStore(table);
    const origin = await openOrigin({ legacyUrl: flask.url, table, application, flags, newBackend });
    const { state, done } = await clients(
      8,
      origin.port,
      () => 'GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n',
      (answer) => {
        expect(answer.line).toBe('HTTP/1.1 200 OK');
        expect(answer.body).toMatch(
          /^\{\n {2}"llamaparse": "unavailable",\n {2}"status": "healthy",\n {2}"timestamp": "\S{27}"\n\}\n$/,
        );
      },
    );
    const rewritten = Promise.race([rewrite(flags, file, ['GET /api/health'], 40), done.then(() => 0)]);
    expect(await rewritten).toBe(10);
    state.stop = true;
    await done;
    const by = (backend: string) => origin.log.filter((line) => line.backend === backend).length;
    expect(by('legacy') + by('new')).toBe(state.asked);
    expect(by('legacy')).toBeGreaterThan(50);
    expect(by('new')).toBeGreaterThan(50);
    expect(origin.log.filter(({ fault }) => fault)).toEqual([]);
    noWarnings();
  } finally {
    await flask.stop();
  }
}, 60_000);
