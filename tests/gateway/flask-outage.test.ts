/** What clients see while the real Flask app is killed, hangs, and comes back. */

import { forwarderNames, openOrigin } from '@banyan/gateway/test/support/origin.ts';
import { ask, connect } from '@banyan/operations/testing/client.ts';
import { eventually } from '@banyan/operations/testing/eventually.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApplication } from '../../banyan.config.ts';
import { readSettings } from '../../banyan.settings.ts';
import { type Flask, startFlask } from './support/flask.ts';

let flask: Flask;
beforeAll(async () => {
  flask = await startFlask();
});
afterAll(() => flask.stop());

/** The real application, with a deadline that a test can wait for. */
function hurried(longest: number) {
  const application = createApplication(readSettings({}, '.'));
  const { table } = application;
  return {
    application,
    newBackend: application.newBackend,
    table: {
      routes: table.routes.map((route) => ({ ...route, longest })),
      anythingElse: { ...table.anythingElse, longest },
    },
  };
}

const health = 'GET /api/health HTTP/1.1\r\nHost: a\r\nOrigin: http://page.test\r\n\r\n';
const create =
  'POST /api/chats HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}';
const list = 'GET /api/chats HTTP/1.1\r\nHost: a\r\n\r\n';

test.each(forwarderNames)(
  'a legacy that hangs is a 504 after the deadline, a route on new goes on, and all is well once it moves: %s',
  async (forwarder) => {
    const modes = { 'GET /api/health': 'new' } as const;
    const origin = await openOrigin({ legacyUrl: flask.url, forwarder, ...hurried(1000), modes });
    process.kill(flask.pid, 'SIGSTOP');
    const waiting = ask(origin.port, list);
    // Answered while the other still waits.
    const first = await Promise.race([ask(origin.port, health), waiting]);
    expect(first.status).toBe(200);
    const answer = await waiting;
    expect([answer.line, JSON.parse(answer.body)]).toEqual([
      'HTTP/1.1 504 Gateway Timeout',
      {
        error: 'The legacy backend did not answer within 1000 ms.',
        code: 'backend_timeout',
        backend: 'legacy',
        deadline: 1000,
      },
    ]);

    // A client that gives up is not waited for.
    const client = await connect(origin.port);
    client.write(list);
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.socket.destroy();
    await origin.logged(({ fault }) => fault === 'client_gone');

    process.kill(flask.pid, 'SIGCONT');
    await eventually('legacy answers again', async () => (await ask(origin.port, list)).status === 200);
  },
);

test('a killed legacy is a 502 that a page of another origin can read, and is served again when it is back', async () => {
  const origins = await Promise.all(
    forwarderNames.map((forwarder) => openOrigin({ legacyUrl: flask.url, forwarder, ...hurried(20_000) })),
  );
  const clients = await Promise.all(origins.map(({ port }) => connect(port)));
  const asked = async (bytes: string) =>
    Promise.all(
      clients.map((client) => {
        client.write(bytes);
        return client.answer();
      }),
    );
  for (const answer of await asked(health)) expect(answer.status).toBe(200);

  process.kill(flask.pid, 'SIGSTOP');
  const underWay = asked(create);
  await new Promise((resolve) => setTimeout(resolve, 200));
  process.kill(flask.pid, 'SIGKILL');
  await flask.ended;
  for (const answer of await underWay) expect(JSON.parse(answer.body).code).toBe('backend_failed');

  for (const request of [health, create, health])
    for (const answer of await asked(request)) {
      expect([answer.line, JSON.parse(answer.body)]).toEqual([
        'HTTP/1.1 502 Bad Gateway',
        { error: 'The legacy backend cannot be reached.', code: 'backend_unreachable', backend: 'legacy' },
      ]);
      const allowed = request === health ? 'http://page.test' : '*';
      expect(answer.header('access-control-allow-origin')).toBe(allowed);
    }

  await flask.stop();
  flask = await startFlask({ port: flask.port });
  for (const answer of await asked(health)) expect(answer.status).toBe(200);
});
