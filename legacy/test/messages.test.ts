import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from './support/app.ts';
import { chat, chats, messages, newChat, say } from './support/client.ts';
import { answers, fails, held, says } from './support/fake-gemini.ts';
import { promptWithoutContext } from './support/prompts.ts';
import { timestamp, uuid4 } from './support/shapes.ts';

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const lastContents = () => app.gemini.calls.at(-1)?.body.contents;
const turn = (role: 'user' | 'model', text: string) => ({ role, parts: [{ text }] });

describe('POST /api/chats/ID/messages', () => {
  it('answers the reply, no sources and the number of turns', async () => {
    const { id } = await newChat(app);
    app.gemini.willAnswer(says('Hello **you** 👋\n'));
    const answer = await app.sendJson('POST', `/api/chats/${id}/messages`, { message: 'hello' });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(
      '{\n  "message_count": 2,\n  "reply": "Hello **you** \\ud83d\\udc4b\\n",\n  "sources": []\n}\n',
    );
    expect((await say(app, id, 'again')).message_count).toBe(4);
  });

  it('counts turns in the chat, two an exchange, and moves updated_at', async () => {
    const before = await newChat(app);
    await say(app, before.id, 'one');
    await say(app, before.id, 'two');
    const after = await chat(app, before.id);
    expect(after.updated_at > before.updated_at).toBe(true);
    expect(after).toEqual({ ...before, message_count: 4, updated_at: after.updated_at });
  });

  it('refuses an empty message, for an unknown id too, without asking the model', async () => {
    const { id } = await newChat(app);
    const calls = app.gemini.calls.length;
    for (const each of [id, 'nobody'])
      for (const message of ['', '   ', '\u3000\u00a0']) {
        const answer = await app.sendJson('POST', `/api/chats/${each}/messages`, { message });
        expect(answer.status).toBe(400);
        expect(answer.json()).toEqual({ error: 'Message cannot be empty' });
      }
    expect(app.gemini.calls.length).toBe(calls);
    expect(await messages(app, id)).toEqual([]);
  });

  it('answers an unknown id, keeps its messages and lists no chat for it', async () => {
    const before = await chats(app);
    expect((await say(app, 'somebody-new', 'hello')).message_count).toBe(2);
    expect((await say(app, 'somebody-new', 'hello')).message_count).toBe(4);
    expect((await messages(app, 'somebody-new')).length).toBe(4);
    expect(await chats(app)).toEqual(before);
  });
});

describe('GET /api/chats/ID', () => {
  it('lists the turns in order, as user and bot', async () => {
    const { id } = await newChat(app);
    app.gemini.willAnswer(says('one'), says('two'));
    await say(app, id, 'first');
    await say(app, id, 'second');
    expect(await messages(app, id)).toEqual(
      [
        ['first', 'user'],
        ['one', 'bot'],
        ['second', 'user'],
        ['two', 'bot'],
      ].map(([text, sender]) => ({
        id: expect.stringMatching(uuid4),
        text,
        sender,
        timestamp: expect.stringMatching(timestamp),
      })),
    );
  });

  it('is an empty list for an unknown id', async () => {
    const answer = await app.send('GET', '/api/chats/nobody');
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('[]\n');
  });

  it('never shows sources', async () => {
    const { id } = await newChat(app);
    await say(app, id, 'hello');
    for (const message of await messages(app, id))
      expect(Object.keys(message).sort()).toEqual(['id', 'sender', 'text', 'timestamp']);
  });
});

