import { ask, get } from '@banyan/operations/testing/client.ts';
import { describe, expect, test } from 'vitest';
import { startReplier } from './support/backend.ts';
import { forwarderNames, newAnswer, openOrigin } from './support/origin.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nlegacy';
const everythingNew = {
  'GET /things': 'new',
  'POST /things': 'new',
  'GET /things/:id': 'new',
  'DELETE /things/:id': 'new',
  'PUT /things/:id/name': 'new',
  'anything else': 'new',
} as const;

/** Targets that a gateway and a backend could read differently. */
const odd = [
  '//things',
  '/things//1',
  '///things',
  '/things/',
  '/things/1/',
  '/./things',
  '/things/.',
  '/things/..',
  '/x/../things',
  '/%2e/things',
  '/x/%2E%2e/things',
  '/x/.%2e/things',
  '/things%2F1',
  '/things%2f1',
  '/things%5C1',
  '/things\\1',
  '/things;a=b',
  '/things/1;a',
  '/things/%00',
  '/things/%0a',
  '/things/%7f',
  '/things/%c2%85',
  '/things/%ff',
  '/things/%c0%af',
  '/things/%ed%a0%80',
  '/things/%zz',
  '/things/%',
  '/things/%2',
  '/%74hings',
  '/things/%41',
  '/things/%7E',
  '/things/a|b',
  '/things/{a}',
  '/things/^',
  '/things/`',
  '/things/"x"',
  '/things/<x>',
  '/things/[x]',
  '/things#fragment',
  '/things/%252e%252e/../x',
];

describe.each(forwarderNames)('through %s', (forwarder) => {
  test.each([...odd, '/a|b', '/%zz?x=%zz', "/a'b", '/?', '/??', '/a?b?c', '/a?b=%2F;c|d', '/things?%ff#'])(
    'the target %s reaches legacy byte for byte',
    async (target) => {
      const legacy = await startReplier(ok);
      const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
      expect((await ask(origin.port, get(target))).body).toBe('legacy');
      expect(legacy.received[0]?.split('\r\n')[0]).toBe(`GET ${target} HTTP/1.1`);
    },
  );

  test('OPTIONS * reaches legacy', async () => {
    const legacy = await startReplier(ok);
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    expect((await ask(origin.port, get('*').replace('GET', 'OPTIONS'))).status).toBe(200);
    expect(legacy.received[0]?.split('\r\n')[0]).toBe('OPTIONS * HTTP/1.1');
  });

  test('the absolute form reaches legacy in origin form', async () => {
    const legacy = await startReplier(ok);
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder });
    const lines = [
      ['http://example.test/a?b', 'GET /a?b HTTP/1.1'],
      ['HTTP://EXAMPLE.test/a//b', 'GET /a//b HTTP/1.1'],
      ['http://example.test', 'GET / HTTP/1.1'],
      ['http://example.test?a', 'GET /?a HTTP/1.1'],
    ];
    for (const [target = '', line] of lines) {
      expect((await ask(origin.port, get(target))).status).toBe(200);
      expect(legacy.received.at(-1)?.split('\r\n').at(0)).toBe(line);
      for (const socket of legacy.sockets) socket.destroy();
    }
  });
});

test.each(odd)('%s is never served by new', async (target) => {
  const legacy = await startReplier(ok);
  const origin = await openOrigin({ legacyUrl: legacy.url, modes: everythingNew });
  for (const form of [target, `http://example.test${target}`])
    expect((await ask(origin.port, get(form))).body).toBe('legacy');
  expect(origin.log).toMatchObject([
    { route: 'anything else', backend: 'legacy', canonical: false },
    { route: 'anything else', backend: 'legacy', canonical: false },
  ]);
});

test.each([
  ['GET', '/things', 'GET /things'],
  ['HEAD', '/things', 'GET /things'],
  ['POST', '/things', 'POST /things'],
  ['OPTIONS', '/things', 'GET /things'],
  ['PATCH', '/things', 'GET /things'],
  ['DELETE', '/things', 'GET /things'],
  ['PROPFIND', '/things', 'GET /things'],
  ['TRACE', '/things', 'GET /things'],
  ['GET', '/things?a=//b/../%2F;', 'GET /things'],
  ['GET', 'http://example.test/things?a', 'GET /things'],
  ['GET', '/things/1', 'GET /things/:id'],
  ['DELETE', '/things/1', 'DELETE /things/:id'],
  ['PUT', '/things/1', 'GET /things/:id'],
  ['GET', '/things/%C3%A9t%C3%A9', 'GET /things/:id'],
  ['GET', '/things/a%20b', 'GET /things/:id'],
  ['GET', '/things/a+b', 'GET /things/:id'],
  ['GET', '/things/:id', 'GET /things/:id'],
  ['GET', "/things/!$&'()*,=@~", 'GET /things/:id'],
  ['GET', '/things/.well-known', 'GET /things/:id'],
  ['GET', '/things/...', 'GET /things/:id'],
  ['GET', '/things/%25', 'GET /things/:id'],
  ['GET', '/things/a%3Bb', 'GET /things/:id'],
  ['GET', '/things?a#b?c', 'GET /things'],
  ['GET', '/things/1/name', 'PUT /things/:id/name'],
  ['GET', '/things/1/names', 'anything else'],
  ['GET', '/thing', 'anything else'],
  ['GET', '/thingsandmore', 'anything else'],
  ['GET', '/Things', 'anything else'],
  ['GET', '/', 'anything else'],
  ['GET', '/a/b/c/d', 'anything else'],
])('%s %s is served by new, as the row %s says', async (method, target, route) => {
  const legacy = await startReplier(ok);
  const table = await openOrigin({ legacyUrl: legacy.url, modes: everythingNew });
  const bytes = get(target).replace('GET', method);
  const answer = await ask(table.port, bytes, { method });
  expect(answer.body).toBe(method === 'HEAD' ? '' : newAnswer);
  expect(table.log).toMatchObject([{ method, route, backend: 'new', status: 200 }]);
  // And by nothing but this row.
  const others = Object.fromEntries(Object.entries(everythingNew).filter(([key]) => key !== route));
  const origin = await openOrigin({ legacyUrl: legacy.url, modes: others });
  await ask(origin.port, bytes, { method });
  expect(origin.log).toMatchObject([{ method, route, backend: 'legacy' }]);
});
