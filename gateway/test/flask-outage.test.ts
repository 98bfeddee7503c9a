/** What clients see while the real Flask app is killed, hangs, and comes back. */
import { afterEach, describe, expect, test } from 'vitest';
import { createApplication } from '../../banyan.config.ts';
import { ask, connect } from './support/client.ts';
import { eventually } from './support/eventually.ts';
import { type Flask, startFlask } from './support/flask.ts';
import { forwarderNames, openOrigin } from './support/origin.ts';

let flask: Flask | undefined;
afterEach(async () => {
  await flask?.stop();
  flask = undefined;
});

/** The real application, with a deadline that a test can wait for. */
function hurried(longest: number) {
  const application = createApplication({ llamaParse: false });
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

describe.each(forwarderNames)('through %s', (forwarder) => {
  test('a killed legacy is a 502 that a page of another origin can read, and is served again when it is back', async () => {
    flask = await startFlask();
    const origin = await openOrigin({ legacyUrl: flask.url, forwarder, ...hurried(5000) });
    const client = await connect(origin.port);
    client.write(health);
    expect((await client.answer()).status).toBe(200);

    process.kill(flask.pid, 'SIGKILL');
    await flask.ended;
    for (const request of [health, create, health]) {
      client.write(request);
      const answer = await client.answer();
      expect([answer.line, JSON.parse(answer.body)]).toEqual([
        'HTTP/1.1 502 Bad Gateway',
        { error: 'The legacy backend cannot be reached.', code: 'backend_unreachable', backend: 'legacy' },
      ]);
      const allowed = request === health ? 'http://page.test' : '*';
      expect(answer.header('access-control-allow-origin')).toBe(allowed);
    }

    flask = await startFlask({ port: flask.port });
    client.write(health);
    expect((await client.answer()).status).toBe(200);
  });

  test('a legacy that is killed in the middle of a request is a 502, and nothing is sent twice', async () => {
    flask = await startFlask();
    const origin = await openOrigin({ legacyUrl: flask.url, forwarder, ...hurried(10_000) });
    process.kill(flask.pid, 'SIGSTOP');
    const client = await connect(origin.port);
    client.write(create);
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.kill(flask.pid, 'SIGKILL');
    const answer = await client.answer();
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([502, 'backend_failed']);
  });

  test('a legacy that hangs is a 504 after the deadline, a route on new goes on, and all is well once it moves', async () => {
    flask = await startFlask();
    const origin = await openOrigin({
      legacyUrl: flask.url,
      forwarder,
      ...hurried(500),
      modes: { 'GET /api/health': 'new' },
    });
    process.kill(flask.pid, 'SIGSTOP');
    const started = performance.now();
    const waiting = ask(origin.port, list);
    expect((await ask(origin.port, health)).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(400);
    const answer = await waiting;
    expect([answer.line, JSON.parse(answer.body)]).toEqual([
      'HTTP/1.1 504 Gateway Timeout',
      {
        error: 'The legacy backend did not answer within 500 ms.',
        code: 'backend_timeout',
        backend: 'legacy',
        deadline: 500,
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
  });
});
