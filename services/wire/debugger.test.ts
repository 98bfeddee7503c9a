import { chance } from '@banyan/operations/testing/random.ts';
import { expect, test } from 'vitest';
import { python } from '../testing/python.ts';
import { isForDebugger } from './debugger.ts';

/** What Werkzeug's server makes of a target, and whether its debugger would take it: the real code of both. */
const werkzeug = `
import email.message
from io import BytesIO
from werkzeug.serving import WSGIRequestHandler
from werkzeug.wrappers import Request
class Server:
    ssl_context = None
    multithread = True
    multiprocess = False
    server_address = ("127.0.0.1", 5050)
    _server_version = ""
    def log(self, *args): pass
def taken(target):
    handler = WSGIRequestHandler.__new__(WSGIRequestHandler)
    # As http.server does it before.
    handler.path = "/" + target.lstrip("/") if target.startswith("//") else target
    handler.server = Server()
    handler.client_address = ("127.0.0.1", 1)
    handler.headers = email.message.Message()
    handler.headers["Host"] = "localhost"
    handler.command = "GET"
    handler.request_version = "HTTP/1.1"
    handler.rfile = BytesIO()
    handler.connection = None
    try:
        request = Request(handler.make_environ())
    except ValueError:
        return False
    return request.args.get("__debugger__") == "yes" or request.path == "/console"
answer = [taken(target) for target in given]
`;

const pieces = [
  '/',
  '//',
  '/console',
  'console',
  '%63onsole',
  'conso%6Ce',
  '%2F',
  '%2f',
  '?',
  '&',
  '=',
  '#',
  ';',
  '__debugger__',
  '%5F_debugger__',
  'yes',
  'y%65s',
  '+',
  '%',
  '%zz',
  '[',
  ']',
  '@',
  ':',
  '.',
  '..',
  'a',
  'cmd=resource',
  '__debugger__=yes',
  '?__debugger__=yes',
  '%00',
  '%ff',
  '\\',
];

test('sees every request that Werkzeug would take for the debugger, and few others', async () => {
  const random = chance(42);
  const targets = Array.from(
    { length: 6000 },
    () => `/${Array.from({ length: 1 + random.below(5) }, () => random.of(pieces)).join('')}`,
  );
  const taken = await python<boolean[]>(werkzeug, targets);
  const missed = targets.filter((target, i) => taken[i] && !isForDebugger(target));
  expect(missed).toEqual([]);
  expect(taken.filter(Boolean).length).toBeGreaterThan(200);
  const suspected = targets.filter((target, i) => !taken[i] && isForDebugger(target));
  expect(suspected.length).toBeLessThan(targets.length / 50);
});

test.each([
  ['/console', true],
  ['//console', true],
  ['/%63onsole', true],
  ['/%2Fconsole', true],
  ['/console?x#y', true],
  ['/a?__debugger__=yes', true],
  ['/a?x&%5f_debugger__=%79es#', true],
  ['/a?__debugger__=no&__debugger__=yes', true],
  ['/console/', false],
  ['/consoles', false],
  ['/a/console', false],
  ['/console%3F', false],
  ['/a?__debugger__', false],
  ['/a?x=__debugger__=yes', false],
  ['/a#?__debugger__=yes', false],
  ['/', false],
])('%s is for the debugger: %s', (target, is) => {
  expect(isForDebugger(target)).toBe(is);
});
