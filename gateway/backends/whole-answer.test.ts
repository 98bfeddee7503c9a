/** Answers that have to be whole in time, and answers in a transfer coding: over HTTP, with either forwarder. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { startBackend } from '../test/support/backend.ts';
import { forwarderNames, forwarders } from '../test/support/origin.ts';
import type { BackendRequest } from './backend.ts';

const deadline = 500;
const { signal } = new AbortController();

describe.each(forwarderNames)('%s', (name) => {
  async function ask(
    answers: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
    over: Partial<BackendRequest> = { deadlineCovers: 'answer' },
  ) {
    const { url } = await startBackend(answers);
    const backend = forwarders[name]({ name: 'legacy', url });
    const request = { method: 'GET', target: '/', rawHeaders: ['Host', 'x'], deadline, ...over };
    const answer = await backend.send(request, signal);
    return { ...answer, body: answer.body as Readable };
  }

  /** Begins an answer. @returns how to go on with it, and whether the gateway has left it */
  function begun() {
    const { promise: outgoing, resolve } = Promise.withResolvers<ServerResponse>();
    const left = outgoing.then((answer) => once(answer, 'close'));
    const answers = (_: IncomingMessage, answer: ServerResponse) => {
      answer.writeHead(200).write('12345');
      resolve(answer);
    };
    return { answers, outgoing, left };
  }

  it('is late with an answer that stops in the middle, and leaves it', async () => {
    const { answers, left } = begun();
    const { body } = await ask(answers);
    await expect(text(body)).rejects.toMatchObject({ code: 'backend_timeout', details: { deadline } });
    await left;
  });

  it('is not late once somebody sees the answer, nor where only the head was to be in time', async () => {
    const ones = [begun(), begun()];
    const [seen, streamed] = await Promise.all([
      ask(ones[0]?.answers ?? expect.fail()),
      ask(ones[1]?.answers ?? expect.fail(), {}),
    ]);
    seen.deadline?.end();
    expect(streamed.deadline).toBeUndefined();
    const { body: late } = await ask(begun().answers);
    await expect(text(late)).rejects.toThrow();
    for (const { outgoing } of ones) (await outgoing).end('6');
    expect([await text(seen.body), await text(streamed.body)]).toEqual(['123456', '123456']);
  });

  it('undoes a transfer coding that nobody has asked for', async () => {
    const { body } = await ask((_, outgoing) => {
      outgoing.writeHead(200, { 'Transfer-Encoding': 'gzip, chunked' }).end(gzipSync('content'));
    });
    expect(await text(body)).toBe('content');
    const { body: broken } = await ask((_, outgoing) => {
      outgoing.writeHead(200, { 'Transfer-Encoding': 'gzip, chunked' }).end('no gzip');
    });
    await expect(text(broken)).rejects.toThrow();
  });
});
