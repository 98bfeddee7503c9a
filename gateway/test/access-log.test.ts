import { connect } from '@banyan/operations/testing/client.ts';
import { expect, test } from 'vitest';
import { startBackend } from './support/backend.ts';
import { openOrigin } from './support/origin.ts';

/** Wherever a client may say something of its own. */
const said = [
  'POST /secret-in-path HTTP/1.1',
  'DELETE /things/secret-id?key=secret-in-query HTTP/1.1',
  'POST /things?secret-in-query HTTP/1.1',
];

test('the line of a request has nothing that the client said but its method', async () => {
  const legacy = await startBackend(
    (incoming, outgoing) => void incoming.resume().on('end', () => outgoing.end('ok')),
  );
  const origin = await openOrigin({ legacyUrl: legacy.url });
  const client = await connect(origin.port);
  for (const line of said) {
    const heads = [
      'Host: secret-host',
      'X-Request-Id: secret-header',
      'Authorization: secret',
      'Cookie: secret',
    ];
    const body = '{"secret": "secret"}';
    client.write(`${[line, ...heads, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n${body}`);
    expect((await client.answer()).status).toBe(200);
  }
  expect(origin.log).toHaveLength(said.length);
  expect(JSON.stringify(origin.log)).not.toContain('secret');
});
