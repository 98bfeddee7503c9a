import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from './support/app.ts';
import { newChat } from './support/client.ts';
import { sendRaw } from './support/exchange.ts';
import type { Chat } from './support/shapes.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const notFoundPage = `<!doctype html>
<html lang=en>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>
`;
const methodNotAllowedPage = `<!doctype html>
<html lang=en>
<title>405 Method Not Allowed</title>
<h1>Method Not Allowed</h1>
<p>The method is not allowed for the requested URL.</p>
`;
const redirectPage = (url: string) => `<!doctype html>
<html lang=en>
<title>Redirecting...</title>
<h1>Redirecting...</h1>
<p>You should be redirected automatically to the target URL: <a href="${url}">${url}</a>. If not, click the link.
`;

const methodsOf: [path: string, methods: string[]][] = [
  ['/api/health', ['GET', 'HEAD', 'OPTIONS']],
  ['/api/chats', ['GET', 'HEAD', 'OPTIONS', 'POST']],
  ['/api/chats/x', ['DELETE', 'GET', 'HEAD', 'OPTIONS']],
  ['/api/chats/x/rename', ['OPTIONS', 'PUT']],
  ['/api/chats/x/messages', ['OPTIONS', 'POST']],
  ['/api/chats/x/upload-pdf', ['OPTIONS', 'POST']],
  ['/api/upload-status/x', ['GET', 'HEAD', 'OPTIONS']],
  ['/api/chats/x/docs', ['GET', 'HEAD', 'OPTIONS']],
  ['/api/chats/x/pdfs', ['GET', 'HEAD', 'OPTIONS']],
  ['/api/pdfs', ['GET', 'HEAD', 'OPTIONS']],
  ['/api/chats/x/pdfs/y', ['DELETE', 'OPTIONS']],
  ['/static/app.js', ['GET', 'HEAD', 'OPTIONS']],
  ['/static/a/b/c', ['GET', 'HEAD', 'OPTIONS']],
];
const allowed = (value: string | undefined) => value?.split(', ').sort();

describe('JSON answers', () => {
  it('have sorted keys, two spaces of indent and one newline at the end', async () => {
    const answer = await app.send('GET', '/api/health');
    expect(answer.header('content-type')).toBe('application/json');
    expect(answer.text).toMatch(
      /^\{\n {2}"llamaparse": "unavailable",\n {2}"status": "healthy",\n {2}"timestamp": "[^"]+"\n\}\n$/,
    );
  });

  it('write an empty list as two brackets and a newline', async () => {
    expect((await app.send('GET', '/api/chats/nobody')).text).toBe('[]\n');
  });

  it('write empty lists and nested objects with the same indent', async () => {
    expect((await app.send('GET', '/api/chats/nobody/docs')).text).toBe(
      '{\n  "chat_id": "nobody",\n  "pdfs": [],\n  "processing": [],\n  "total_docs": 0,\n  "xlsx": []\n}\n',
    );
  });

  it('escape everything beyond ASCII, astral characters as surrogate pairs', async () => {
    const answer = await app.send('GET', `/api/chats/${encodeURIComponent('é€😀"\\<')}/docs`);
    expect(answer.text).toContain('"chat_id": "\\u00e9\\u20ac\\ud83d\\ude00\\"\\\\<"');
    expect(answer.bytes.every((byte) => byte < 0x80)).toBe(true);
  });

  it('say how long they are and nothing of caching, compression or ranges', async () => {
    const answer = await app.send('GET', '/api/chats', {
      headers: [
        ['Accept-Encoding', 'gzip, br'],
        ['If-None-Match', '*'],
        ['If-Modified-Since', 'Fri, 31 Dec 2100 23:59:59 GMT'],
        ['Range', 'bytes=0-0'],
      ],
    });
    expect(answer.status).toBe(200);
    expect(answer.header('content-length')).toBe(String(answer.bytes.length));
    expect(answer.rawHeaders.map(([name]) => name)).toEqual([
      'Server',
      'Date',
      'Content-Type',
      'Content-Length',
      'Access-Control-Allow-Origin',
      'Connection',
    ]);
  });

  it('close the connection and name Werkzeug, whatever the client asks for', async () => {
    const answer = await app.send('GET', '/api/health', { headers: [['Connection', 'keep-alive']] });
    expect(answer.header('connection')).toBe('close');
    expect(answer.header('server')).toMatch(/^Werkzeug\/3\.1\.3 Python\/3\.\d+\.\d+$/);
  });
});

describe('methods', () => {
  it.each(methodsOf)('OPTIONS on %s answers 200 with what is allowed, and no body', async (path, methods) => {
    const answer = await app.send('OPTIONS', path);
    expect(answer.status).toBe(200);
    expect(allowed(answer.header('allow'))).toEqual(methods);
    expect(answer.text).toBe('');
    expect(answer.header('content-length')).toBe('0');
    expect(answer.header('content-type')).toBe('text/html; charset=utf-8');
  });

  it.each(methodsOf)('any other method on %s is the 405 page with what is allowed', async (path, methods) => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PURGE']) {
      if (methods.includes(method)) continue;
      const answer = await app.send(method, path);
      expect([method, answer.status]).toEqual([method, 405]);
      expect(allowed(answer.header('allow'))).toEqual(methods);
      expect(answer.header('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.text).toBe(methodNotAllowedPage);
    }
  });

  it.each(methodsOf.filter(([, methods]) => methods.includes('HEAD')))(
    'HEAD on %s answers as GET does, without the body',
    async (path) => {
      const get = await app.send('GET', path);
      const head = await app.send('HEAD', path);
      expect(head.status).toBe(get.status);
      expect(head.text).toBe('');
      expect(head.header('content-type')).toBe(get.header('content-type'));
      expect(head.header('content-length')).toBe(String(get.bytes.length));
    },
  );

  it('a method in small letters is the method', async () => {
    expect((await app.send('get', '/api/health')).status).toBe(200);
  });

  it('HEAD on a path without GET is a 405 without its page', async () => {
    const answer = await app.send('HEAD', '/api/chats/x/rename');
    expect(answer.status).toBe(405);
    expect(answer.text).toBe('');
  });

  it('the order of Allow is not the same at every start', async () => {
    const seen = new Set<string | undefined>();
    for (const seed of ['1', '2', '3']) {
      const other = await startApp({ env: { PYTHONHASHSEED: seed } });
      seen.add((await other.send('OPTIONS', '/api/chats')).header('allow'));
      await other.stop();
    }
    expect(seen.size).toBeGreaterThan(1);
  });
});

describe('paths', () => {
  it.each([
    '/',
    '/api',
    '/apiary',
    '/api/chat',
    '/api/healthy',
    '/api/chats/x/y',
    '/api/chats/x/pdfs/y/z',
    '/api/upload-status',
    '/static/app.js',
    '/favicon.ico',
  ])('%s is the 404 page', async (path) => {
    const answer = await app.send('GET', path);
    expect(answer.status).toBe(404);
    expect(answer.header('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.header('allow')).toBeUndefined();
    expect(answer.text).toBe(notFoundPage);
  });

  it.each(methodsOf)('%s with a slash at the end is the 404 page', async (path) => {
    const answer = await app.send('GET', `${path}/`);
    expect(answer.status).toBe(404);
    expect(answer.text).toBe(notFoundPage);
  });

  it.each(['/API/health', '/api/Health', '/api/chats/x/Docs'])('%s is 404: case matters', async (path) => {
    expect((await app.send('GET', path)).status).toBe(404);
  });

  it.each(['/api/./health', '/api/x/../health', '/api/%2e/health'])(
    '%s is 404: dots are not resolved',
    async (path) => {
      expect((await app.send('GET', path)).status).toBe(404);
    },
  );

  it.each(['GET', 'HEAD', 'OPTIONS', 'PATCH'])('%s on an unknown path is 404', async (method) => {
    for (const path of ['/api/nothing', '/static', '/static/', '/statics/app.js', '/']) {
      const answer = await app.send(method, path);
      expect(answer.status).toBe(404);
      expect(answer.header('allow')).toBeUndefined();
    }
  });

  it('a query is ignored', async () => {
    expect((await app.send('GET', '/api/health?a=1&a=%zz')).status).toBe(200);
  });

  it('percent-encoded letters of a route are the letters', async () => {
    expect((await app.send('GET', '/api/%68ealth')).status).toBe(200);
  });

  it('an encoded slash is a slash before routing, so it is 404', async () => {
    expect((await app.send('GET', '/api/chats/a%2Fb')).status).toBe(404);
    expect((await app.send('GET', '/api/chats/a%2fb/docs')).status).toBe(404);
    expect((await app.send('GET', '/api%2Fhealth')).status).toBe(200);
  });

  it.each([
    ['a+b', 'a+b'],
    ['a%2Bb', 'a+b'],
    ['a%20b', 'a b'],
    ['%F0%9F%98%80', '😀'],
    ['a%FFb', 'a\ufffdb'],
    ['%C3%28', '\ufffd('],
    ['%ED%A0%80', '\ufffd\ufffd\ufffd'],
    ['a%zzb', 'a%zzb'],
    ['a;b=c', 'a;b=c'],
    ['..', '..'],
    ['%00', '\0'],
  ])('the id %s is read as %j', async (segment, id) => {
    const answer = await app.send('GET', `/api/chats/${segment}/docs`);
    expect(answer.status).toBe(200);
    expect(answer.json<{ chat_id: string }>().chat_id).toBe(id);
  });

  it('bytes beyond ASCII that are not escaped are read as Latin-1', async () => {
    const answer = await sendRaw(
      app.port(),
      Buffer.from(`GET /api/chats/né/docs HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`, 'utf8'),
    );
    expect(answer.json<{ chat_id: string }>().chat_id).toBe('nÃ©');
  });

  it('an absolute request target is read as its path', async () => {
    expect((await app.send('GET', `http://127.0.0.1:${app.port()}/api/health`)).status).toBe(200);
  });
});