describe('the call to the model', () => {
  it('goes to gemini-2.0-flash-exp at the endpoint of the environment, with the key', async () => {
    await say(app, 'x', 'hello');
    expect(app.gemini.calls.at(-1)).toMatchObject({
      method: 'POST',
      path: '/v1beta/models/gemini-2.0-flash-exp:generateContent',
      key: 'a-test-key',
    });
  });

  it('sends the contents and nothing else', async () => {
    const { id } = await newChat(app);
    await say(app, id, 'hello');
    expect(app.gemini.calls.at(-1)?.body).toEqual({
      contents: [turn('user', promptWithoutContext('hello'))],
    });
  });

  it('asks with the message stripped, and stores that', async () => {
    const { id } = await newChat(app);
    await say(app, id, ' \u00a0\u3000 what\n now \u2003\n');
    expect(app.gemini.lastPrompt()).toBe(promptWithoutContext('what\n now'));
    expect((await messages(app, id))[0]?.text).toBe('what\n now');
  });

  it('sends earlier turns as their bare text, then the prompt', async () => {
    const { id } = await newChat(app);
    app.gemini.willAnswer(says(' one '));
    await say(app, id, 'first');
    await say(app, id, 'second');
    expect(lastContents()).toEqual([
      turn('user', 'first'),
      turn('model', ' one '),
      turn('user', promptWithoutContext('second')),
    ]);
  });

  it('sends the last ten turns and no more', async () => {
    const { id } = await newChat(app);
    for (let i = 1; i <= 7; i++) {
      app.gemini.willAnswer(says(`answer ${i}`));
      await say(app, id, `question ${i}`);
    }
    expect(lastContents()).toEqual([
      ...[2, 3, 4, 5, 6].flatMap((i) => [turn('user', `question ${i}`), turn('model', `answer ${i}`)]),
      turn('user', promptWithoutContext('question 7')),
    ]);
    expect((await messages(app, id)).length).toBe(14);
  });

  it('carries any text as it is', async () => {
    const { id } = await newChat(app);
    const text = 'a\0b "quotes" \\ {message} [Source 1] 😀 \u200b';
    app.gemini.willAnswer(says(text));
    expect((await say(app, id, text)).reply).toBe(text);
    expect(app.gemini.lastPrompt()).toBe(promptWithoutContext(text));
    expect((await messages(app, id)).map((message) => message.text)).toEqual([text, text]);
  });

  it('is made once, also when it fails', async () => {
    const calls = app.gemini.calls.length;
    app.gemini.willAnswer(fails(503, {}), fails(429, {}));
    await say(app, 'y', 'hello');
    await say(app, 'y', 'hello');
    expect(app.gemini.calls.length).toBe(calls + 2);
  });
});

describe('a failing model', () => {
  const overloaded = { error: { code: 503, message: "It's overloaded é", status: 'UNAVAILABLE' } };

  it("is a 200 whose reply is the exception's text", async () => {
    const { id } = await newChat(app);
    app.gemini.willAnswer(fails(503, overloaded));
    expect(await say(app, id, 'hello')).toEqual({
      reply:
        "I encountered an error: 503 UNAVAILABLE. {'error': {'code': 503, 'message': \"It's overloaded é\", " +
        "'status': 'UNAVAILABLE'}}",
      sources: [],
      message_count: 2,
    });
  });

  it.each([400, 401, 404, 429, 500])('with the status %i is told with that status', async (status) => {
    app.gemini.willAnswer(fails(status, { error: { code: status, message: 'no', status: 'WHY' } }));
    expect((await say(app, 'failing', 'hello')).reply).toBe(
      `I encountered an error: ${status} WHY. {'error': {'code': ${status}, 'message': 'no', 'status': 'WHY'}}`,
    );
  });

  it('is stored, and sent again as history', async () => {
    const { id } = await newChat(app);
    app.gemini.willAnswer(fails(503, overloaded));
    const { reply } = await say(app, id, 'hello');
    expect((await messages(app, id)).map(({ text }) => text)).toEqual(['hello', reply]);
    await say(app, id, 'and now?');
    expect(lastContents()).toEqual([
      turn('user', 'hello'),
      turn('model', reply ?? ''),
      turn('user', promptWithoutContext('and now?')),
    ]);
  });

  it('that hangs up is told in the words of the SDK', async () => {
    app.gemini.willAnswer(() => Promise.reject(new Error('hang up')));
    expect((await say(app, 'hung-up', 'hello')).reply).toBe(
      'I encountered an error: Server disconnected without sending a response.',
    );
  });

  it('that is not there is told in the words of the SDK', async () => {
    const lonely = await startApp();
    await lonely.gemini.stop();
    const { reply } = await say(lonely, 'x', 'hello');
    await lonely.stop();
    expect(reply).toMatch(/^I encountered an error: \[Errno \d+\] Connection refused$/);
  });
});

