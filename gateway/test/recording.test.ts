/** While traffic is recorded nothing is different for the client, and the recording sees what passes. */

import { connect, get } from '@banyan/operations/testing/client.ts';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { describe, expect, test } from 'vitest';
import type { Recorder } from '../record/recorder.ts';
import type { ExchangeTap } from '../record/tap.ts';
import { startBackend } from './support/backend.ts';
import { forwarderNames, newAnswer, openOrigin } from './support/origin.ts';

interface Seen {
  target: string;
  route: string;
  asked: string;
  askedWhole: boolean;
  backend?: string;
  status?: number;
  answered: string;
  ended?: string;
}

function recording(): { recorder: Recorder; seen: Seen[] } {
  const seen: Seen[] = [];
  const begin: Recorder['begin'] = ({ target, routeKey }) => {
    const one: Seen = { target, route: routeKey, asked: '', askedWhole: false, answered: '' };
    seen.push(one);
    const tap: ExchangeTap = {
      requestBody: (chunk) => {
        one.asked += Buffer.from(chunk).toString();
      },
      requestEnd: () => {
        one.askedWhole = true;
      },
      response: ({ backend, status }) => Object.assign(one, { backend, status }),
      responseBody: (chunk) => {
        one.answered += Buffer.from(chunk).toString();
      },
      end: () => {
        one.ended ??= 'whole';
      },
      aborted: (reason) => {
        one.ended ??= reason;
      },
    };
    return tap;
  };
  return { recorder: { active: true, begin } as unknown as Recorder, seen };
}

describe.each(forwarderNames)('through %s', (forwarder) => {
  test('bodies pass as they are, and are seen', async () => {
    const { recorder, seen } = recording();
    const legacy = await startBackend((incoming, outgoing) => void incoming.pipe(outgoing));
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder, recorder });
    const client = await connect(origin.port);
    client.write(
      'POST /things?a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    );
    expect((await client.answer()).body).toBe('hello');
    await eventually('it has ended', () => seen[0]?.ended !== undefined);
    expect(seen).toEqual([
      {
        target: '/things?a',
        route: 'POST /things',
        asked: 'hello',
        askedWhole: true,
        backend: 'legacy',
        status: 200,
        answered: 'hello',
        ended: 'whole',
      },
    ]);
  });

  test('an upload that nobody reads does not hold up the connection', async () => {
    const { recorder, seen } = recording();
    const legacy = await startBackend((incoming, outgoing) => {
      incoming.resume();
      outgoing.end('early');
    });
    const modes = { 'POST /things': 'new' } as const;
    const gone = {
      status: 404,
      reason: 'Not Found',
      rawHeaders: ['Content-Length', '0'],
      body: Buffer.alloc(0),
    };
    const withheld = ({ target }: { target: string }) => (target === '/gone' ? gone : undefined);
    const origin = await openOrigin({
      legacyUrl: legacy.url,
      forwarder,
      recorder,
      modes,
      application: { withheld },
    });
    const client = await connect(origin.port);
    for (const [target, answer] of [
      ['/things', newAnswer],
      ['/gone', ''],
      ['/elsewhere', 'early'],
    ]) {
      client.write(`POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n`);
      client.write(Buffer.alloc(1_000_000));
      expect((await client.answer()).body).toBe(answer);
    }
    client.write(get('/things'));
    expect((await client.answer()).body).toBe('early');
    expect(seen.map(({ backend }) => backend)).toEqual(['new', 'gateway', 'legacy', 'legacy']);
  });

  test('what breaks off is not taken for whole, whoever breaks it off', async () => {
    const { recorder, seen } = recording();
    const legacy = await startBackend((incoming, outgoing) => {
      outgoing.write('half');
      if (incoming.url === '/break') setTimeout(() => outgoing.destroy(), 20);
    });
    const origin = await openOrigin({ legacyUrl: legacy.url, forwarder, recorder });
    const broken = await connect(origin.port);
    broken.write(get('/break'));
    await broken.rest();
    const leaving = await connect(origin.port);
    leaving.write(get('/stay'));
    await leaving.until((text) => text.includes('half'));
    leaving.socket.destroy();
    await eventually('both have ended', () => seen.every(({ ended }) => ended));
    expect(seen.map(({ ended }) => ended)).toEqual(['backend_failed', 'the client went away']);
  });
});
