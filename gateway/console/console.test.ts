import { existsSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { connect } from '@banyan/operations/testing/client.ts';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FlagStore } from '../flags/store.ts';
import { chatTable, shippedLikeFlags } from '../test/support/chat-table.ts';
import { openConsole } from '../test/support/console.ts';
import { flagFolder, until } from '../test/support/flag-folder.ts';
import type { ConsoleOptions, RunningConsole } from './console.ts';

const HEALTH = 'GET /api/health';
const at = () => flagFolder(shippedLikeFlags);

let place: ReturnType<typeof at>;
let store: FlagStore;
let running: RunningConsole;
let ready = true;

const start = (options: Partial<ConsoleOptions> = {}) =>
  openConsole(place, store, { health: { ready: () => ready }, ...options });

beforeEach(async () => {
  place = at();
  store = await place.open();
  running = await start();
  ready = true;
});
afterEach(async () => {
  await running.close();
  await store.close();
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** With `node:http`, as `fetch` sets neither `Host` nor `Origin` to what a test wants. */
function ask(
  path: string,
  headers: Record<string, string> = {},
  body?: object | string,
  url = running.url,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(`${url}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    sent.on('error', reject);
    sent.end(typeof body === 'object' ? JSON.stringify(body) : body);
  });
}

const bearer = (token = running.token) => ({
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
});
const flip = { target: HEALTH, mode: 'new', who: 'ada', why: 'first' };

async function signIn(): Promise<string> {
  const answer = await ask(`/?token=${running.token}`);
  return String(answer.headers['set-cookie']).split(';')[0] ?? '';
}

describe('probes', () => {
  it('need no token and no particular Host', async () => {
    expect(await ask('/livez', { host: 'pod.example' })).toMatchObject({ status: 200, text: 'live\n' });
    expect(await ask('/readyz')).toMatchObject({ status: 200, text: 'ready\n' });
    ready = false;
    expect(await ask('/readyz')).toMatchObject({ status: 503 });
    expect(await ask('/livez')).toMatchObject({ status: 200 });
  });
});

describe('the token', () => {
  it('is made at the first start, readable by the owner only, and kept', async () => {
    const file = join(place.data, 'console-token');
    expect(running.tokenIsNew).toBe(true);
    expect(Buffer.from(running.token, 'base64url')).toHaveLength(32);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = await start();
    expect([again.token, again.tokenIsNew]).toEqual([running.token, false]);
    await again.close();
  });

  it('may be given, and is then written nowhere', async () => {
    place = at();
    const other = await start({ token: 'sixteen letters.' });
    expect(other.token).toBe('sixteen letters.');
    expect(existsSync(join(place.data, 'console-token'))).toBe(false);
    expect((await ask('/api/status', bearer(other.token), undefined, other.url)).status).toBe(200);
    await other.close();
  });

  it.each([
    '/',
    '/api/status',
    '/api/history',
    '/openapi.json',
    '/docs',
    '/docs/docs.js',
    '/nothing',
    '/api/nothing',
  ])('is asked for at %s', async (path) => {
    for (const headers of [
      {},
      bearer('wrong'),
      bearer(`${running.token}x`),
      { authorization: running.token },
      { cookie: `banyan_console=${running.token}` },
    ]) {
      const answer = await ask(path, headers);
      expect(answer.status).toBe(401);
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'console_token' });
    }
  });

  it('is asked for before anything is written', async () => {
    for (const path of ['/api/flip', '/api/rollback']) expect((await ask(path, {}, flip)).status).toBe(401);
    expect(store.current.epoch).toBe(0);
  });

  it('starts a session for a browser and leaves the address', async () => {
    const answer = await ask(`/?token=${running.token}`);
    expect(answer).toMatchObject({ status: 303, headers: { location: '/' } });
    const cookie = String(answer.headers['set-cookie']);
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Strict/);
    expect(cookie).not.toContain(running.token);
    expect((await ask('/', { cookie: await signIn() })).text).toContain('<title>Banyan console</title>');
    expect((await ask('/?token=wrong')).status).toBe(401);
  });

  it('is found among other cookies of its name, which another port of this host may have set', async () => {
    const session = await signIn();
    for (const cookie of [`banyan_console=x; ${session}`, `${session}; banyan_console=x`])
      expect((await ask('/', { cookie })).status).toBe(200);
    expect((await ask('/', { cookie: 'banyan_console=x; banyan_console=y' })).status).toBe(401);
  });

  it('can be typed into the page that a browser gets without one', async () => {
    const asked = await ask('/', { accept: 'text/html' });
    expect(asked.status).toBe(401);
    expect(asked.text).toContain('action="/login"');
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin: running.url };
    expect((await ask('/login', form, 'token=wrong')).status).toBe(401);
    const answer = await ask('/login', form, `token=${running.token}`);
    expect(answer.status).toBe(303);
    expect(String(answer.headers['set-cookie'])).toContain('banyan_console=');
  });
});

describe('a session', () => {
  it('may read, and may write from the pages of the console only', async () => {
    const session = { cookie: await signIn(), 'content-type': 'application/json' };
    expect((await ask('/api/status', session)).status).toBe(200);
    const port = new URL(running.url).port;
    for (const foreign of [
      {},
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: `http://127.0.0.1:${Number(port) + 1}` },
      { origin: `http://127.0.0.1.evil.example:${port}` },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await ask('/api/flip', { ...session, ...foreign }, flip);
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'console_origin' });
    }
    expect(store.current.epoch).toBe(0);
    expect((await ask('/api/flip', { ...session, origin: running.url }, flip)).status).toBe(200);
    expect(store.current.epoch).toBe(1);
  });
});

