import { describe, expect, test } from 'vitest';
import { readTarget } from './target.ts';

const host = 'example.test:8080';

test.each([
  ['/', '/', true],
  ['/a', '/a', true],
  ['/a/b-c_d~e.f', '/a/b-c_d~e.f', true],
  ['/a?b', '/a', true],
  ['/a?//b/../c;%2F', '/a', true],
  ["/!$&'()*+,=:@", "/!$&'()*+,=:@", true],
  ['/.well-known/x', '/.well-known/x', true],
  ['/...', '/...', true],
  ['/a%20b', '/a%20b', true],
  ['/%C3%A9', '/%C3%A9', true],
  ['/%c3%a9', '/%c3%a9', true],
  ['/%25', '/%25', true],
  ['/%3B', '/%3B', true],
  ['/%F0%9F%98%80', '/%F0%9F%98%80', true],
  ['/a/', '/a/', false],
  ['//', '//', false],
  ['//a', '//a', false],
  ['/a//b', '/a//b', false],
  ['/.', '/.', false],
  ['/..', '/..', false],
  ['/a/./b', '/a/./b', false],
  ['/a/%2e%2E/b', '/a/%2e%2E/b', false],
  ['/a;b', '/a;b', false],
  ['/a%2Fb', '/a%2Fb', false],
  ['/a%5cb', '/a%5cb', false],
  ['/a\\b', '/a\\b', false],
  ['/%00', '/%00', false],
  ['/%0D%0A', '/%0D%0A', false],
  ['/%7F', '/%7F', false],
  ['/%C2%80', '/%C2%80', false],
  ['/%FF', '/%FF', false],
  ['/%C0%AF', '/%C0%AF', false],
  ['/%ED%A0%80', '/%ED%A0%80', false],
  ['/%F4%90%80%80', '/%F4%90%80%80', false],
  ['/%', '/%', false],
  ['/%4', '/%4', false],
  ['/%zz', '/%zz', false],
  ['/%61', '/%61', false],
  ['/%2D', '/%2D', false],
  ['/%5f', '/%5f', false],
  ['/%7e', '/%7e', false],
  ['/a|b', '/a|b', false],
  ['/a#b', '/a#b', false],
  ['/caf\xe9', '/caf\xe9', false],
  ['*', '*', false],
])('%s is read as the path %s, canonical: %s', (line, path, canonical) => {
  expect(readTarget(line, host)).toEqual({ target: { raw: line, path, canonical } });
});

describe('the absolute form', () => {
  test.each([
    ['http://example.test:8080/a?b', '/a?b'],
    ['https://EXAMPLE.test:8080/a', '/a'],
    ['http://example.test:8080', '/'],
    ['http://example.test:8080?a', '/?a'],
    ['http://example.test:8080//a', '//a'],
  ])('%s is %s', (line, raw) => {
    expect(readTarget(line, host)).toMatchObject({ target: { raw } });
  });

  test.each([
    ['http://other.test/a', 'ambiguous'],
    ['http://example.test/a', 'ambiguous'],
    ['http://a@example.test:8080/a', 'ambiguous'],
    ['http://example.test:8080.evil.test/', 'ambiguous'],
    ['http:///a', 'ambiguous'],
    ['http:/example.test:8080/a', 'malformed'],
    ['ftp://example.test:8080/a', 'malformed'],
    ['example.test:8080', 'malformed'],
    ['a', 'malformed'],
    ['**', 'malformed'],
    ['?a', 'malformed'],
  ])('%s is %s', (line, fault) => {
    expect(readTarget(line, host)).toMatchObject({ fault });
  });

  test('needs a Host to agree with', () => {
    expect(readTarget('http://example.test/', undefined)).toMatchObject({ fault: 'ambiguous' });
  });
});

test('deciding takes no longer for a long path that ends badly', () => {
  const started = performance.now();
  for (let i = 0; i < 100; i++) readTarget(`/${'a.b-'.repeat(15_000)}%`, host);
  expect(performance.now() - started).toBeLessThan(1000);
});
