import { expect, test } from 'vitest';
import { corsHeaders } from './cors.ts';

const any = ['Access-Control-Allow-Origin', '*'];
const echoed = (origin: string) => ['Access-Control-Allow-Origin', origin];
const vary = ['Vary', 'Origin'];
const methods = ['Access-Control-Allow-Methods', 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT'];
const preflight = (...more: string[]) => ['Access-Control-Request-Method', 'PUT', ...more];
const asks = 'Access-Control-Request-Headers';
const allows = 'Access-Control-Allow-Headers';

// What the real application answers is compared in tests/gateway/flask-health.test.ts.
test.each([
  ['GET', [], any],
  ['GET', ['origin', 'null'], [...echoed('null'), ...vary]],
  ['GET', ['ORIGIN', 'http://a.test'], [...echoed('http://a.test'), ...vary]],
  ['GET', ['Origin', ''], any],
  ['GET', ['Origin', '*'], any],
  ['GET', ['Origin', 'a', 'Origin', 'b'], [...echoed('a,b'), ...vary]],
  ['GET', preflight(asks, 'x'), any],
  ['OPTIONS', [], any],
  ['OPTIONS', preflight(), [...any, ...methods]],
  ['OPTIONS', ['Origin', 'http://a.test', ...preflight()], [...echoed('http://a.test'), ...methods, ...vary]],
  ['OPTIONS', ['Access-Control-Request-Method', 'put'], [...any, ...methods]],
  ['OPTIONS', ['Access-Control-Request-Method', 'TRACE', asks, 'x'], any],
  ['OPTIONS', ['Access-Control-Request-Method', '', asks, 'x'], any],
  [
    'OPTIONS',
    preflight(asks, 'x-b, X-a,Content-Type'),
    [...any, allows, 'Content-Type, X-a, x-b', ...methods],
  ],
  ['OPTIONS', preflight(asks, 'b', asks, 'a'), [...any, allows, 'a, b', ...methods]],
  ['OPTIONS', preflight(asks, ''), [...any, ...methods]],
  ['OPTIONS', preflight(asks, ','), [...any, allows, ', ', ...methods]],
  ['OPTIONS', preflight(asks, '\x85b\xa0, a'), [...any, allows, 'a, b', ...methods]],
  [
    'GET',
    ['Access-Control-Request-Private-Network', 'true'],
    [...any, 'Access-Control-Allow-Private-Network', 'false'],
  ],
  ['GET', ['Access-Control-Request-Private-Network', 'True'], any],
])('%s with %j is answered %j', (method, rawHeaders, headers) => {
  expect(corsHeaders(method, rawHeaders)).toEqual(headers);
});