describe('Host', () => {
  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:8081'])(
    '%j is refused',
    async (host) => {
      const answer = await ask('/api/status', { ...bearer(), host });
      expect(answer.status).toBe(403);
      expect((await ask(`/?token=${running.token}`, { host })).headers['set-cookie']).toBeUndefined();
    },
  );

  it.each(['localhost', 'LOCALHOST:8081', '127.0.0.1:9', '[::1]:8081', '192.0.2.7'])(
    '%j is accepted',
    async (host) => {
      expect((await ask('/api/status', { ...bearer(), host })).status).toBe(200);
    },
  );
});

describe('the interface', () => {
  const json = async (path: string, body?: object) => {
    const answer = await ask(path, bearer(), body);
    return { status: answer.status, ...JSON.parse(answer.text) };
  };

  it('shows each row with mode, serving, since, by and phase', async () => {
    await json('/api/flip', flip);
    const status = await json('/api/status');
    expect(status).toMatchObject({
      application: 'test application',
      ready: true,
      epoch: 1,
      faults: [],
      unrecorded: 0,
    });
    expect(status.routes).toHaveLength(14);
    expect(status.routes[0]).toMatchObject({
      route: HEALTH,
      mode: 'new',
      serving: 'new',
      by: 'ada',
      phase: 'health',
    });
    expect(Date.parse(status.routes[0].since)).toBeGreaterThan(Date.now() - 60_000);
  });

  it('flips, rolls back and tells the history', async () => {
    expect(await json('/api/flip', flip)).toMatchObject({
      status: 200,
      epoch: 1,
      changed: [{ route: HEALTH, to: 'new' }],
    });
    expect(await json('/api/flip', flip)).toMatchObject({ status: 200, epoch: 1, changed: [] });
    expect(await json('/api/rollback', { who: 'bob', why: 'slow' })).toMatchObject({
      epoch: 2,
      changed: [{ to: 'legacy' }],
    });
    expect(await json('/api/history?limit=1')).toMatchObject({
      entries: [{ who: 'bob', why: 'slow', epoch: 2 }],
    });
  });

  it('shows faults of the flag file and refuses to write over them', async () => {
    place.write('routes:\n  GET /api/heath: new\n');
    await until(store, () => store.faults.length > 0);
    expect((await json('/api/status')).faults).toMatchObject([{ line: 2, column: 3 }]);
    expect(await json('/api/flip', flip)).toMatchObject({
      status: 409,
      code: 'flag_file_faulty',
      line: 2,
      column: 3,
    });
    expect(await json('/api/rollback', {})).toMatchObject({ status: 200 });
    expect((await json('/api/status')).faults).toEqual([]);
  });

  it.each<[string, object | string, number, string]>([
    ['an unknown route', { ...flip, target: 'GET /api/helth' }, 404, 'unknown_target'],
    ['an unknown mode', { ...flip, mode: 'nwe' }, 400, 'unknown_mode'],
    ['a mode of later', { ...flip, mode: 'canary' }, 400, 'unknown_mode'],
    ['no target', { mode: 'new' }, 400, 'console_request'],
    ['a field too many', { ...flip, forse: true }, 400, 'console_request'],
    ['what is not JSON', 'target=x', 400, 'console_request'],
    ['a body without end', 'x'.repeat(200_000), 400, 'console_request'],
  ])('refuses %s from the catalogue, with what to do', async (_what, body, status, code) => {
    const answer = await ask('/api/flip', bearer(), body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({
      code,
      error: expect.any(String),
      do: expect.any(String),
    });
    expect(place.audit()).toEqual([]);
  });

  it('takes further interfaces, behind the same token', async () => {
    const extension = new Hono().get('/further', (c) => c.text('further'));
    const other = await start({ extensions: [extension] });
    expect((await ask('/api/further', bearer(), undefined, other.url)).text).toBe('further');
    expect((await ask('/api/further', {}, undefined, other.url)).status).toBe(401);
    await other.close();
  });

  it('says what it does not have', async () => {
    expect(await json('/api/nothing')).toMatchObject({ status: 404, code: 'console_nothing_here' });
  });

  it('lets no page of another origin in: nothing is cached, framed, or loaded from elsewhere', async () => {
    const { headers } = await ask('/', { cookie: await signIn() });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain("script-src 'self';");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1 and has every route of the table', async () => {
    const document = JSON.parse((await ask('/openapi.json', bearer())).text);
    expect(document.openapi).toBe('3.1.0');
    expect(await new Validator().validate(structuredClone(document))).toMatchObject({ valid: true });
    const operations = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(operations.sort()).toEqual(chatTable.routes.map((route) => route.key).sort());
    expect(operations).toHaveLength(13);
  });

  it('says where the routes are served', async () => {
    const other = await start({ publicUrl: 'http://localhost:8080' });
    const document = JSON.parse((await ask('/openapi.json', bearer(), undefined, other.url)).text);
    expect(document.servers).toEqual([{ url: 'http://localhost:8080' }]);
    await other.close();
  });
});

it('a port that is taken is one clear message', async () => {
  const port = Number(new URL(running.url).port);
  await expect(start({ port })).rejects.toMatchObject({
    code: 'port_taken',
    message: expect.stringContaining(String(port)),
  });
});

it('a client that breaks off its request is no fault of the console', async () => {
  const told: unknown[] = [];
  let isHandled = Promise.withResolvers<void>();
  const extension = new Hono();
  extension.post('/read', async (c) => {
    isHandled.resolve();
    const text = c.req.text();
    await text.catch(() => undefined).finally(() => setImmediate(() => isHandled.resolve()));
    return c.text(await text);
  });
  await running.close();
  running = await start({
    extensions: [extension],
    log: { error: (fields: object) => told.push(fields) },
  });
  const { port } = new URL(running.url);
  const head = `Host: 127.0.0.1:${port}\r\nAuthorization: Bearer ${running.token}\r\nContent-Length: 1000\r\n`;
  for (const end of ['destroy', 'resetAndDestroy'] as const) {
    const client = await connect(Number(port));
    client.write(`POST /api/read HTTP/1.1\r\n${head}\r\nthe beginning`);
    await isHandled.promise;
    isHandled = Promise.withResolvers();
    client.socket[end]();
    await isHandled.promise;
    isHandled = Promise.withResolvers();
  }
  expect((await ask('/livez')).status).toBe(200);
  expect(told).toEqual([]);
});
