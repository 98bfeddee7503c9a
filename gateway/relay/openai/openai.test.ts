import { describe, expect, test, vi } from 'vitest';
import {
  answering,
  asking,
  callRelay,
  events,
  type Script,
  SSE,
  STREAM,
  scriptedModel,
  testRelay,
} from '../testing.ts';
import { eventData } from './sse.ts';

async function behindRelay(script: Script, options: { key?: string; deadline?: number } = {}) {
  const { key = 'sk-real', ...rest } = options;
  const openai = await scriptedModel(script);
  const model = {
    kind: 'openai',
    baseUrl: `${openai.url}/v1`,
    key: key || undefined,
    model: 'gpt-x',
  } as const;
  return { openai, relay: await testRelay(model, rest) };
}

const completion = (message: object, more: object = {}) => ({
  id: 'chatcmpl-1',
  model: 'gpt-x-2026',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...more }],
  usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
});

/** Chunks of a streamed completion as server-sent events. */
const streaming =
  (...chunks: (object | string)[]): Script =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (const chunk of chunks)
      response.write(`data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`);
    response.end();
  };

const delta = (content: string | null, finish_reason: string | null = null) => ({
  id: 'chatcmpl-1',
  model: 'gpt-x-2026',
  choices: [{ index: 0, delta: { content }, finish_reason }],
});

