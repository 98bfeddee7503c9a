import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { routeTable } from '../../contract/routes.ts';
import { createRouter, type Routed } from './route.ts';
import { type Oracle, seeded, startOracle } from './testing/oracle.ts';

let oracle: Oracle;
beforeAll(() => {
  oracle = startOracle();
});
afterAll(() => oracle.close());

const route = createRouter(routeTable);

interface Answer {
  status: number;
  headers: Map<string, string>;
  body: string;
}

async function legacy(method: string, target: string, host: string): Promise<Answer | undefined> {
  const body = method === 'GET' || method === 'HEAD' || method === 'OPTIONS' ? '' : 'Content-Length: 0\r\n';
  const raw = `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${body}\r\n`;
  const answer = (await oracle.http(Buffer.from(raw, 'latin1'))).toString('latin1');
  if (!answer) return undefined;
  const [head = '', content = ''] = [
    answer.slice(0, answer.indexOf('\r\n\r\n')),
    answer.slice(answer.indexOf('\r\n\r\n') + 4),
  ];
  const [line = '', ...fields] = head.split('\r\n');
  const headers = fields.map((field): [string, string] => {
    const colon = field.indexOf(': ');
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 2)];
  });
  return {
    status: Number(line.split(' ')[1]),
    headers: new Map(headers),
    body: Buffer.from(content, 'latin1').toString(),
  };
}

const sorted = (allow: string | undefined) => allow?.split(', ').sort().join(', ');

/** What an answer shows of how its path was read. */
function shownBy(answer: Answer | undefined): unknown {
  if (!answer) return 'unanswered';
  const { status, headers, body } = answer;
  if (status === 308) return { location: headers.get('location'), body };
  if (status === 405) return { status, allow: sorted(headers.get('allow')) };
  if (headers.has('allow')) return { options: sorted(headers.get('allow')) };
  if (status === 400 && /Bad request syntax/.test(body)) return 'syntax';
  if (status === 400 && headers.get('content-type')?.startsWith('text/html')) return 'host';
  if (status === 500 && headers.get('content-type')?.startsWith('text/html')) return 'address';
  if (status === 404 && headers.get('content-type')?.startsWith('text/html')) return { status };
  return 'params' in (JSON.parse(body || '{}') ?? {}) ? Object.values(JSON.parse(body).params) : 'a route';
}

function shownByOurs(routed: Routed, method: string): unknown {
  if (routed.found === 'refused') return routed.why;
  if (routed.found === 'redirect')
    return { location: routed.redirect.location, body: method === 'HEAD' ? '' : routed.redirect.html };
  if (routed.found === 'no-method') return { status: 405, allow: sorted(routed.allow.join(', ')) };
  if (routed.found === 'options') return { options: sorted(routed.allow.join(', ')) };
  if (routed.found === 'nothing') return { status: 404 };
  // These read bodies, and HEAD has none: that a route was found is all they show.
  const silent =
    method === 'HEAD' || ['upload-pdf', 'rename', 'messages'].some((end) => routed.route.path.endsWith(end));
  return silent ? 'a route' : Object.values(routed.params);
}

async function compare(method: string, target: string, host = 'a.test:8080') {
  const answer = shownBy(await legacy(method, target, host));
  expect(shownByOurs(route(method, target, host), method), `${method} ${target} of ${host}`).toEqual(answer);
  return answer;
}

const targets = [
  '/',
  '//',
  '///',
  '/api/health',
  '/api/health/',
  '/API/health',
  '/api//health',
  '//api/health',
  '///api//health',
  '/api///health',
  '/api////health',
  '/api//health//',
  '/api/chats//',
  '/api//chats',
  '/api/chats//x',
  '/api/chats/x//rename',
  '/api//chats//x//rename',
  '/api/chats/x//docs?a=b',
  '/api//health?',
  '/api//health?a=b&c=%20%zz"<>\'é|^`{}\\[]?/:@!$()*+,;=',
  '/api//health#f',
  '/api//health?q#f',
  '/api/health?//',
  '/api/health#/x',
  '/api/chats/x%2Frename',
  '/api/chats/x%2frename',
  '/api/chats/x%2Fdocs',
  '/api%2Fhealth',
  '/%2Fapi/health',
  '/api/%2Fhealth',
  '/api/%2F%2Fhealth',
  '/%61pi/health',
  '/api/chats/a%20b',
  '/api/chats/a+b',
  '/api/chats/a;b=c',
  '/api/chats/a:b@c',
  '/api/chats/%',
  '/api/chats/%zz',
  '/api/chats/%4',
  '/api/chats/%25',
  '/api/chats/%2525',
  '/api/chats/%00',
  '/api/chats/%0A',
  '/api/chats/a%0A',
  '/api/chats/%0D%0A',
  '/api/chats/%7F',
  '/api/chats/%C3%A9',
  '/api/chats/%E9',
  '/api/chats/%ff%fe',
  '/api/chats/%C0%AF',
  '/api/chats/%ED%A0%80',
  '/api/chats/%F0%9F%98%80',
  '/api/chats/%F0%9F%98',
  '/api/chats/%F4%90%80%80',
  '/api/chats/%EF%BB%BFx',
  '/api/chats/é',
  '/api/chats/é%C3%A9',
  '/api/chats/%C3é%A9',
  '/api/chats/a\x85b',
  '/api/chats/a\xa0b',
  '/api/chats/a\x80b',
  '/api/chats/.',
  '/api/chats/..',
  '/api/./health',
  '/api/../api/health',
  '/api/chats/%2e%2e',
  '/api//chats/%2e%2e?x',
  '/api//chats/é%FF%C3%A9%22%3C%25%3F%23;=',
  '/api//chats/%5B%5D%7C%5C%5E%60%7B%7D%20%0A',
  '/api/chats/x/pdfs/a%2Fb.pdf',
  '/api/chats/x/pdfs/a.pdf',
  '/api/chats/x/pdfs/%F0%9F%98%80 .pdf'.replace(' ', '%20'),
  '/api/chats/x/pdfs//a.pdf',
  '/api/chats/x/pdfs/',
  '/api/upload-status/a//',
  '/api/pdfs//',
  '/static',
  '/static/',
  '/static//',
  '/static/app.js',
  '/static/app.js?v=1',
  '/static/a/b/c.css',
  '/static/a/',
  '/static//a',
  '//static//a//b',
  '/static/a//b',
  '/static///a',
  '/static/%2Fa',
  '/static/a%2Fb',
  '/static%2Fa',
  '/static/..',
  '/static/../api/health',
  '/static/%2e%2e%2fapp.py',
  '/static/%00',
  '/static/%0A',
  '/static//%0A',
  '/static/a%0A',
  '/static/a%0Ab',
  '/static/a%0D%C2%85%E2%80%A8b',
  '/static/%FF',
  '/static/%F0%9F%98%80',
  '/Static/a',
  '/statics/a',
  `/static/${'x'.repeat(300)}`,
  '*',
  'http://other.test/api/health',
  'http://other.test/api//health?x',
  'http://Other.Test:80/api//health',
  'http://u:p@other.test:81/api//health',
  'HTTP://other.test//api//health',
  'http:/api//health',
  'http://other.test',
  'a',
  'a:b',
];