describe('a reply', () => {
  const content = (...parts: unknown[]) => answers({ content: { role: 'model', parts } });

  it.each([
    ['no candidates', () => ({ body: {} })],
    ['an empty list of candidates', () => ({ body: { candidates: [] } })],
    ['a blocked prompt', () => ({ body: { promptFeedback: { blockReason: 'SAFETY' } } })],
    ['a candidate without content', answers({ finishReason: 'SAFETY' })],
    ['content without parts', answers({ content: { role: 'model' } })],
    ['an empty list of parts', content()],
  ])('without text (%s) is a sentence that says so', async (_, script) => {
    const { id } = await newChat(app);
    app.gemini.willAnswer(script);
    expect((await say(app, id, 'hello')).reply).toBe("I couldn't generate a response.");
    expect((await messages(app, id))[1]?.text).toBe("I couldn't generate a response.");
  });

  it('whose text is null is null, stored as null and sent again without a text', async () => {
    const { id } = await newChat(app);
    app.gemini.willAnswer(says(null));
    const answer = await app.sendJson('POST', `/api/chats/${id}/messages`, { message: 'hello' });
    expect(answer.text).toBe('{\n  "message_count": 2,\n  "reply": null,\n  "sources": []\n}\n');
    expect((await messages(app, id))[1]?.text).toBeNull();
    await say(app, id, 'again');
    expect(lastContents()?.[1]).toEqual({ role: 'model', parts: [{}] });
  });

  it('whose text is empty is empty, stored and sent again as such', async () => {
    const { id } = await newChat(app);
    app.gemini.willAnswer(says(''));
    expect((await say(app, id, 'hello')).reply).toBe('');
    expect((await messages(app, id))[1]?.text).toBe('');
    await say(app, id, 'again');
    expect(lastContents()?.[1]).toEqual(turn('model', ''));
  });

  it.each([
    ['two texts are joined', content({ text: 'one ' }, { text: 'two' }), 'one two'],
    ['thinking is left out', content({ text: 'hm', thought: true }, { text: 'so' }), 'so'],
    ['a function call alone is null', content({ functionCall: { name: 'f', args: {} } }), null],
    ['only the first candidate counts', () => ({ body: { candidates: [first('a'), first('b')] } }), 'a'],
  ])('of several parts: %s', async (_, script, reply) => {
    app.gemini.willAnswer(script);
    expect((await say(app, 'parts', 'hello')).reply).toBe(reply);
  });
});

const first = (text: string) => ({ content: { role: 'model', parts: [{ text }] } });

describe('while the model thinks', () => {
  it('nothing is stored; message and reply are stored together afterwards', async () => {
    const before = await newChat(app);
    const slow = held(says('at last'));
    app.gemini.willAnswer(slow.script);
    const asking = say(app, before.id, 'hello');
    await slow.asked;
    expect(await messages(app, before.id)).toEqual([]);
    expect(await chat(app, before.id)).toEqual(before);
    slow.release();
    expect((await asking).message_count).toBe(2);
    expect((await messages(app, before.id)).map(({ text }) => text)).toEqual(['hello', 'at last']);
  });

  it('other requests are answered', async () => {
    const slow = held(says('at last'));
    app.gemini.willAnswer(slow.script);
    const asking = say(app, 'slow', 'hello');
    await slow.asked;
    expect((await app.send('GET', '/api/health')).status).toBe(200);
    expect((await say(app, 'quick', 'hello')).reply).toBe('An answer.');
    slow.release();
    await asking;
  });
});
