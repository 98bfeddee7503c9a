/** Attempts to have legacy see a request that the gateway does not see. */
import type { Socket } from 'node:net';
import { connect, get } from '@banyan/operations/testing/client.ts';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import { type SocketScript, startSocketBackend } from './support/backend.ts';
import { forwarderNames, type Origin, openOrigin } from './support/origin.ts';

/**
 * A legacy that keeps its connections and takes framing as it is told, Content-Length first, as lenient servers do:
 * whatever the gateway lets through that can be read in two ways, it reads in the other.
 */
async function startLenient(seen: string[]): Promise<SocketScript> {
  const rest = new Map<Socket, string>();
  return startSocketBackend((socket, _soFar, _connection, piece) => {
    let bytes = (rest.get(socket) ?? '') + piece;
    for (let end = headEnd(bytes); end !== -1; end = headEnd(bytes)) {
      const head = bytes.slice(0, end);
      const length = bodyLength(head, bytes.slice(end));
      if (length === undefined || bytes.length < end + length) break;
      seen.push(head.split(/\r?\n/)[0] ?? '');
      bytes = bytes.slice(end + length);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    }
    rest.set(socket, bytes);
  });
}

function headEnd(bytes: string): number {
  const match = /\r?\n\r?\n/.exec(bytes);
  return match ? match.index + match[0].length : -1;
}

function bodyLength(head: string, rest: string): number | undefined {
  const length = /^content[-_]length\s*:\s*[+]?(\d+)/im.exec(head)?.[1];
  if (length !== undefined) return Number(length);
  if (!/^transfer[-_]encoding\s*:[^\n]*chunked/im.test(head)) return 0;
  const end = rest.indexOf('0\r\n\r\n');
  return end === -1 ? undefined : end + 5;
}

const hidden = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n';
const post = (headers: string, body: string) => `POST /things HTTP/1.1\r\nHost: a\r\n${headers}\r\n${body}`;
const chunked = `0\r\n\r\n${hidden}`;
const length = `Content-Length: ${hidden.length}\r\n`;

