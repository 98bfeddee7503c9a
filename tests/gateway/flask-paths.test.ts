/** The gateway's view of a request and the real Flask app's: they agree, or the gateway refuses. */

import { comparable } from '@banyan/gateway/test/support/compare.ts';
import { type Origin, openOrigin } from '@banyan/gateway/test/support/origin.ts';
import { ask, connect, get } from '@banyan/operations/testing/client.ts';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createApplication } from '../../banyan.config.ts';
import { readSettings } from '../../banyan.settings.ts';
import { type Flask, startFlask } from './support/flask.ts';

const application = createApplication(readSettings({}, '.'));
const { table } = application;

let flask: Flask;

beforeAll(async () => {
  flask = await startFlask();
});
afterAll(() => flask.stop());

/** Everything that the new backend has is flipped, so that whatever reaches it by mistake is answered by it. */
const flipped = { 'GET /api/health': 'new', 'anything else': 'new' } as const;

const open = (modes = {}): Promise<Origin> =>
  openOrigin({ legacyUrl: flask.url, table, application, newBackend: application.newBackend, modes });

/** A request on a connection of its own to Flask, and to the gateway with each set of modes. */
async function compare(bytes: string, method = 'GET', ...modes: Record<string, 'new'>[]) {
  const direct = comparable(await ask(flask.port, bytes, { method }));
  const backends: (string | undefined)[] = [];
  for (const each of modes) {
    const origin = await open(each);
    const through = comparable(await ask(origin.port, bytes, { method }));
    expect(through).toEqual(direct);
    backends.push(origin.log.at(-1)?.backend);
  }
  return { direct, backends };
}

const request = (target: string, method = 'GET', host = 'localhost:8080') =>
  `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

const canonical = [
  '/',
  '/api/health',
  '/api/health?x=//../%2F;y',
  '/api/health?',
  '/api/healthy',
  '/api/health%20',
  '/api/health%23f',
  '/api/health%3Fx',
  '/api/health?#?',
  '/api/heal',
  '/API/health',
  '/api',
  '/api/upload-status/x',
  '/api/upload-status/a%20b',
  '/api/upload-status/%25',
  '/api/upload-status/a%3Bb',
  '/api/upload-status/a+b',
  '/api/upload-status/%C3%A9',
  '/api/upload-status/%F0%9F%98%80',
  "/api/upload-status/!$&'()*,=:@~",
  '/api/upload-status/...',
  '/consoles',
  '/api/console',
];

const odd = [
  '//',
  '//api/health',
  '///api/health',
  '/api//health',
  '/api///health?a=b',
  '/api/health/',
  '/api/health//',
  '/./api/health',
  '/api/./health',
  '/api/health/.',
  '/api/../api/health',
  '/x/../api/health',
  '/x/%2e%2e/api/health',
  '/%2E/api/health',
  '/api/%2e%2E/api/health',
  '/api%2Fhealth',
  '/api%2fhealth',
  '/api/health%2F',
  '/%2Fapi/health',
  '/%2F%2Fapi/health',
  '/api%5Chealth',
  '/api\\health',
  '/api/health;a=b',
  '/api;a/health',
  '/api/%68ealth',
  '/%61pi/health',
  '/api/health%00',
  '/api/health%0a',
  '/api/health%09',
  '/api/health%c2%85',
  '/api/health%ff',
  '/api/upload-status/%ff',
  '/api/upload-status/%c0%af',
  '/api/upload-status/%zz',
  '/api/upload-status/%',
  '/api/upload-status/a%2Fb',
  '/api/upload-status/a|b',
  '/api/upload-status/{a}',
  '/api/upload-status/[a]',
  '/api/upload-status/"a"',
  '/api/health#f',
  '/api/health#/../x',
  '/#/api/health',
  '//[a/b',
  '//a@b/api/health',
  '//localhost:8080/api/health',
  '//console.example/api/health',
  '/http://localhost/api/health',
  '/api/upload-status/%2e',
  '/api/upload-status/%2e%2e',
  '/api/upload-status/..%2f..',
];

describe.each(['GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE'])('%s', (method) => {
  test.each(canonical)('%s is to the client what it is to Flask, whoever serves it', async (target) => {
    const { backends } = await compare(request(target, method), method, {}, flipped);
    // What the new backend does not have is not flipped.
    expect(backends).toEqual(['legacy', target.startsWith('/api/upload-status/') ? 'legacy' : 'new']);
  });
});

describe.each(['GET', 'OPTIONS', 'POST'])('%s', (method) => {
  test.each(odd)('%s is to the client what it is to Flask, and legacy serves it', async (target) => {
    const before = flask.requests().length;
    const { backends } = await compare(request(target, method), method, {}, flipped);
    expect(backends).toEqual(['legacy', 'legacy']);
    await eventually('Flask has logged all', () => flask.requests().length >= before + 3);
    const [first, ...others] = flask.requests().slice(before);
    expect(others).toEqual([first, first]);
  });
});

test.each(['TRACE', 'PROPFIND', 'PATCH', 'PUT', 'M-SEARCH'])(
  '%s is what it is to Flask, whoever serves it',
  async (method) => {
    for (const target of ['/api/health', '/nowhere'])
      await compare(request(target, method), method, {}, flipped);
  },
);

test.each([
  'localhost',
  'EXAMPLE.test',
  'example.test:80',
  'a_b:1',
  'a b',
  'caf\xe9',
  '[::1]:8080',
  'x@y',
  '',
])('a redirect names the Host %j as Flask does', async (host) => {
  const { direct } = await compare(request('/api//health?a', 'GET', host), 'GET', flipped);
  expect(direct.line).toMatch(/308/);
});

test('a long address is redirected as Flask does it', async () => {
  const { direct } = await compare(request(`/api//upload-status/${'a'.repeat(25_000)}`), 'GET', {});
  expect(direct.line).toMatch(/308/);
});

