/** Requests that are seldom as they should be: methods, paths, headers and bodies of every kind. */
import type { Chance } from '@banyan/gateway/test/support/random.ts';

/** A backend with what it has made, in the order of its making. */
export interface Side {
  port: number;
  chats: string[];
  jobs: string[];
}

export interface OddRequest {
  /** Method and route, for counting. */
  about: string;
  method: string;
  /** One character a byte. */
  bytes(side: Side): string;
}

const utf8 = (text: string) => Buffer.from(text).toString('latin1');

/** All ASCII: Node's HTTP parser refuses any other byte in a target, here and in the gateway. */
const ids = [
  'nobody',
  '00000000-0000-4000-8000-000000000000',
  '..',
  'a%20b',
  'a+b',
  'a;b',
  '%2e%2e',
  '%C3%A9',
  '%FF',
  '%00',
  'a%00b',
  'a%2Fb',
  '%5C',
  "it's",
  '%22%27',
  'x'.repeat(243),
  'x'.repeat(244),
  '%C3%A9'.repeat(121),
  '%C3%A9'.repeat(122),
  '%F0%9F%98%80'.repeat(61),
  `%00${'x'.repeat(300)}`,
  `%E2%80%8B${'y'.repeat(260)}`,
];

const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND'];
const tails = ['', '/rename', '/messages', '/upload-pdf', '/docs', '/pdfs', '/pdfs/a.pdf', '/nothing', '/'];
const dull = [
  '/api/chats',
  '/api/pdfs',
  '/api/health',
  '/api/upload-status/nobody',
  '/',
  '/api',
  '//api//chats',
];

const types = [
  'application/json',
  'application/json; charset=latin-1',
  'APPLICATION/JSON',
  'application/vnd.a+json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=b',
  'multipart/form-data',
  '',
];

/** Texts of JSON, for any field. */
const values = [
  '"hello"',
  '"  hello\\u3000"',
  '"\\u200b"',
  '"\\u00a0 \\n"',
  '""',
  'null',
  '12',
  '1.5',
  'true',
  '[]',
  '{}',
  '"\\ud83d"',
  '"\\ud83d\\ude00"',
  '"\\u0000"',
  '"caf\\u00e9 \\\\ / \\" \\u007f"',
  utf8('"naïve 😀 𝔘"'),
  '"a\tb"',
  'NaN',
  '-Infinity',
  '"unclosed',
  '01',
];

const bodies = (field: string, value: string) => [
  `{"${field}": ${value}}`,
  `{"${field}": ${value}}`,
  `{"${field}": ${value}}`,
  `{"${field}": 1, "${field}": ${value}}`,
  `{"other": ${value}}`,
  value,
  `[${value}]`,
  '',
  `\xef\xbb\xbf{"${field}": ${value}}`,
  Buffer.from(`{"${field}": "wide"}`, 'utf16le').toString('latin1'),
  `{"${field}": ${value},}`,
  `{"${field}" ${value}}`,
  `{"${field}": ${value}} x`,
  `{"${field}": "\xff"}`,
];

const dispositions = [
  'name="pdf"; filename="a.pdf"',
  'name="pdf"; filename=""',
  'name="pdf"',
  'name="pdf"; filename="a.txt"',
  'name="pdf"; filename="dir/a.PDF"',
  'name="other"; filename="a.pdf"',
  'name="pdf"; filename*=UTF-8\'\'%E2%82%AC.pdf',
  utf8('name="pdf"; filename="résumé.pdf"'),
];

const forms = (random: Chance) => {
  const part = () =>
    `--b\r\nContent-Disposition: form-data; ${random.of(dispositions)}\r\n\r\n%PDF-nothing\r\n`;
  const parts = Array.from({ length: 1 + random.below(2) }, part).join('');
  return random.once(5) ? parts : `${parts}--b--\r\n`;
};

const headers = [
  'Origin: http://a.test',
  'Origin: null',
  'Access-Control-Request-Method: PUT',
  'Access-Control-Request-Headers: x-b, X-A',
  'Cookie: a=b',
  'Range: bytes=0-3',
  'If-None-Match: *',
  'Accept: text/html',
];

/** @param known what is there by now */
export function oddRequest(random: Chance, known: Side): OddRequest {
  if (random.once(12)) return created();
  const method = random.once(3) ? random.of(methods) : undefined;
  if (random.once(5)) return of(random, method ?? 'GET', random.of(dull), undefined);
  const tail = random.of(tails);
  const usual = method ?? usualMethod(random, tail);
  // Half of the time a chat that is there.
  const at = known.chats.length > 0 && random.once(2) ? random.below(known.chats.length) : undefined;
  const target = `/api/chats/${at === undefined ? random.of(ids) : '<chat>'}${tail}${random.once(10) ? '?a=b' : ''}`;
  return of(random, usual, target, at, tail);
}

function usualMethod(random: Chance, tail: string): string {
  if (tail === '/rename') return 'PUT';
  if (tail === '/messages' || tail === '/upload-pdf') return 'POST';
  if (tail === '/pdfs/a.pdf') return 'DELETE';
  return tail === '' && random.once(3) ? 'DELETE' : 'GET';
}

const created = (): OddRequest => ({
  about: 'POST /api/chats',
  method: 'POST',
  bytes: () => 'POST /api/chats HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nxyz',
});

function of(
  random: Chance,
  method: string,
  target: string,
  at: number | undefined,
  tail = target,
): OddRequest {
  const hasBody = method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
  const body = !hasBody ? '' : bodyFor(random, tail);
  const lines = [
    `Host: ${random.once(8) ? 'Other.test:80' : 'a'}`,
    ...headers.filter(() => random.once(8)),
    ...(hasBody ? [`Content-Length: ${body.length}`, `Content-Type: ${typeFor(random, tail)}`] : []),
    'Connection: close',
  ];
  return {
    about: `${method} ${tail}`,
    method,
    bytes: ({ chats }) =>
      `${method} ${target.replace('<chat>', chats[at ?? 0] ?? '')} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`,
  };
}

function bodyFor(random: Chance, tail: string): string {
  if (tail === '/upload-pdf') return forms(random);
  return random.of(bodies(tail === '/rename' ? 'title' : 'message', random.of(values)));
}

function typeFor(random: Chance, tail: string): string {
  if (random.once(5)) return random.of(types);
  return tail === '/upload-pdf' ? 'multipart/form-data; boundary=b' : 'application/json';
}