/** What is refused, whatever the rest of the connection says. */
const refused: [what: string, bytes: string][] = [
  ['length and encoding', post(`Content-Length: 4\r\nTransfer-Encoding: chunked\r\n`, chunked)],
  ['encoding and length', post(`Transfer-Encoding: chunked\r\nContent-Length: 4\r\n`, chunked)],
  ['two lengths', post(`Content-Length: 0\r\n${length}`, hidden)],
  ['the same length twice', post(`${length}${length}`, hidden)],
  ['a list of lengths', post(`Content-Length: ${hidden.length}, ${hidden.length}\r\n`, hidden)],
  ['a signed length', post(`Content-Length: +${hidden.length}\r\n`, hidden)],
  ['a negative length', post('Content-Length: -1\r\n', hidden)],
  ['a length with a space', post('Content-Length: 1 0\r\n', hidden)],
  ['a length in hexadecimal', post('Content-Length: 0x10\r\n', hidden)],
  ['a length with an underscore', post('Content-Length: 1_0\r\n', hidden)],
  ['an empty length', post('Content-Length:\r\n', hidden)],
  ['a length beyond all', post('Content-Length: 99999999999999999999999\r\n', hidden)],
  ['two encodings', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', chunked)],
  [
    'two encodings, both chunked',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', chunked),
  ],
  ['a list of encodings', post('Transfer-Encoding: gzip, chunked\r\n', chunked)],
  ['chunked twice', post('Transfer-Encoding: chunked, chunked\r\n', chunked)],
  ['chunked not last', post('Transfer-Encoding: chunked, identity\r\n', chunked)],
  ['an unknown encoding', post('Transfer-Encoding: xchunked\r\n', chunked)],
  ['a quoted encoding', post('Transfer-Encoding: "chunked"\r\n', chunked)],
  ['an encoding with a parameter', post('Transfer-Encoding: chunked;a=b\r\n', chunked)],
  ['an empty encoding', post('Transfer-Encoding:\r\n', hidden)],
  ['an encoding behind a vertical tab', post('Transfer-Encoding: \x0bchunked\r\n', chunked)],
  ['an encoding in HTTP/1.0', post('Transfer-Encoding: chunked\r\n', chunked).replace('1.1', '1.0')],
  ['a space before the colon', post(`Content-Length : ${hidden.length}\r\n`, hidden)],
  ['a tab before the colon', post('Transfer-Encoding\t: chunked\r\n', chunked)],
  ['a space before a name', post(` Transfer-Encoding: chunked\r\nContent-Length: 0\r\n`, chunked)],
  ['a folded header', post(`X-A: 1\r\n Content-Length: ${hidden.length}\r\nContent-Length: 0\r\n`, hidden)],
  ['a folded encoding', post('Transfer-Encoding:\r\n chunked\r\n', chunked)],
  ['a bare LF in the head', post(`X-A: 1\n${length}`, hidden)],
  ['a bare LF at the end of the head', `POST /things HTTP/1.1\r\nHost: a\r\n${length}\n${hidden}`],
  ['a bare CR in a header', post(`X-A: 1\rContent-Length: ${hidden.length}\r\n`, hidden)],
  ['a NUL in a header', post(`X-A: \0\r\n${length}`, hidden)],
  ['a NUL in a name', post(`X-A\0: 1\r\n${length}`, hidden)],
  ['a header without a colon', post(`X-A\r\n${length}`, hidden)],
  ['a header without a name', post(`: 1\r\n${length}`, hidden)],
  ['a name that is no token', post(`X(A): 1\r\n${length}`, hidden)],
  ['a chunk size that is none', post('Transfer-Encoding: chunked\r\n', `xyz\r\n${chunked}`)],
  ['a signed chunk size', post('Transfer-Encoding: chunked\r\n', `+5\r\nabcde\r\n${chunked}`)],
  ['a chunk size with 0x', post('Transfer-Encoding: chunked\r\n', `0x5\r\nabcde\r\n${chunked}`)],
  [
    'a chunk size beyond all',
    post('Transfer-Encoding: chunked\r\n', `10000000000000005\r\nabcde\r\n${chunked}`),
  ],
  ['a chunk that is longer than it says', post('Transfer-Encoding: chunked\r\n', `3\r\nabcde\r\n${chunked}`)],
  ['a chunk that ends with a bare LF', post('Transfer-Encoding: chunked\r\n', `5\nabcde\n0\n\n${hidden}`)],
  ['a length in the trailers', post('Transfer-Encoding: chunked\r\n', `0\r\n${length}\r\n${hidden}`)],
  ['two hosts', get('/things', 'Host: other\r\n')],
  ['no host', 'GET /things HTTP/1.1\r\nX-A: 1\r\n\r\n'],
  ['a target of another host', get('http://other.test/things')],
  ['a target of another port', get('http://example.test:81/things')],
  ['a target with a user', get('http://user@example.test/things')],
  ['a target of another scheme', get('ftp://example.test/things')],
  ['a target without a scheme', get('example.test:80')],
  ['a target that is no path', get('things')],
  ['a target with a space', get('/things a')],
  ['a target with a tab', get('/thi\tngs')],
  ['a target with a control character', get('/thi\x01ngs')],
  ['no version', 'GET /things\r\nHost: a\r\n\r\n'],
  ['another version', get('/things').replace('1.1', '1.2')],
  ['version 2', get('/things').replace('1.1', '2.0')],
  ['a version in lower case', get('/things').replace('HTTP', 'http')],
  ['an unknown method', get('/things').replace('GET', 'GTE')],
  ['a method in lower case', get('/things').replace('GET', 'get')],
  ['a tunnel', 'CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n\r\n'],
];

/** What is made unambiguous. */
const passed: [what: string, bytes: string, seen: string][] = [
  [
    'chunks with extensions',
    post('Transfer-Encoding: chunked\r\n', '5;a="\\r\\n"\r\nabcde\r\n0\r\n\r\n'),
    'POST /things',
  ],
  [
    'a chunked body that looks like a request',
    post('Transfer-Encoding: chunked\r\n', `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`),
    'POST /things',
  ],
  ['a body that looks like a request', post(length, hidden), 'POST /things'],
  [
    'a DELETE with a chunked body that looks like a request',
    post('Transfer-Encoding: chunked\r\n', `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`).replace(
      'POST',
      'DELETE',
    ),
    'DELETE /things',
  ],
  ['a GET with a body that looks like a request', post(length, hidden).replace('POST', 'GET'), 'GET /things'],
  [
    'a DELETE with a body that looks like a request',
    post(length, hidden).replace('POST', 'DELETE'),
    'DELETE /things',
  ],
  [
    'an OPTIONS with a body that looks like a request',
    post(length, hidden).replace('POST', 'OPTIONS'),
    'OPTIONS /things',
  ],
  ['a length that Connection names', post(`Connection: content-length\r\n${length}`, hidden), 'POST /things'],
  [
    'a length in another case, with zeros',
    post(`cOnTeNt-LeNgTh: 00${hidden.length}\r\n`, hidden),
    'POST /things',
  ],
  ['a length under another name', post(`Content_Length: ${hidden.length}\r\n`, ''), 'POST /things'],
  ['an encoding under another name', post('Transfer_Encoding: chunked\r\n', ''), 'POST /things'],
  [
    'an encoding in capitals',
    post('Transfer-Encoding: CHUNKED\r\n', '5\r\nabcde\r\n0\r\n\r\n'),
    'POST /things',
  ],
  ['trailers', post('Transfer-Encoding: chunked\r\n', '0\r\nX-Length: 5\r\n\r\n'), 'POST /things'],
  [
    'a new line of Latin-1 in a header',
    post(`X-A: 1\x85Content-Length: ${hidden.length}\r\nContent-Length: 0\r\n`, ''),
    'POST /things',
  ],
  ['a target of the same host', get('http://example.test/things'), 'GET /things'],
  ['TRACE', get('/things').replace('GET', 'TRACE'), 'TRACE /things'],
];

describe.each(forwarderNames)('through %s', (forwarder) => {
  let seen: string[];
  let origin: Origin;

  beforeEach(async () => {
    seen = [];
    const legacy = await startLenient(seen);
    origin = await openOrigin({ legacyUrl: legacy.url, forwarder, longest: 2000 });
  });

  /** A request on a connection of its own, after which all is seen that was ever let through. */
  async function mark(): Promise<void> {
    const client = await connect(origin.port);
    client.write(get('/marker'));
    expect((await client.answer()).status).toBe(200);
    client.socket.destroy();
    await eventually('the marker is seen', () => seen.some((line) => line.includes('/marker')));
  }

  test.each(refused)('%s is refused, and nothing is smuggled', async (_what, bytes) => {
    const client = await connect(origin.port);
    client.write(bytes);
    const answer = await client.answer();
    expect(answer.status, answer.body).toBe(400);
    expect(JSON.parse(answer.body).code).toMatch(/^(?:malformed|ambiguous)_request$/);
    expect(answer.header('connection')).toBe('close');
    await client.rest();
    await mark();
    expect(seen).toEqual(['GET /marker HTTP/1.1']);
  });

  test.each(passed)('%s is one request, and nothing is smuggled', async (_what, bytes, line) => {
    const client = await connect(origin.port);
    client.write(bytes);
    expect((await client.answer()).status).toBe(200);
    client.write(get('/next'));
    expect((await client.answer()).status).toBe(200);
    expect(client.pending).toBe('');
    client.socket.destroy();
    await mark();
    expect(seen).toEqual([`${line} HTTP/1.1`, 'GET /next HTTP/1.1', 'GET /marker HTTP/1.1']);
  });

  test.each([
    ['HTTP/0.9', 'GET /things\r\n'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['nothing but lines', '\r\n\r\n\r\n\r\nx\r\n\r\n'],
  ])('%s is not spoken here', async (_what, bytes) => {
    const client = await connect(origin.port);
    client.write(bytes);
    client.socket.end();
    const { bytes: all } = await client.rest();
    expect(all).toMatch(/^(?:|HTTP\/1\.1 400 .*)$/s);
    await mark();
    expect(seen).toEqual(['GET /marker HTTP/1.1']);
  });
});