test.each([
  'GET /api/health HTTP/1.0\r\n\r\n',
  'GET http://localhost:8080/api/health HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n',
  'GET http://localhost:8080/api//health HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n',
])('%j is what it is to Flask', async (bytes) => {
  await compare(bytes, 'GET', {}, flipped);
});

describe('the debugger', () => {
  const notFound = /^HTTP\/1\.1 404 NOT FOUND$/;
  const command = '__debugger__=yes&cmd=resource&f=style.css';

  /** Targets that Flask itself answers with the debugger: `Host` is loopback. */
  const reached = [
    '/console',
    '//console',
    '///console',
    '/%63onsole',
    '/%63%6F%6e%73%6f%6C%65',
    '/%2Fconsole',
    '/%2f%2Fconsole',
    '//%2fconsole',
    '/console?x',
    '/console#f',
    '/console?x#f',
    'http://localhost:8080/console',
    'http://localhost:8080//console',
    `/?${command}`,
    `/nowhere?${command}`,
    `/api/health?${command}`,
    `/api/health/?a=b&${command}`,
    '/?%5f%5fdebugger%5F%5f=%79es&cmd=resource&f=style.css',
    '/?__debugger__=ye%73&cmd=resource&f=style.css',
    '/?&&__debugger__=yes&cmd=resource&f=style.css&__debugger__=no',
    `//x?${command}`,
    `/a;b?${command}`,
    `/%ff?${command}`,
    `/?%zz&${command}`,
  ];

  test.each(reached)('is not let through at %s, though Flask shows it there', async (target) => {
    const direct = await ask(flask.port, request(target));
    expect(direct.body, 'the case is worth trying').toMatch(/Werkzeug Debugger|font-family: sans-serif/);
    const page = comparable(await ask(flask.port, request('/nowhere')));
    await eventually('Flask has logged both', () => flask.requests().at(-1) === 'GET /nowhere HTTP/1.1');
    const before = flask.requests().length;
    for (const modes of [{}, flipped]) {
      const origin = await open(modes);
      for (const [method, version] of [
        ['GET', '1.1'],
        ['HEAD', '1.1'],
        ['POST', '1.1'],
        ['OPTIONS', '1.1'],
        ['GET', '1.0'],
      ]) {
        const bytes = request(target, method).replace('HTTP/1.1', `HTTP/${version}`);
        const answer = comparable(await ask(origin.port, bytes, { method: method ?? '' }));
        expect(answer).toEqual({ ...page, body: method === 'HEAD' ? '' : page.body });
        expect(answer.line).toMatch(notFound);
      }
      expect(origin.log.map(({ backend }) => backend)).toEqual(Array(5).fill('gateway'));
    }
    await ask(flask.port, request('/marker'));
    await eventually('the marker is logged', () => flask.requests().at(-1) === 'GET /marker HTTP/1.1');
    expect(flask.requests().slice(before)).toEqual(['GET /marker HTTP/1.1']);
  });

  test.each([
    `/?__debugger__=no&cmd=resource&f=style.css`,
    `/?__debugger__&cmd=resource&f=style.css`,
    `/?__debugger=yes`,
    '/console/x',
    '/consol',
    '/x/console',
    '/console%3F',
    '/?a=__debugger__=yes',
    '/api/health?next=/console',
  ])('is not suspected at %s', async (target) => {
    expect((await compare(request(target), 'GET', {})).backends).toEqual(['legacy']);
  });

  test('is not reached by an upgrade, a folded target, nor behind another request', async () => {
    const origin = await open();
    const before = flask.requests().length;
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
    const bytes = `GET /console HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`;
    expect((await ask(origin.port, bytes)).status).toBe(404);
    const client = await connect(origin.port);
    client.write(get('/nowhere') + get('/console') + get('/con\tsole'));
    expect((await client.answer()).status).toBe(404);
    expect((await client.answer()).status).toBe(404);
    expect((await client.answer()).status).toBe(400);
    await eventually('Flask has logged the first', () => flask.requests().length > before);
    expect(flask.requests().slice(before)).toEqual(['GET /nowhere HTTP/1.1']);
  });
});

