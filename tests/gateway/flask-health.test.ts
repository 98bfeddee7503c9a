/** `GET /api/health` and the pages of what is no route, byte for byte as Flask gives them. */

import { comparable } from '@banyan/gateway/test/support/compare.ts';
import { type Origin, openOrigin } from '@banyan/gateway/test/support/origin.ts';
import { type Chance, chance } from '@banyan/gateway/test/support/random.ts';
import { ask } from '@banyan/operations/testing/client.ts';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApplication } from '../../banyan.config.ts';
import { readSettings } from '../../banyan.settings.ts';
import { type Flask, startFlask } from './support/flask.ts';

let flask: Flask;

beforeAll(async () => {
  flask = await startFlask();
});
afterAll(() => flask.stop());

async function sides(): Promise<Origin[]> {
  const application = createApplication(readSettings({}, '.'));
  const { table, newBackend } = application;
  const open = (modes: Record<string, 'new'>) =>
    openOrigin({ legacyUrl: flask.url, table, application, newBackend, modes });
  return Promise.all([open({}), open({ 'GET /api/health': 'new', 'anything else': 'new' })]);
}

const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND'];
const targets = ['/api/health', '/api/health?a=b', '/', '/nowhere', '/api', '/api/health/x', '/favicon.ico'];
const origins = [
  'http://a.test',
  'https://a.test:8080',
  'null',
  '',
  '*',
  'HTTP://A.test',
  'caf\xe9',
  'a, b',
  ' x ',
];
const requested = ['GET', 'PUT', 'get', 'Patch', 'TRACE', 'FOO', '', 'GET, PUT'];
const names = [
  'content-type',
  'X-B, x-a, X-A',
  'b,a',
  ',',
  '',
  ' a ,b, ',
  'Z,a,\xe9',
  'x-a, x-a',
  'X_Y',
  '\x85b\xa0,a',
];

function headersOf(random: Chance): string {
  const headers: string[] = [];
  const maybe = (name: string, values: readonly string[], often: number) => {
    if (random.once(often)) headers.push(`${name}: ${random.of(values)}`);
  };
  maybe('Origin', origins, 2);
  maybe('Origin', origins, 12);
  maybe('Access-Control-Request-Method', requested, 2);
  maybe('access-control-request-method', requested, 12);
  maybe('Access-Control-Request-Headers', names, 2);
  maybe('ACCESS-CONTROL-REQUEST-HEADERS', names, 12);
  maybe('Access-Control-Request-Private-Network', ['true', 'True', 'false', ''], 6);
  maybe('Accept', ['text/html', '*/*', 'application/json;q=0'], 4);
  maybe('Accept-Encoding', ['gzip', 'br, gzip', 'identity;q=0'], 4);
  maybe('If-None-Match', ['*', '"x"'], 8);
  maybe('If-Modified-Since', ['Mon, 23 Nov 2026 00:00:00 GMT'], 8);
  maybe('Range', ['bytes=0-3'], 8);
  maybe('Cookie', ['a=b', 'session=x'], 8);
  maybe('Content-Type', ['application/json', 'x'], 8);
  // Chance has no use for two of the same in a fixed order only.
  return headers
    .map((line) => ({ line, at: random.below(1000) }))
    .sort((a, b) => a.at - b.at)
    .map(({ line }) => `${line}\r\n`)
    .join('');
}

test('answers are the same, header for header and byte for byte, in any combination of what they may depend on', async () => {
  const seed = Number(process.env.SEED ?? 20261123);
  const random = chance(seed);
  const [legacy, flipped] = await sides();
  const seen = new Set<string>();
  for (let i = 0; i < 600; i++) {
    const method = random.once(2) ? random.of(methods) : random.of(['GET', 'OPTIONS']);
    const target = random.once(2) ? '/api/health' : random.of(targets);
    const bytes = `${method} ${target} HTTP/1.1\r\nHost: localhost:8080\r\n${headersOf(random)}Connection: close\r\n\r\n`;
    const [one, other] = await Promise.all(
      [legacy, flipped].map(async (side) => comparable(await ask(side?.port ?? 0, bytes, { method }))),
    );
    expect(other, `seed ${seed}, request ${i}: ${bytes}`).toEqual(one);
    seen.add(`${one?.line} ${one?.headers.map((line) => line.split(':')[0]).join()}`);
  }
  expect(legacy?.log.every(({ backend }) => backend === 'legacy')).toBe(true);
  expect(flipped?.log.every(({ backend }) => backend === 'new')).toBe(true);
  expect(flask.requests()).toHaveLength(600);
  // The combinations were worth trying: that many kinds of answers came out.
  expect(seen.size).toBeGreaterThan(20);
});

test('the gateway names no server and keeps the connection, whoever serves', async () => {
  for (const side of await sides()) {
    const answer = await ask(side.port, 'GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(answer.header('server')).toBeUndefined();
    expect(answer.header('connection')).toBe('keep-alive');
    expect(answer.header('date')).toMatch(/GMT$/);
  }
});

test('the time is the local one, as of now, with six digits', async () => {
  const [legacy, flipped] = await sides();
  const time = async (side: Origin | undefined) => {
    const answer = await ask(side?.port ?? 0, 'GET /api/health HTTP/1.1\r\nHost: a\r\n\r\n');
    return (JSON.parse(answer.body) as { timestamp: string }).timestamp;
  };
  const [before, between, after] = [await time(legacy), await time(flipped), await time(legacy)];
  for (const each of [before, between, after])
    expect(each).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  // One clock, read twice: a millisecond or two may lie between the two ways of reading it.
  const ms = [before, between, after].map((each) => Date.parse(each));
  expect(ms[1]).toBeGreaterThanOrEqual((ms[0] ?? 0) - 3);
  expect(ms[1]).toBeLessThanOrEqual((ms[2] ?? 0) + 3);
});

test('answers are the same where LlamaParse can be used', async () => {
  const other = await startFlask({ env: { LLAMA_CLOUD_API_KEY: 'a-key' } });
  try {
    const application = createApplication(readSettings({ LLAMA_CLOUD_API_KEY: 'a-key' }, '.'));
    const { table, newBackend } = application;
    const modes = { 'GET /api/health': 'new' } as const;
    const origin = await openOrigin({ legacyUrl: other.url, table, application, newBackend, modes });
    const bytes = 'GET /api/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const direct = comparable(await ask(other.port, bytes));
    expect(direct.body).toContain('"available"');
    expect(comparable(await ask(origin.port, bytes))).toEqual(direct);
    await eventually('Flask has logged its own', () => other.requests().length === 1);
  } finally {
    await other.stop();
  }
});