test.each(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE'])(
  '%s finds what the legacy app’s server finds, whatever the path',
  async (method) => {
    for (const target of targets) await compare(method, target);
  },
);

test.each([
  'a.test',
  'A.Test',
  'a.test:80',
  'a.test:8080',
  'a.test:080',
  'a.test:0',
  'a.test:',
  'a.test:65535',
  'a.test:65536',
  'a.test:x',
  'a.test:1:2',
  'a.test:80:80',
  '127.0.0.1:5050',
  '[::1]',
  '[::1]:5050',
  '[::1]:80',
  '[::1',
  '::1',
  '[]',
  '[x]',
  '[127.0.0.1]',
  '',
  ':8080',
  'a.test.',
  'a..test',
  '.test',
  '.',
  `${'a'.repeat(63)}.test`,
  `${'a'.repeat(64)}.test`,
  `a.${'b'.repeat(64)}`,
  'a b',
  'a/b',
  'a?b',
  'a#b',
  'a"<b>',
  "a'&b",
  'u@a.test',
  'u:p@a.test:81',
  'u:@a.test',
  '@a.test',
  'a,b',
  'a_b',
  'a%20b',
])('redirects for the host %j are the legacy app’s', async (host) => {
  await compare('GET', '/api//health', host);
  await compare('GET', '/api/health', host);
  await compare('GET', '/nothing', host);
  await compare('OPTIONS', '/nothing', host);
  await compare('POST', '/api//chats/é?"', host);
});

test.each([1, 2])(
  '1,500 paths put together at random, from seed %i',
  async (seed) => {
    const below = seeded(seed);
    const bits = [
      ...[
        '/',
        '/',
        '/',
        '//',
        'api',
        'chats',
        'x',
        'pdfs',
        'docs',
        'rename',
        'health',
        '%2F',
        '%ff',
        '%C3%A9',
        'é',
        '?',
        '#',
        ';',
        '%',
      ],
      ...[
        '.',
        '..',
        '%0a',
        '+',
        '%20',
        '\\',
        '"',
        '<',
        ':',
        '@',
        '[',
        ']',
        '{',
        '|',
        '^',
        '`',
        '~',
        '\xc3\xa9',
        '%ed%a0%80',
        '\x7f',
        '\x01',
        '&',
        "'",
      ],
    ];
    const starts = ['/api/chats/', '/api//chats/', '/api/', '/', '/api/chats/x/', '/api/chats/x//'];
    const methods = ['GET', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'HEAD'];
    for (let i = 0; i < 1500; i++) {
      const tail = Array.from({ length: below(6) }, () => bits[below(bits.length)] ?? '').join('');
      await compare(methods[below(methods.length)] ?? 'GET', `${starts[below(starts.length)]}${tail}`);
    }
  },
  120_000,
);

describe('parameters', () => {
  test('are what Python makes of bytes that are no UTF-8', () => {
    expect(route('GET', '/api/chats/%ff%C3%A9', 'a')).toMatchObject({ params: { chat_id: '\ufffdé' } });
  });

  test('that are called like members of an object are only that', () => {
    const routed = route('GET', '/api/chats/__proto__', 'a');
    expect(routed).toMatchObject({ found: 'route', params: { chat_id: '__proto__' } });
  });
});

test('a long path is read at once', () => {
  const started = performance.now();
  for (const piece of ['/', '//', '%', '%ff', 'a/', ';'])
    route('GET', `/api/chats/${piece.repeat(20_000)}`, 'a');
  expect(performance.now() - started).toBeLessThan(1000);
});
