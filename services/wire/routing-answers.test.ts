import { afterAll, beforeAll, expect, test } from 'vitest';
import { routeTable } from '../../contract/routes.ts';
import type { WireAnswer } from './answers.ts';
import { createRouter } from './route.ts';
import { redirectAnswer, refusalAnswer } from './routing-answers.ts';
import { type Oracle, startOracle } from './testing/oracle.ts';

let oracle: Oracle;
beforeAll(() => {
  oracle = startOracle();
});
afterAll(() => oracle.close());

const route = createRouter(routeTable);

/** The server's own headers are not the contract's. */
const servers = /^(Server|Date|Connection): /;

async function legacy(raw: string): Promise<string> {
  const answer = (await oracle.http(Buffer.from(raw, 'latin1'))).toString('latin1');
  const end = answer.indexOf('\r\n\r\n');
  const lines = answer.slice(0, end).split('\r\n');
  return `${lines.filter((line) => !servers.test(line)).join('\r\n')}${answer.slice(end)}`;
}

function written({ status, reason, rawHeaders, body }: WireAnswer): string {
  const lines = rawHeaders.flatMap((name, i) => (i % 2 ? [] : [`${name}: ${rawHeaders[i + 1]}\r\n`]));
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n${Buffer.from(body).toString('latin1')}`;
}

function ours(method: string, target: string, host: string, headers: string[]): string {
  const request = { method, rawHeaders: headers };
  const routed = route(method, target, host);
  if (routed.found === 'redirect') return written(redirectAnswer(request, routed.redirect));
  if (routed.found === 'refused') return written(refusalAnswer(request, routed.why, target));
  throw new Error(`${target} is ${routed.found}`);
}

test.each(['GET', 'HEAD', 'OPTIONS'])(
  '%s gets redirects and refusals that are the legacy app’s to the byte',
  async (method) => {
    const cases = [
      ['/api//health', 'a.test'],
      ['/api//health?"<&\'é', 'A.test:81'],
      ['/api/health', 'a..test'],
      ['/nothing', 'a..test'],
      ["/api/a\xa0b'", 'a.test'],
      ['/api/<\x85&"é\xad>', 'a.test'],
    ] as const;
    for (const [target, host] of cases)
      for (const headers of [[], ['Origin', 'http://o.test'], ['Access-Control-Request-Method', 'PUT']]) {
        const lines = headers.length ? `${headers.join(': ')}\r\n` : '';
        const answer = await legacy(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${lines}\r\n`);
        // Python answers a faulty request line before it knows that it is a HEAD.
        const sent = method === 'HEAD' ? answer.replace(/\r\n\r\n.*/s, '\r\n\r\n') : answer;
        expect(ours(method, target, host, headers), `${method} ${target}`).toBe(sent);
      }
  },
);

test('where the legacy app shows a traceback or nothing, there is an error page', () => {
  expect(ours('GET', '/api//health', 'a:x', [])).toMatch(/^HTTP\/1.1 500 INTERNAL SERVER ERROR\r\n/);
  expect(ours('GET', 'http://[x/', 'a', [])).toMatch(/^HTTP\/1.1 400 BAD REQUEST\r\n/);
});
