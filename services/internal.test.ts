/** The internal channel: what another backend decided of a write, and who may say so. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { onBothDatabases } from './db/testing/both.ts';
import { at } from './db/testing/data.ts';
import { internalFrom } from './internal.ts';
import { startNewBackend } from './server.ts';
import { asking, backendOn, form, formType } from './testing/ask.ts';
import { type TestState, testState } from './testing/state.ts';

const chatId = '11111111-1111-4111-8111-111111111111';
const jobId = '22222222-2222-4222-8222-222222222222';

onBothDatabases((database) => {
  let state: TestState;
  beforeEach(async () => {
    state = await testState(database.db);
  });
  afterEach(() => state.close());

  it('makes a chat as the other backend made it, and changes it at the same moments', async () => {
    const ask = asking(backendOn(state));
    const answer = { id: chatId, title: 'New Chat 7', created_at: at(1), updated_at: at(2) };
    const created = await ask('POST /api/chats', { internal: internalFrom({ id: 'one', answer }) });
    expect(created.json).toMatchObject(answer);
    const times = { created_at: at(1), updated_at: at(30) };
    const internal = internalFrom({ id: 'two', answer: { message: 'Chat renamed successfully' }, times });
    await ask(`PUT /api/chats/${chatId}/rename`, { body: '{"title": "x"}', internal });
    expect((await ask('GET /api/chats')).json).toMatchObject([{ title: 'x', ...times }]);
    await ask(`POST /api/chats/${chatId}/messages`, {
      body: '{"message": "hi"}',
      internal: internalFrom({ id: 'three', answer: { reply: '0: hi' }, times: { updated_at: at(40) } }),
    });
    expect((await ask('GET /api/chats')).json).toMatchObject([{ updated_at: at(40), message_count: 2 }]);
    const say = async (message: string, id: string, counts?: Record<string, number>) => {
      const body = JSON.stringify({ message });
      const replayed = internalFrom({ id, answer: { reply: 'x' }, ...(counts && { counts }) });
      return (await ask(`POST /api/chats/${chatId}/messages`, { body, internal: replayed })).json
        .message_count;
    };
    const shown = async () => (await ask('GET /api/chats')).json[0].message_count;
    // What the other backend lists, also where it has lost a message in a race of its own; the answer counts turns.
    expect([await say('two', 'four', { message_count: 2 }), await shown()]).toEqual([4, 2]);
    expect([await say('three', 'five'), await shown()]).toEqual([6, 6]);
  });

  it('brings back what a message brought back on the other backend, though its chat is deleted here before the replay begins', async () => {
    const ask = asking(backendOn(state));
    await ask('POST /api/chats', { internal: internalFrom({ id: 'one', answer: { id: chatId } }) });
    const say = async (message: string, id: string, message_count: number) => {
      const replayed = internalFrom({ id, answer: { reply: 'x', message_count } });
      const body = JSON.stringify({ message });
      return (await ask(`POST /api/chats/${chatId}/messages`, { body, internal: replayed })).json
        .message_count;
    };
    const texts = async () =>
      (await ask(`GET /api/chats/${chatId}`)).json.map(({ text }: { text: string }) => text);
    const remove = (id: string) => ask(`DELETE /api/chats/${chatId}`, { internal: internalFrom({ id }) });
    expect([await say('one', 'two', 2), await say('two', 'three', 4)]).toEqual([2, 4]);
    const before = await texts();
    await remove('four');
    expect(await texts()).toEqual([]);
    expect(await say('at the model', 'five', 6)).toBe(6);
    expect(await say('at the model too', 'six', 8)).toBe(8);
    expect((await texts()).slice(0, 4)).toEqual(before);
    await remove('seven');
    expect(await say('begun anew', 'eight', 2)).toBe(2);
    expect(await texts()).toHaveLength(2);
  });

  it('takes an upload that the other backend took, under its id, whatever the limits say here', async () => {
    const ask = asking(backendOn(state, ['limits-count-finished-only']));
    await ask('POST /api/chats', { internal: internalFrom({ id: 'one', answer: { id: chatId } }) });
    const upload = (internal?: ReturnType<typeof internalFrom>) =>
      ask(`POST /api/chats/${chatId}/upload-pdf`, {
        type: formType,
        body: form('a.pdf'),
        ...(internal && { internal }),
      });
    expect((await upload()).status).toBe(202);
    expect((await upload()).status).toBe(400);
    const replayed = internalFrom({ id: 'two', answer: { job_id: jobId, processing: true } });
    expect((await upload(replayed)).json.job_id).toBe(jobId);
    // Asked again: the same answer, and no second job.
    expect((await upload(replayed)).json.job_id).toBe(jobId);
    expect((await ask(`GET /api/chats/${chatId}/docs`)).json.total_docs).toBe(2);
  });

  describe('over HTTP', () => {
    const presets = JSON.stringify({ id: chatId });
    const create = async (url: string, headers: Record<string, string>) => {
      const answer = await fetch(`${url}/api/chats`, { method: 'POST', headers });
      return { status: answer.status, body: (await answer.json()) as { id?: string; error?: string } };
    };

    it.each([
      ['without the key', 'the-right-key-0123456789', {}],
      ['with another key', 'the-right-key-0123456789', { 'x-banyan-key': 'a-wrong-key-0123456789' }],
      ['where there is no key at all', undefined, { 'x-banyan-key': '' }],
    ])('is refused %s, and nothing happens', async (_, key, headers) => {
      const server = await startNewBackend({ backend: backendOn(state), port: 0, key });
      try {
        const refused = await create(server.url, { ...headers, 'x-banyan-presets': presets });
        expect(refused.status).toBe(403);
        expect(await (await fetch(`${server.url}/api/chats`)).json()).toEqual([]);
      } finally {
        await server.close();
      }
    });

    it('is heard with the key', async () => {
      const key = 'the-right-key-0123456789';
      const server = await startNewBackend({ backend: backendOn(state), port: 0, key });
      try {
        const headers = { 'x-banyan-key': key, 'x-banyan-operation': 'one', 'x-banyan-presets': presets };
        const created = await create(server.url, headers);
        expect(created).toMatchObject({ status: 201, body: { id: chatId } });
        expect(await create(server.url, headers)).toEqual(created);
        expect((await create(server.url, {})).body.id).not.toBe(chatId);
      } finally {
        await server.close();
      }
    });
  });
});