describe('smuggling to Flask', () => {
  const hidden = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n';
  const post = (headers: string, body: string, method = 'POST') =>
    `${method} /first HTTP/1.1\r\nHost: a\r\n${headers}\r\n${body}`;
  const length = `Content-Length: ${hidden.length}\r\n`;
  const inChunks = `${hidden.length.toString(16)};a="b\\r\\n"\r\n${hidden}\r\n0\r\nX: 1\r\n\r\n`;
  const attempts: [what: string, bytes: string][] = [
    ['CL.TE', post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${hidden}`)],
    ['TE.CL', post(`Transfer-Encoding: chunked\r\nContent-Length: 0\r\n`, `0\r\n\r\n${hidden}`)],
    ['TE.TE', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n', `0\r\n\r\n${hidden}`)],
    ['TE with a tab', post('Transfer-Encoding:\tchunked\r\n', `0\r\n\r\n`)],
    ['TE as xchunked', post('Transfer-Encoding: xchunked\r\n', hidden)],
    ['TE with an underscore', post('Transfer_Encoding: chunked\r\nContent-Length: 0\r\n', '')],
    ['CL with an underscore', post(`Content_Length: ${hidden.length}\r\nContent-Length: 0\r\n`, '')],
    ['CL twice', post(`Content-Length: 0\r\n${length}`, hidden)],
    ['CL in a list', post(`Content-Length: 0, ${hidden.length}\r\n`, hidden)],
    ['CL signed', post(`Content-Length: +${hidden.length}\r\n`, hidden)],
    ['CL with a space', post(`Content-Length: ${hidden.length} 1\r\n`, hidden)],
    ['CL with zeros', post(`Content-Length: 000${hidden.length}\r\n`, hidden)],
    ['CL that Connection names', post(`Connection: Content-Length\r\n${length}`, hidden)],
    ['CL of a GET', post(length, hidden, 'GET')],
    ['CL of a DELETE', post(length, hidden, 'DELETE')],
    ['chunks of a GET', post('Transfer-Encoding: chunked\r\n', inChunks, 'GET')],
    ['chunks of a DELETE', post('Transfer-Encoding: chunked\r\n', inChunks, 'DELETE')],
    ['chunks of an OPTIONS', post('Transfer-Encoding: chunked\r\n', inChunks, 'OPTIONS')],
    ['chunks with extensions', post('Transfer-Encoding: chunked\r\n', inChunks)],
    ['a bad chunk size', post('Transfer-Encoding: chunked\r\n', `-1\r\n${hidden}`)],
    ['a huge chunk size', post('Transfer-Encoding: chunked\r\n', `ffffffffffffffff0\r\n${hidden}`)],
    ['a folded header', post(`X: 1\r\n Content-Length: 0\r\n${length}`, hidden)],
    ['a bare LF', post(`X: 1\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${hidden}`)],
    ['a bare CR', post(`X: 1\rTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${hidden}`)],
    ['a NUL', post(`X: 1\0\r\n${length}`, hidden)],
    ['a line separator of Latin-1', post(`X: 1\x85Transfer-Encoding: chunked\r\nContent-Length: 0\r\n`, '')],
    ['a space before the colon', post(`Content-Length : ${hidden.length}\r\n`, hidden)],
    ['a request in a header', post(`X: ${hidden.replaceAll('\r\n', '\\r\\n')}\r\nContent-Length: 0\r\n`, '')],
    ['two hosts', post('Host: b\r\nContent-Length: 0\r\n', '')],
    ['no host', 'GET /first HTTP/1.1\r\n\r\n'],
    ['another host in the target', 'GET http://evil.test/first HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['HTTP/0.9', 'GET /first\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['TRACE', 'TRACE /first HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['Expect and no body', post(`Expect: 100-continue\r\n${length}`, hidden)],
  ];

  test.each(attempts)('%s: Flask sees the request or does not, and never another', async (_what, bytes) => {
    const origin = await open();
    const before = flask.requests().length;
    const client = await connect(origin.port);
    client.write(bytes);
    client.write(get('/next'));
    const answers = [await client.answer().catch(() => undefined)];
    if (answers[0]?.status === 100) answers[0] = await client.answer();
    if (answers[0] && answers[0].header('connection') !== 'close') answers.push(await client.answer());
    client.socket.destroy();
    await ask(origin.port, request('/marker'));
    // Flask logs each request when it is done with it, in a thread of its own.
    const logged = () => flask.requests().slice(before).join();
    await eventually('the marker is logged', () => logged().includes('/marker'));
    const seen = flask
      .requests()
      .slice(before)
      .map((line) => line.split(' ')[1]);
    // What the client was answered and what Flask was asked is the same number of requests.
    const refused = (answers[0]?.status ?? 400) === 400;
    // A body that turns out to be none is refused once its head may have gone ahead.
    const sent = seen.filter((path) => path !== '/marker');
    if (refused) expect([[], ['/first']]).toContainEqual(sent);
    else expect(sent).toEqual(['/first', '/next']);
    expect(answers.map((answer) => answer?.status)).toEqual(
      refused ? [answers[0]?.status] : [answers[0]?.status, 404],
    );
  });
});

afterEach(() => {
  expect(flask.lines.join('\n')).not.toMatch(/Traceback/);
});
