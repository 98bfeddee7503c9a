import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { ambiguityOf, isOfOurVersion } from './framing.ts';

/** A head as Node reads it. */
function head(rawHeaders: string[], httpVersion = '1.1'): IncomingMessage {
  const headers: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() as string;
    headers[name] =
      name in headers ? `${headers[name]}, ${rawHeaders[i + 1]}` : (rawHeaders[i + 1] as string);
  }
  return { rawHeaders, headers, httpVersion } as unknown as IncomingMessage;
}

test.each([
  [['Host', 'a'], '1.1', undefined],
  [[], '1.0', undefined],
  [[], '1.1', 'it names no host'],
  [['Host', 'a', 'hOST', 'a'], '1.1', 'it names more than one host'],
  [['Host', 'a', 'X-Host', 'b'], '1.1', undefined],
  [['Host', 'a', 'Transfer-Encoding', 'Chunked'], '1.1', undefined],
  [['Host', 'a', 'Transfer-Encoding', 'chunked'], '1.0', 'it has a Transfer-Encoding in HTTP/1.0'],
  [['Host', 'a', 'Transfer-Encoding', 'gzip, chunked'], '1.1', 'its Transfer-Encoding is not just "chunked"'],
  [['Host', 'a', 'Transfer-Encoding', ''], '1.1', 'its Transfer-Encoding is not just "chunked"'],
  [
    ['Host', 'a', 'Transfer-Encoding', 'chunked', 'transfer-encodinG', 'chunked'],
    '1.1',
    'it has more than one Transfer-Encoding',
  ],
])('%j in HTTP/%s: %s', (rawHeaders, version, reason) => {
  expect(ambiguityOf(head(rawHeaders, version))).toBe(reason);
});

test.each([
  ['0.9', false],
  ['1.0', true],
  ['1.1', true],
  ['2.0', false],
])('version %s is ours: %s', (version, ours) => {
  expect(isOfOurVersion(head([], version))).toBe(ours);
});
