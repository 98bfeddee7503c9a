/** What the gateway reads in a request's body has to be what the backends read in it. */
import { expect, it } from 'vitest';
import { parseRequest } from './dialect.ts';

const text = '{"message": "naïve 😀", "message": "the last wins", "n": NaN}';

it.each([
  ['a byte order mark', Buffer.from(`\ufeff${text}`)],
  ['UTF-16', Buffer.from(text, 'utf16le')],
  ['UTF-16 with a mark, big-endian', Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
  ['numbers that are none', Buffer.from(text)],
])('reads a body with %s', (_, body) => {
  expect(parseRequest(body)).toMatchObject({ message: 'the last wins' });
});

it('reads nothing in what the backends refuse', () => {
  for (const body of ['', '{"message": "a",}', '\xff'])
    expect(parseRequest(Buffer.from(body, 'latin1'))).toBeUndefined();
});