describe('a request becomes a chat completion', () => {
  const sent = async (request: object, path?: string) => {
    const { openai, relay } = await behindRelay(answering(200, completion({ content: 'Yes.' })));
    await callRelay(relay, request, path ? { path } : {});
    return openai.calls[0];
  };

  test('at the endpoint, with its key and its model, whatever model the backend names', async () => {
    const call = await sent(asking('Hello'));
    expect(call).toMatchObject({
      method: 'POST',
      url: '/v1/chat/completions',
      headers: { authorization: 'Bearer sk-real', 'content-type': 'application/json' },
    });
    expect(call?.headers['x-goog-api-key']).toBeUndefined();
    expect(JSON.parse(call?.body ?? '')).toEqual({
      model: 'gpt-x',
      messages: [{ role: 'user', content: 'Hello' }],
    });
  });

  test('without authorization where there is no key', async () => {
    const { openai, relay } = await behindRelay(answering(200, completion({ content: '' })), { key: '' });
    await callRelay(relay, asking('Hello'));
    expect(openai.calls[0]?.headers.authorization).toBeUndefined();
  });

  test.each(['systemInstruction', 'system_instruction'])('with history and %s', async (name) => {
    const call = await sent({
      [name]: { parts: [{ text: 'Be brief.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'Hel' }, { text: 'lo' }] },
        { role: 'model', parts: [{ text: 'Hmm', thought: true }, { text: 'Hi.' }] },
        { parts: [{ text: '🌳 und Bäume?' }] },
      ],
    });
    expect(JSON.parse(call?.body ?? '').messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi.' },
      { role: 'user', content: '🌳 und Bäume?' },
    ]);
  });

  test.each([
    [{ temperature: 0, topP: 0.5, maxOutputTokens: 7, stopSequences: ['x'], candidateCount: 2, seed: 1 }],
    [
      {
        temperature: 0,
        top_p: 0.5,
        max_output_tokens: 7,
        stop_sequences: ['x'],
        candidate_count: 2,
        seed: 1,
      },
    ],
  ])('with the generation settings that both sides know: %o', async (settings) => {
    const call = await sent({
      ...asking('Hello'),
      generationConfig: { ...settings, topK: 3, responseMimeType: 'application/json' },
    });
    expect(JSON.parse(call?.body ?? '')).toEqual({
      model: 'gpt-x',
      messages: [{ role: 'user', content: 'Hello' }],
      temperature: 0,
      top_p: 0.5,
      max_tokens: 7,
      stop: ['x'],
      n: 2,
      seed: 1,
      response_format: { type: 'json_object' },
    });
  });

  test('that is streamed where a stream is asked for, and tells what it cost', async () => {
    const call = await sent(asking('Hello'), SSE);
    expect(JSON.parse(call?.body ?? '')).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test('unless a part is something else than text', async () => {
    const { openai, relay } = await behindRelay(answering(200, {}));
    const image = { inlineData: { mimeType: 'image/png', data: '' } };
    const response = await callRelay(relay, { contents: [{ role: 'user', parts: [image] }] });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('this model takes parts of text alone');
    expect(openai.calls).toEqual([]);
  });
});

describe('a completion becomes Gemini’s response', () => {
  const received = async (answer: unknown, status = 200) => {
    const { relay } = await behindRelay(answering(status, answer));
    const response = await callRelay(relay, asking('Hello'));
    expect(response.status).toBe(200);
    return response.json();
  };

  test('with text, reason, usage, model and id', async () => {
    expect(await received(completion({ content: 'Yes.' }))).toEqual({
      candidates: [{ content: { role: 'model', parts: [{ text: 'Yes.' }] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 12, candidatesTokenCount: 3, totalTokenCount: 15 },
      modelVersion: 'gpt-x-2026',
      responseId: 'chatcmpl-1',
    });
  });

  test.each([
    ['stop', 'STOP'],
    [null, 'STOP'],
    ['length', 'MAX_TOKENS'],
    ['content_filter', 'SAFETY'],
    ['tool_calls', 'OTHER'],
  ])('whose reason to finish is %s: %s', async (finish_reason, finishReason) => {
    const response = await received(completion({ content: 'Yes.' }, { finish_reason }));
    expect(response).toMatchObject({ candidates: [{ finishReason }] });
  });

  test.each([
    ['null', { content: null }, { role: 'model' }],
    ['missing', {}, { role: 'model' }],
    ['empty', { content: '' }, { role: 'model', parts: [{ text: '' }] }],
    [
      'a list of parts',
      {
        content: [
          { type: 'text', text: 'Ye' },
          { type: 'text', text: 's.' },
        ],
      },
      { role: 'model', parts: [{ text: 'Yes.' }] },
    ],
  ])('whose text is %s', async (_, message, content) => {
    expect(await received(completion(message))).toMatchObject({ candidates: [{ content }] });
  });

  test('that was refused for safety has no text', async () => {
    const [candidate] = (await received(completion({ content: null, refusal: 'I cannot.' }))).candidates;
    expect(candidate).toEqual({ content: { role: 'model' }, finishReason: 'SAFETY', index: 0 });
  });

  test('without candidates where a filter stopped the prompt', async () => {
    const answer = { error: { message: 'Filtered.', code: 'content_filter' } };
    expect(await received(answer, 400)).toEqual({ promptFeedback: { blockReason: 'SAFETY' } });
  });

  test('with every choice', async () => {
    const two = completion({ content: 'One.' });
    const answer = {
      ...two,
      choices: [...two.choices, { message: { content: 'Two.' }, finish_reason: 'stop' }],
    };
    expect(await received(answer)).toMatchObject({ candidates: [{ index: 0 }, { index: 1 }] });
  });
});

describe('a streamed completion becomes Gemini’s stream', () => {
  const usage = {
    ...delta(null),
    choices: [],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  };
  const about = { modelVersion: 'gpt-x-2026', responseId: 'chatcmpl-1' };
  const part = (text: string) => ({ content: { role: 'model', parts: [{ text }] }, index: 0 });
  const expected = [
    { candidates: [part('Ye')], ...about },
    { candidates: [part('s. 🌳')], ...about },
    {
      candidates: [{ ...part(''), finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 },
      ...about,
    },
  ];
  const chunks = [delta(''), delta('Ye'), delta('s. 🌳'), delta(null, 'stop'), usage, '[DONE]'];

  test('of events, and the last part says why it finished and what it cost', async () => {
    const { relay } = await behindRelay(streaming(...chunks));
    const response = await callRelay(relay, asking('Hello'), { path: SSE });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(events(await response.text())).toEqual(expected);
  });

  test('of list elements where no events were asked for', async () => {
    const { relay } = await behindRelay(streaming(...chunks));
    const response = await callRelay(relay, asking('Hello'), { path: STREAM });
    expect(response.headers.get('content-type')).toBe('application/json; charset=UTF-8');
    expect(await response.json()).toEqual(expected);
  });

  test('part by part, as it comes', async () => {
    let finish = () => {};
    const { relay } = await behindRelay((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(delta('Ye'))}\n\n`);
      finish = () => response.end(`data: ${JSON.stringify(delta(null, 'stop'))}\n\ndata: [DONE]\n\n`);
    });
    const response = await callRelay(relay, asking('Hello'), { path: SSE });
    const reader = response.body?.getReader();
    const first = Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(events(first)).toMatchObject([{ candidates: [part('Ye')] }]);
    finish();
    const last = Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(events(last)).toMatchObject([{ candidates: [{ finishReason: 'STOP' }] }]);
  });

  test.each(['\n', '\r\n', '\r'])(
    'whatever the lines end with (%j), wherever the network cuts them, comments left out',
    async (end) => {
      const lines = [
        ': alive',
        'data: Bäume 🌳',
        '',
        'event: x',
        'data:one',
        'data: two',
        '',
        'data: [DONE]',
      ];
      async function* byteByByte() {
        for (const byte of Buffer.from(lines.join(end))) yield Uint8Array.of(byte);
      }
      const seen: string[] = [];
      for await (const data of eventData(byteByByte())) seen.push(data);
      expect(seen).toEqual(['Bäume 🌳', 'one\ntwo', '[DONE]']);
    },
  );

  test('of one part where the endpoint does not stream', async () => {
    const { relay } = await behindRelay(answering(200, completion({ content: 'Yes.' })));
    const response = await callRelay(relay, asking('Hello'), { path: SSE });
    expect(events(await response.text())).toMatchObject([{ candidates: [part('Yes.')] }]);
  });

  test.each([
    ['breaks off', [delta('Ye')], 503],
    ['carries an error', [delta('Ye'), { error: { message: 'Overloaded.', code: 429 } }], 429],
    ['is not JSON', [delta('Ye'), 'oops'], 500],
  ])('that ends with an error when it %s', async (_, broken, code) => {
    const { relay } = await behindRelay(streaming(...broken));
    const response = await callRelay(relay, asking('Hello'), { path: SSE });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
    await vi.waitFor(() => expect(relay.calls).toMatchObject([{ status: code }]));
  });

  test('or into an error with its own status when it fails at once', async () => {
    const { relay } = await behindRelay(streaming({ error: { message: 'Overloaded.', code: 429 } }));
    const response = await callRelay(relay, asking('Hello'), { path: SSE });
    expect(response.status).toBe(429);
    expect(await response.json()).toMatchObject({ error: { status: 'RESOURCE_EXHAUSTED' } });
  });
});

describe('an error becomes Gemini’s:', () => {
  const message = 'Their words.';

  test.each([
    [400, 400, 'INVALID_ARGUMENT', 'The model refused the request: Their words.'],
    [422, 400, 'INVALID_ARGUMENT', 'The model refused the request: Their words.'],
    [401, 403, 'PERMISSION_DENIED', 'The model refused the relay’s key.'],
    [403, 403, 'PERMISSION_DENIED', 'The model refused the relay’s key.'],
    [404, 404, 'NOT_FOUND', 'The model was not found: Their words.'],
    [429, 429, 'RESOURCE_EXHAUSTED', 'The model takes no more requests now: Their words.'],
    [500, 500, 'INTERNAL', 'The model failed: Their words.'],
    [502, 503, 'UNAVAILABLE', 'The model is not available: Their words.'],
    [503, 503, 'UNAVAILABLE', 'The model is not available: Their words.'],
    [504, 504, 'DEADLINE_EXCEEDED', 'The model did not answer in time: Their words.'],
  ])('%i is %i %s', async (theirs, code, status, text) => {
    const { relay } = await behindRelay(answering(theirs, { error: { message, type: 'x', code: 'y' } }));
    for (const path of [SSE, undefined]) {
      const response = await callRelay(relay, asking('Hello'), path ? { path } : {});
      expect(response.status).toBe(code);
      expect(await response.json()).toEqual({ error: { code, message: text.replace('’', "'"), status } });
    }
  });

  test.each([[{ error: message }], [{ object: 'error', message }], [{ detail: message }]])(
    'in any of the shapes that endpoints have: %o',
    async (body) => {
      const { relay } = await behindRelay(answering(400, body));
      const response = await callRelay(relay, asking('Hello'));
      expect(await response.json()).toMatchObject({
        error: { message: `The model refused the request: ${message}` },
      });
    },
  );

  test('with status 200 too', async () => {
    const { relay } = await behindRelay(answering(200, { error: { message, code: 429 } }));
    expect((await callRelay(relay, asking('Hello'))).status).toBe(429);
  });

  test.each([['{"ok": true}'], ['<html>']])('an answer that is no completion: %s', async (body) => {
    const { relay } = await behindRelay((response) => {
      response.end(body);
    });
    const response = await callRelay(relay, asking('Hello'));
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('its answer is not a chat completion.');
  });

  test('silence', async () => {
    const { relay } = await behindRelay(() => {}, { deadline: 500 });
    const response = await callRelay(relay, asking('Hello'));
    expect(response.status).toBe(504);
  });

  test('and never carries the key', async () => {
    const { relay } = await behindRelay(answering(400, { error: { message: 'Bad key sk-real.' } }));
    expect(await (await callRelay(relay, asking('Hello'))).text()).toContain('Bad key [key].');
  });
});

test('a backend that hangs up cancels the call to the model', async () => {
  let cancelled = false;
  const { relay, openai } = await behindRelay((response) => {
    response.once('close', () => {
      cancelled = true;
    });
  });
  const backend = new AbortController();
  callRelay(relay, asking('Hello'), { signal: backend.signal }).catch(() => {});
  await vi.waitFor(() => expect(openai.calls).toHaveLength(1));
  expect(cancelled).toBe(false);
  backend.abort();
  await vi.waitFor(() => expect(cancelled).toBe(true));
});
