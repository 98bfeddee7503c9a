import { createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { send } from './send.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A server that answers with these bytes, in pieces of `size`, and tells what it was sent. */
async function answering(
  bytes: string,
  { size = 1000, close = true } = {},
): Promise<{ url: string; sent: () => string }> {
  let sent = '';
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', async () => {
      for (let at = 0; at < bytes.length; at += size) {
        socket.write(bytes.slice(at, at + size), 'latin1');
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (close) socket.end();
    });
    socket.on('data', (chunk) => {
      sent += chunk.toString('latin1');
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, sent: () => sent };
}

const get = { method: 'GET', target: '/', rawHeaders: ['Host', 'x'], body: undefined };
const answerTo = async (bytes: string, request = get, options = {}) => {
  const { status, reason, rawHeaders, body, broken } = await send(
    (await answering(bytes, options)).url,
    request,
    5000,
  );
  return { status, reason, rawHeaders, body: Buffer.from(body).toString('latin1'), broken };
};

it('sends what it is given, in its order and case, and leaves out what belongs to the recorded connection', async () => {
  const { url, sent } = await answering('HTTP/1.1 204 No Content\r\n\r\n');
  const rawHeaders = [
    'hOST',
    'a',
    'Connection',
    'keep-alive',
    'X-B',
    '\xe9',
    'X-b',
    '2',
    'Content-Length',
    '9',
    'Expect',
    '100-continue',
  ];
  await send(url, { method: 'PUT', target: '//a/../%zz?\xe9', rawHeaders, body: Buffer.from('body') }, 5000);
  expect(sent()).toBe(
    'PUT //a/../%zz?\xe9 HTTP/1.1\r\nhOST: a\r\nX-B: \xe9\r\nX-b: 2\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody',
  );
});

it('sends a body in chunks where it was recorded in chunks', async () => {
  const { url, sent } = await answering('HTTP/1.1 204 No Content\r\n\r\n');
  const rawHeaders = ['Host', 'x', 'Transfer-Encoding', 'chunked'];
  await send(url, { ...get, method: 'POST', rawHeaders, body: Buffer.from('0123456789') }, 5000);
  expect(sent()).toContain(
    'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\na\r\n0123456789\r\n0\r\n\r\n',
  );
});

it.each([1, 7, 1000])(
  'reads an answer that comes in pieces of %i bytes, header by header as sent',
  async (size) => {
    const bytes =
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Quite OK\r\nA:1\r\na: 2 \r\nContent-Length: 5\r\n\r\n12\r\n3';
    expect(await answerTo(bytes, get, { size })).toEqual({
      status: 200,
      reason: 'Quite OK',
      rawHeaders: ['A', '1', 'a', '2', 'Content-Length', '5'],
      body: '12\r\n3',
      broken: undefined,
    });
  },
);

it('does not wait for a connection that stays open after a whole answer', async () => {
  const begun = Date.now();
  const answer = await answerTo('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', get, { close: false });
  expect(answer).toMatchObject({ body: 'ok', broken: undefined });
  expect(Date.now() - begun).toBeLessThan(3000);
});

it.each([
  [
    'too few bytes',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc',
    'the connection ended after 3 of 5 bytes',
    'abc',
  ],
  [
    'too many bytes',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc',
    '1 bytes after the end of the body',
    'abc',
  ],
  [
    'an unfinished head',
    'HTTP/1.1 200 OK\r\nConte',
    'the connection ended within the head',
    'HTTP/1.1 200 OK\r\nConte',
  ],
  ['a body with a 204', 'HTTP/1.1 204 No Content\r\n\r\nabc', '3 bytes after a head that has no body', 'abc'],
  [
    'chunks that end early',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    'the chunks end early',
    'abc',
  ],
  [
    'a chunk that is cut',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc',
    'the chunks end early',
    'abc',
  ],
  [
    'bytes after the chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nmore',
    '4 bytes after the end of the body',
    'a',
  ],
])('says that an answer is broken: %s', async (_, bytes, broken, body) => {
  expect(await answerTo(bytes)).toMatchObject({ broken, body });
});

it('says that an answer to HEAD has a body', async () => {
  const answer = await answerTo('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc', {
    ...get,
    method: 'HEAD',
  });
  expect(answer.broken).toBe('3 bytes after a head that has no body');
});

it('puts chunks together', async () => {
  const bytes = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n';
  expect(await answerTo(bytes)).toMatchObject({ body: 'abcde', broken: undefined });
});

it('gives up at the deadline, and at a connection that is closed without a word', async () => {
  const silent = await answering('', { close: false });
  await expect(send(silent.url, get, 50)).rejects.toThrow('no answer within 50 ms');
  server?.close();
  const closing = await answering('');
  await expect(send(closing.url, get, 5000)).rejects.toThrow('closed without an answer');
});
