import { describe, expect, test } from 'vitest';
import { toBackend, toClient } from './headers.ts';

const client = { for: '1.2.3.4', proto: 'http', host: 'a.test', trusted: false };
const own = ['X-Forwarded-For', '1.2.3.4', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'a.test'];

describe('to a backend', () => {
  test.each([
    [
      ['X-b', '2', 'x-A', '1', 'X-b', '3'],
      ['X-b', '2', 'x-A', '1', 'X-b', '3'],
    ],
    [['Connection', 'close', 'KEEP-ALIVE', '1', 'te', 'x', 'Expect', '100-continue', 'Upgrade', 'x'], []],
    [['Transfer-Encoding', 'chunked', 'Trailer', 'x', 'HTTP2-Settings', 'x', 'Proxy-Authorization', 'x'], []],
    [
      ['A', '1', 'connection', 'A, b', 'B', '2', 'C', '3'],
      ['C', '3'],
    ],
    [['A', '1', 'Connection', 'x', 'Connection', 'A'], []],
    [
      [
        'Connection',
        'Host, Content-Length, CONTENT-TYPE',
        'Host',
        'a',
        'Content-Length',
        '1',
        'Content-Type',
        'x',
      ],
      ['Host', 'a', 'Content-Length', '1', 'Content-Type', 'x'],
    ],
    [
      ['Connection', ',, ,', 'A', '1'],
      ['A', '1'],
    ],
    [
      ['Forwarded', 'x', 'X-Real-Ip', 'x', 'x-forwarded-whatever', 'x', 'X-Forwarded', 'kept'],
      ['X-Forwarded', 'kept'],
    ],
    [
      ['X-Banyan-Now', '1', 'x-BANYAN-', '1', 'X-Banyans', 'kept'],
      ['X-Banyans', 'kept'],
    ],
    [
      ['X_Forwarded_For', '1', 'x-banyan_now', '1', 'content_length', '1', 'HOST_', 'kept'],
      ['HOST_', 'kept'],
    ],
    [
      [
        'Cookie',
        'a=1; banyan_console=secret; b=2',
        'cookie',
        'banyan_console=secret',
        'Cookie',
        'x=banyan_console',
      ],
      ['Cookie', 'a=1; b=2', 'Cookie', 'x=banyan_console'],
    ],
  ])('of %j passes %j', (rawHeaders, passed) => {
    expect(toBackend(rawHeaders, client)).toEqual([...passed, ...own]);
  });

  test('says no host where there is none', () => {
    expect(toBackend([], { ...client, host: undefined })).toEqual(own.slice(0, 4));
  });

  test('keeps what a trusted proxy says beyond what the gateway says itself, in no disguise', () => {
    const said = [
      'Forwarded',
      'for=9',
      'X-Forwarded-Port',
      '1',
      'X-Forwarded-For',
      '9',
      'X_Forwarded_Port',
      '2',
      'X-Banyan-A',
      '1',
    ];
    expect(toBackend(said, { ...client, trusted: true })).toEqual([
      'Forwarded',
      'for=9',
      'X-Forwarded-Port',
      '1',
      ...own,
    ]);
  });
});

describe('to the client', () => {
  test.each([
    [
      ['Set-Cookie', '1', 'X', '2', 'set-cookie', '3'],
      ['Set-Cookie', '1', 'X', '2', 'set-cookie', '3'],
    ],
    [['Server', 'x', 'DATE', 'x', 'Connection', 'close, X-A', 'x-a', '1', 'Keep-Alive', 'x'], []],
    [
      ['Connection', 'content-length', 'Content-Length', '1'],
      ['Content-Length', '1'],
    ],
    [
      ['Transfer-Encoding', 'chunked', 'Trailer', 'x', 'Location', '/'],
      ['Location', '/'],
    ],
    // A browser has one jar for all ports of a host: none of these may touch the operator's session.
    [
      [
        'Set-Cookie',
        'banyan_console=x; Path=/',
        'set-cookie',
        ' banyan_console\t= x',
        'Set-Cookie',
        '=banyan_console=x',
        'Set-Cookie',
        'banyan_console=; Max-Age=0',
      ],
      [],
    ],
    [
      ['Set-Cookie', 'a=banyan_console=1', 'Set-Cookie', 'banyan_console_theme=dark'],
      ['Set-Cookie', 'a=banyan_console=1', 'Set-Cookie', 'banyan_console_theme=dark'],
    ],
  ])('of %j passes %j', (rawHeaders, passed) => {
    expect(toClient(rawHeaders)).toEqual(passed);
  });
});
