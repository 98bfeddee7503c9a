import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { chatTable } from '../../test/support/chat-table.ts';
import { IdRegistry } from '../names/id-registry.ts';
import { TimeMemory } from '../names/time-memory.ts';
import { type Ending, isPassedOn, passedOn } from './passed-on.ts';

const mebibyte = Buffer.alloc(1024 * 1024);
const head = {
  status: 200,
  reason: 'OK',
  rawHeaders: ['Content-Type', 'text/event-stream', 'Content-Length', '9'],
};

function pass(body: Readable, ending: Partial<Ending> = {}) {
  const answer = passedOn({ ...head, body }, { whole: async () => {}, broken: async () => {}, ...ending });
  return { ...answer, body: answer.body as Readable };
}

it('says no length, which a client would take for the end', () => {
  expect(pass(Readable.from([])).rawHeaders).toEqual(['Content-Type', 'text/event-stream']);
});

it('keeps no copy of what is too long, and passes all of it on', async () => {
  for (const [count, isKept] of [
    [8, true],
    [9, false],
  ] as const) {
    const { promise, resolve } = Promise.withResolvers<Uint8Array | undefined>();
    const body = Readable.from(Array.from({ length: count }, () => mebibyte));
    let passed = 0;
    for await (const piece of pass(body, { whole: async (copy) => resolve(copy) }).body)
      passed += (piece as Buffer).length;
    expect(passed).toBe(count * mebibyte.length);
    expect((await promise)?.byteLength).toBe(isKept ? passed : undefined);
  }
});

it('is not ahead of a slow client by more than it keeps', async () => {
  let given = 0;
  const body = new Readable({
    read() {
      given += 1;
      this.push(mebibyte);
    },
  });
  const { body: shown } = pass(body);
  shown.once('readable', () => undefined);
  await once(shown, 'readable');
  for (let i = 0; i < 100; i += 1) await turn();
  expect(given).toBeGreaterThan(5);
  expect(given).toBeLessThan(12);
  body.destroy();
});

it('breaks where the backend had broken off before anybody read', async () => {
  const body = new Readable({ read() {} });
  body.on('error', () => undefined).destroy(new Error('gone'));
  await new Promise((resolve) => body.once('close', resolve));
  let seen: Error | undefined;
  const { body: shown } = pass(body, {
    broken: async (error) => {
      seen = error;
    },
  });
  await expect(shown.toArray()).rejects.toThrow('gone');
  expect(seen?.message).toBe('gone');
});

it('is what server-sent events are, and what the route table says, if nothing in them is exchanged', () => {
  const names = { ids: new IdRegistry(), times: { legacy: new TimeMemory(), new: new TimeMemory() } };
  const passes = (key: string, over: object = {}, streams?: true) => {
    const route = chatTable.routes.find((candidate) => candidate.key === key) ?? expect.fail(key);
    const answer = { ...head, body: Readable.from([]), ...over };
    return isPassedOn('legacy', { ...route, ...(streams && { streams }) }, answer, names);
  };
  const rename = 'PUT /api/chats/:chat_id/rename';
  expect(passes(rename)).toBe(true);
  expect(passes(rename, { rawHeaders: ['content-type', 'Text/Event-Stream ; charset=utf-8'] })).toBe(true);
  expect(passes(rename, { rawHeaders: ['Content-Type', 'application/x-ndjson'] })).toBe(false);
  expect(passes(rename, { rawHeaders: ['Content-Type', 'application/x-ndjson'] }, true)).toBe(true);
  expect(passes(rename, { status: 500 })).toBe(false);
  expect(passes(rename, { body: mebibyte })).toBe(false);
  expect(passes('POST /api/chats')).toBe(false);
});
