import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { hasBody } from './framing.ts';

/** A head as Node reads it. */
function head(rawHeaders: string[]): IncomingMessage {
  const headers: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2)
    headers[rawHeaders[i]?.toLowerCase() as string] = rawHeaders[i + 1] as string;
  return { headers } as unknown as IncomingMessage;
}

test.each([
  [[], false],
  [['Content-Length', '0'], false],
  [['Content-Length', '1'], true],
  [['Content-Length', '00'], true],
  [['Transfer-Encoding', 'chunked'], true],
])('%j announces a body: %s', (rawHeaders, has) => {
  expect(hasBody(head(rawHeaders))).toBe(has);
});