describe('a double slash', () => {
  it.each([
    ['GET', '/api//health', '/api/health'],
    ['GET', '/api//chats//x', '/api/chats/x'],
    ['GET', '/api/chats/x//docs?a=1', '/api/chats/x/docs?a=1'],
    ['POST', '/api/chats/x//messages', '/api/chats/x/messages'],
    ['DELETE', '/api//chats/x', '/api/chats/x'],
    ['OPTIONS', '/api//health', '/api/health'],
    ['GET', '/api/%2Fhealth', '/api/health'],
  ])('%s %s is a 308 to the merged absolute URL', async (method, path, merged) => {
    const answer = await app.send(method, path);
    expect(answer.status).toBe(308);
    expect(answer.header('location')).toBe(`http://127.0.0.1:${app.port()}${merged}`);
    expect(answer.header('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.text).toBe(redirectPage(`http://127.0.0.1:${app.port()}${merged}`));
  });

  it('redirects to the host that the client named', async () => {
    const answer = await app.send('GET', '/api//health', { host: 'chat.example.com:8080' });
    expect(answer.header('location')).toBe('http://chat.example.com:8080/api/health');
  });

  it('keeps what is encoded in the rest of the path encoded', async () => {
    const answer = await app.send('GET', '/api//chats/a%20%C3%A9+b');
    expect(answer.status).toBe(308);
    expect(answer.header('location')).toBe(`http://127.0.0.1:${app.port()}/api/chats/a%20%C3%A9+b`);
  });

  it('on a path that is unknown when merged is 404', async () => {
    expect((await app.send('GET', '/api//nothing')).status).toBe(404);
  });

  it('on a merged path that does not have the method is 405', async () => {
    const answer = await app.send('PUT', '/api//health');
    expect(answer.status).toBe(405);
  });

  it('at the very start is merged without a redirect', async () => {
    expect((await app.send('GET', '//api/health')).status).toBe(200);
  });
});

describe('the body of a request', () => {
  it('may be chunked', async () => {
    const chat = await newChat(app);
    const answer = await sendRaw(
      app.port(),
      `PUT /api/chats/${chat.id}/rename HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n` +
        'Transfer-Encoding: chunked\r\n\r\n9\r\n{"title":\r\n6\r\n"many"\r\n1\r\n}\r\n0\r\n\r\n',
    );
    expect(answer.status).toBe(200);
    const listed = (await app.send('GET', '/api/chats')).json<Chat[]>();
    expect(listed.find(({ id }) => id === chat.id)?.title).toBe('many');
  });

  it('is never read when a chat is created: the answer comes before it was sent', async () => {
    const answer = await sendRaw(
      app.port(),
      'POST /api/chats HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n',
    );
    expect(answer.status).toBe(201);
  });
});

describe('debug mode', () => {
  it("serves Werkzeug's console where Host is loopback", async () => {
    for (const host of ['127.0.0.1:5050', 'localhost', 'chat.localhost:1234']) {
      const answer = await app.send('GET', '/console', { host });
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('Interactive Console');
    }
  });

  it('does not serve the console to another Host', async () => {
    const answer = await app.send('GET', '/console', { host: 'chat.example.com' });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('Interactive Console');
  });

  it("serves the debugger's files on any path", async () => {
    const answer = await app.send('GET', '/api/nothing?__debugger__=yes&cmd=resource&f=style.css');
    expect(answer.status).toBe(200);
    expect(answer.header('content-type')).toBe('text/css; charset=utf-8');
  });

  it('is on, without a reloader', () => {
    expect(app.lines).toContain(' * Debug mode: on');
    expect(app.lines.some((line) => line.includes('Restarting with'))).toBe(false);
  });
});

it('requests are served beside each other: one that waits for its body holds up nobody', async () => {
  const socket = createConnection({ port: app.port(), host: '127.0.0.1' });
  const body = '{"title": "late"}';
  socket.write(
    'PUT /api/chats/x/rename HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n' +
      `Content-Length: ${body.length}\r\n\r\n`,
  );
  for (let i = 0; i < 20; i++) expect((await app.send('GET', '/api/health')).status).toBe(200);
  socket.write(body);
  expect(await text(socket)).toContain('Chat renamed successfully');
});
