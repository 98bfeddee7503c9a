/** Headers that change an answer, or should not. */
import fc from 'fast-check';

export type Header = readonly [name: string, value: string];

const origin = fc
  .constantFrom(
    'http://localhost:3000',
    'https://example.com',
    'null',
    'HTTP://EXAMPLE.COM:80',
    '*',
    'file://',
    'http://a.example http://b.example',
    'x',
    'http://caf\xe9.example',
  )
  .map((value): Header => ['Origin', value]);

const ignored = fc.constantFrom<Header>(
  ['If-None-Match', '*'],
  ['If-None-Match', '"abc", W/"def"'],
  ['If-Match', '"nothing"'],
  ['If-Modified-Since', 'Wed, 21 Oct 2065 07:28:00 GMT'],
  ['If-Unmodified-Since', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  ['If-Range', '"abc"'],
  ['Range', 'bytes=0-0'],
  ['Range', 'bytes=5-2,-'],
  ['Accept', 'text/html'],
  ['Accept', 'application/xml;q=1, */*;q=0'],
  ['Accept-Encoding', 'gzip, br, identity;q=0'],
  ['Accept-Charset', 'utf-16'],
  ['Accept-Language', 'ne'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['X-Requested-With', 'XMLHttpRequest'],
  ['Cache-Control', 'only-if-cached'],
  ['Content-Encoding', 'gzip'],
  ['Content-Language', 'ne'],
  ['User-Agent', 'Mozilla/5.0'],
);

/** Told to redirects; a client may write anything. */
const hosts = fc
  .constantFrom(
    'a.example:80',
    'EXAMPLE.com',
    'example.com:8080',
    '[::1]:5050',
    '127.0.0.1',
    'localhost.',
    'a_b',
  )
  .map((value): Header => ['Host', value]);

/** The same header twice, and names that another server might take for one. */
const twice = fc.oneof(
  fc.tuple(origin, origin),
  fc.constantFrom<readonly Header[]>(
    [['Access_Control_Request_Method', 'PUT']],
    [['X_Origin', 'http://a.example']],
    [['origin', '  http://a.example\t']],
  ),
);

/** Zero to three; most requests of a browser have none of them but the origin. */
export const someHeaders: fc.Arbitrary<readonly Header[]> = fc.oneof(
  { weight: 6, arbitrary: fc.constant([]) },
  { weight: 3, arbitrary: origin.map((header) => [header]) },
  { weight: 2, arbitrary: fc.array(fc.oneof(ignored, origin), { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: hosts.map((header) => [header]) },
  { weight: 1, arbitrary: twice },
);

const asked = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('content-type', 'Content-Type', 'x-b,x-a', 'X-B, x-a , X-A,x-b') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', ',', ' , ', 'a b', '*', 'é', 'x'.repeat(300), 'z,y,,x', '"q"'),
  },
);

/** What a browser sends ahead of a request to another origin, in good order and in bad. */
export const preflightHeaders: fc.Arbitrary<readonly Header[]> = fc
  .tuple(
    fc.option(origin, { nil: undefined }),
    fc.option(fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'post', 'NOPE', ''), {
      nil: undefined,
    }),
    fc.option(asked, { nil: undefined }),
    fc.boolean(),
  )
  .map(([from, method, headers, network]) => [
    ...(from ? [from] : []),
    ...(method === undefined ? [] : [['Access-Control-Request-Method', method] as const]),
    ...(headers === undefined ? [] : [['Access-Control-Request-Headers', headers] as const]),
    ...(network ? [['Access-Control-Request-Private-Network', 'true'] as const] : []),
  ]);

const otherTypes = fc.constantFrom('text/plain', 'application/json', '');

/** Once, as a client writes it; now and then twice, or under a name that is not quite it. */
function typesOf(value: string | undefined): fc.Arbitrary<readonly Header[]> {
  if (value === undefined) return fc.constant([]);
  const once: Header = ['Content-Type', value];
  return fc.oneof(
    { weight: 20, arbitrary: fc.constant([once]) },
    { weight: 1, arbitrary: otherTypes.map((other): Header[] => [once, ['content-type', other]]) },
    { weight: 1, arbitrary: fc.constant<Header[]>([['Content_Type', value]]) },
  );
}

/** Content types that stand for JSON, and that do not. */
export const jsonTypes: fc.Arbitrary<readonly Header[]> = fc
  .oneof(
    { weight: 14, arbitrary: fc.constant('application/json') },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        'application/json; charset=utf-8',
        'application/json;charset=latin-1',
        'application/json; charset=utf-16',
        'Application/JSON',
        'APPLICATION/VND.API+JSON; x="y;z"',
        'application/problem+json',
        ' application/json',
        'application/json;',
        'application/json ; =',
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        undefined,
        '',
        'text/plain',
        'text/json',
        'application/jsonx',
        'application/x-json',
        'application/+json',
        'json',
        'application/json, text/plain',
        'multipart/form-data',
        'application/x-www-form-urlencoded',
        '/',
        'application/json\xa0',
      ),
    },
  )
  .chain((value) => typesOf(value));
