import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from './support/app.ts';
import type { Answer } from './support/exchange.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const corsHeaders = (answer: Answer) =>
  Object.fromEntries(answer.rawHeaders.filter(([name]) => /^(access-control-|vary$)/i.test(name)));

/** An answer of every kind: data, an application's error, a caught exception, no method, no path, a redirect. */
const kinds: [kind: string, method: string, path: string, status: number][] = [
  ['data', 'GET', '/api/chats', 200],
  ['a created chat', 'POST', '/api/chats', 201],
  ["an application's error", 'GET', '/api/upload-status/x', 404],
  ['a caught exception', 'PUT', '/api/chats/x/rename', 500],
  ['a method that is not allowed', 'PATCH', '/api/chats', 405],
  ['an unknown path', 'GET', '/api/nothing', 404],
  ['a redirect', 'GET', '/api//chats', 308],
  ['HEAD', 'HEAD', '/api/health', 200],
];

describe.each(kinds)('%s', (_, method, path, status) => {
  it('without Origin is for everyone', async () => {
    const answer = await app.send(method, path);
    expect(answer.status).toBe(status);
    expect(corsHeaders(answer)).toEqual({ 'Access-Control-Allow-Origin': '*' });
  });

  it.each([
    'https://chat.example.com',
    'http://localhost:3000',
    'HTTPS://Chat.Example.COM',
    'null',
    'not an origin',
  ])('with the origin %s is for that origin, and varies by it', async (origin) => {
    const answer = await app.send(method, path, { headers: [['Origin', origin]] });
    expect(answer.status).toBe(status);
    expect(corsHeaders(answer)).toEqual({ 'Access-Control-Allow-Origin': origin, Vary: 'Origin' });
  });

  it('with an empty Origin is for everyone', async () => {
    const answer = await app.send(method, path, { headers: [['Origin', '']] });
    expect(corsHeaders(answer)).toEqual({ 'Access-Control-Allow-Origin': '*' });
  });
});

describe('a preflight', () => {
  const methods = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT';
  const preflight = (path: string, method: string, requested?: string) =>
    app.send('OPTIONS', path, {
      headers: [
        ['Origin', 'https://chat.example.com'],
        ['Access-Control-Request-Method', method],
        ...(requested === undefined ? [] : [['Access-Control-Request-Headers', requested] as const]),
      ],
    });

  it('lists all seven methods, whatever the path has', async () => {
    const answer = await preflight('/api/health', 'GET');
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('');
    expect(corsHeaders(answer)).toEqual({
      'Access-Control-Allow-Origin': 'https://chat.example.com',
      'Access-Control-Allow-Methods': methods,
      Vary: 'Origin',
    });
  });

  it.each([
    ['content-type', 'content-type'],
    ['Content-Type', 'Content-Type'],
    ['x-b, X-A,content-type', 'X-A, content-type, x-b'],
    ['b,a,b', 'a, b, b'],
    ['  spaced  ,', ', spaced'],
  ])('repeats the requested headers "%s" sorted, case kept', async (requested, granted) => {
    const answer = await preflight('/api/chats', 'POST', requested);
    expect(answer.header('access-control-allow-headers')).toBe(granted);
  });

  it('grants a method in any case', async () => {
    expect((await preflight('/api/chats', 'delete')).header('access-control-allow-methods')).toBe(methods);
  });

  it('for a method that nobody knows grants none', async () => {
    const answer = await preflight('/api/chats', 'PURGE', 'x-a');
    expect(answer.status).toBe(200);
    expect(corsHeaders(answer)).toEqual({
      'Access-Control-Allow-Origin': 'https://chat.example.com',
      Vary: 'Origin',
    });
  });

  it('without an origin is granted to everyone', async () => {
    const answer = await app.send('OPTIONS', '/api/chats', {
      headers: [
        ['Access-Control-Request-Method', 'PUT'],
        ['Access-Control-Request-Headers', 'x-a'],
      ],
    });
    expect(corsHeaders(answer)).toEqual({
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': methods,
      'Access-Control-Allow-Headers': 'x-a',
    });
  });

  it('on an unknown path is the 404 page with the CORS headers', async () => {
    const answer = await preflight('/api/nothing', 'PUT', 'x-a');
    expect(answer.status).toBe(404);
    expect(answer.text).toContain('<title>404 Not Found</title>');
    expect(corsHeaders(answer)).toEqual({
      'Access-Control-Allow-Origin': 'https://chat.example.com',
      'Access-Control-Allow-Headers': 'x-a',
      'Access-Control-Allow-Methods': methods,
      Vary: 'Origin',
    });
  });

  it('asking for a private network is not granted one', async () => {
    const answer = await app.send('OPTIONS', '/api/chats', {
      headers: [
        ['Origin', 'https://chat.example.com'],
        ['Access-Control-Request-Method', 'PUT'],
        ['Access-Control-Request-Private-Network', 'true'],
      ],
    });
    expect(answer.header('access-control-allow-private-network')).toBe('false');
  });

  it('never allows credentials, gives no age, exposes nothing', async () => {
    const answer = await preflight('/api/chats', 'PUT', 'authorization');
    for (const name of ['credentials', 'expose-headers'])
      expect(answer.header(`access-control-allow-${name}`)).toBeUndefined();
    expect(answer.header('access-control-max-age')).toBeUndefined();
    expect(answer.header('access-control-expose-headers')).toBeUndefined();
  });
});
