import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { createForwarded } from './forwarded.ts';

const from = (remoteAddress: string | undefined, headers: IncomingMessage['headers'] = {}) =>
  ({ socket: { remoteAddress }, headers: { host: 'a.test', ...headers } }) as unknown as IncomingMessage;

const said = {
  'x-forwarded-for': '9.9.9.9, 8.8.8.8',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'b.test',
};

test('a client is the peer, whatever it says of itself', () => {
  expect(createForwarded([])(from('1.2.3.4', said))).toEqual({
    for: '1.2.3.4',
    proto: 'http',
    host: 'a.test',
    trusted: false,
  });
});

test.each([
  ['10.1.2.3', ['10.0.0.0/8'], true],
  ['11.1.2.3', ['10.0.0.0/8'], false],
  ['10.1.2.3', ['10.1.2.3'], true],
  ['10.1.2.4', ['10.1.2.3'], false],
  ['::ffff:10.1.2.3', ['10.0.0.0/8'], true],
  ['10.1.2.3', ['::ffff:10.1.2.3'], true],
  ['::1', ['::1'], true],
  ['::1', ['0.0.0.0/0'], false],
  ['fd00::5', ['10.0.0.0/8', 'fd00::/8'], true],
  ['', ['0.0.0.0/0'], false],
])('the peer %s is trusted as %j: %s', (peer, proxies, trusted) => {
  expect(createForwarded(proxies)(from(peer, said)).trusted).toBe(trusted);
});

test('what a trusted proxy says is kept, and the proxy added', () => {
  const forwarded = createForwarded(['127.0.0.0/8']);
  expect(forwarded(from('::ffff:127.0.0.1', said))).toEqual({
    for: '9.9.9.9, 8.8.8.8, 127.0.0.1',
    proto: 'https',
    host: 'b.test',
    trusted: true,
  });
  expect(forwarded(from('127.0.0.1'))).toEqual({
    for: '127.0.0.1',
    proto: 'http',
    host: 'a.test',
    trusted: true,
  });
});

test.each(['localhost', '10.0.0.0/33', '10.0.0', '1.2.3.4/a', 'x/8'])(
  '%s is no address: the start says so',
  (entry) => {
    expect(() => createForwarded(['127.0.0.1', entry])).toThrow(
      `TRUSTED_PROXIES has "${entry}", which is neither an address nor a CIDR range`,
    );
  },
);
