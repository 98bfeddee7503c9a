import { request } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import { catalogue } from '../errors.ts';
import { modelName } from './relay.ts';
import { answering, asking, callRelay, SSE, STREAM, scriptedModel, testRelay } from './testing.ts';

const standIn = { kind: 'stand-in' } as const;

describe('the key', () => {
  test('is made by the relay, another one at every start', async () => {
    const [one, two] = [await testRelay(standIn), await testRelay(standIn)];
    expect(one.key).toMatch(/^[\w-]{32}$/);
    expect(two.key).not.toBe(one.key);
  });

  test('is taken from the header and from the query', async () => {
    const relay = await testRelay(standIn, { key: 'the-key-of-this-relay' });
    const path = `/v1/models/gemini-pro:generateContent?key=${relay.key}`;
    expect((await callRelay(relay, asking('Hello'))).status).toBe(200);
    expect((await callRelay(relay, asking('Hello'), { path, key: '' })).status).toBe(200);
  });

  test.each(['wrong', 'the-key-of-this-relax', 'the-key-of-this-relay2'])(
    'that is not the relay’s (%s) is refused as Gemini refuses it, and no model is called',
    async (key) => {
      const model = await scriptedModel(answering(200, {}));
      const relay = await testRelay(
        { kind: 'gemini', baseUrl: model.url, key: 'real' },
        { key: 'the-key-of-this-relay' },
      );
      const response = await callRelay(relay, asking('Hello'), { key });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        error: {
          code: 400,
          message: 'API key not valid. Please pass a valid API key.',
          status: 'INVALID_ARGUMENT',
          details: [{ reason: 'API_KEY_INVALID' }],
        },
      });
      expect(model.calls).toEqual([]);
    },
  );

  test('that is missing is refused as Gemini refuses it', async () => {
    const relay = await testRelay(standIn);
    const response = await callRelay(relay, asking('Hello'), { key: '' });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: 403, status: 'PERMISSION_DENIED' } });
  });
});

describe('a request', () => {
  test.each(['/v1/models/m:generateContent', '/v1beta/tunedModels/m:generateContent'])(
    'to %s is served',
    async (path) => {
      const relay = await testRelay(standIn);
      expect((await callRelay(relay, asking('Hello'), { path })).status).toBe(200);
    },
  );

  test.each([
    '/',
    '/v1/models',
    '/v2/models/m:generateContent',
    '/v1/models/m:countTokens',
    '/v1/models/a/b:generateContent',
  ])('to %s is a 404 in Gemini’s format', async (path) => {
    const relay = await testRelay(standIn);
    const response = await callRelay(relay, asking('Hello'), { path });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: { code: 404, message: catalogue.relay_path_unknown.says, status: 'NOT_FOUND' },
    });
  });

  test.each([
    ['not JSON', '{"contents": [', 'it is not JSON in UTF-8'],
    ['a list', '[]', 'it is not a JSON object'],
    ['without contents', '{}', 'contents is not specified'],
    ['with a turn that is a text', '{"contents": ["Hello"]}', 'contents[0] is not an object'],
    [
      'with parts that are a text',
      '{"contents": [{"parts": "x"}]}',
      'contents[0].parts is not a list of objects',
    ],
    [
      'with a text that is a number',
      '{"contents": [{"parts": [{"text": 1}]}]}',
      'contents[0] has a part whose text is not a string',
    ],
    [
      'with settings that are a list',
      '{"contents": [{}], "generationConfig": []}',
      'generationConfig is not an object',
    ],
  ])('whose body is %s is a 400 that says so', async (_, body, reason) => {
    const relay = await testRelay(standIn);
    const response = await callRelay(relay, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      error: {
        code: 400,
        message: `The request to the model is not valid: ${reason}.`,
        status: 'INVALID_ARGUMENT',
      },
    });
  });

  test('of more than 20 MiB is refused after it was read, so that its sender sees why', async () => {
    const relay = await testRelay(standIn);
    const response = await callRelay(relay, asking('x'.repeat(21 * 1024 * 1024)));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('more than 20971520 bytes');
  });

  test('that fails is answered inside a list where the answer would have been one', async () => {
    const relay = await testRelay(standIn);
    const response = await callRelay(relay, '{}', { path: STREAM });
    expect(await response.json()).toMatchObject([{ error: { code: 400 } }]);
  });
});

describe('hanging up', () => {
  test.each([
    ['before the answer', () => {}],
    [
      'in the middle of a stream',
      (response: import('node:http').ServerResponse) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: {"candidates":[]}\r\n\r\n');
      },
    ],
  ])('%s cancels the call to the model', async (_, begin) => {
    let cancelled = false;
    const model = await scriptedModel((response) => {
      response.once('close', () => {
        cancelled = true;
      });
      begin(response);
    });
    const relay = await testRelay({ kind: 'gemini', baseUrl: model.url, key: 'real' });
    const backend = new AbortController();
    const path = SSE;
    const response = callRelay(relay, asking('Hello'), { path, signal: backend.signal });
    response.catch(() => {});
    await vi.waitFor(() => expect(model.calls).toHaveLength(1));
    expect(cancelled).toBe(false);
    if (begin.length > 0) await response;
    backend.abort();
    await vi.waitFor(() => expect(cancelled).toBe(true));
    await vi.waitFor(() => expect(relay.calls).toMatchObject([{ status: 499 }]));
  });

  test('while the body is sent is no fault of the gateway', async () => {
    const relay = await testRelay(standIn);
    const socket = request(`${relay.url}/v1/models/m:generateContent`, {
      method: 'POST',
      headers: { 'x-goog-api-key': relay.key, 'content-length': '1000' },
    });
    socket.on('error', () => {});
    socket.write('{"contents"', () => socket.destroy());
    await vi.waitFor(() => expect(relay.logged.join()).toContain('"status":499'));
    expect(relay.logged.join()).not.toContain('gateway_fault');
  });
});

test('closing the relay ends the calls in flight with 503', async () => {
  const model = await scriptedModel(() => {});
  const relay = await testRelay({ kind: 'gemini', baseUrl: model.url, key: 'real' });
  const response = callRelay(relay, asking('Hello'));
  await vi.waitFor(() => expect(model.calls).toHaveLength(1));
  await relay.close();
  expect((await response).status).toBe(503);
  expect(await (await response).json()).toMatchObject({ error: { status: 'UNAVAILABLE' } });
  await expect(callRelay(relay, asking('Hello'))).rejects.toThrow();
});

test('the log has names, sizes, status and duration, and neither prompt, reply nor key', async () => {
  const answers = [
    answering(200, { candidates: [{ content: { parts: [{ text: 'SECRET-REPLY' }] } }] }),
    answering(400, { error: { message: 'bad: SECRET-PROMPT' } }),
  ];
  const model = await scriptedModel((response, call) => answers.shift()?.(response, call));
  const relay = await testRelay({
    kind: 'openai',
    baseUrl: model.url,
    key: 'SECRET-KEY',
    model: 'SECRET-NOT',
  });
  await callRelay(relay, asking('SECRET-PROMPT'));
  await callRelay(relay, asking('SECRET-PROMPT'));
  await callRelay(relay, '{"contents": ["SECRET-PROMPT"]}');
  await callRelay(relay, asking('SECRET-PROMPT'), { key: 'SECRET-WRONG-KEY' });
  await vi.waitFor(() => expect(relay.logged).toHaveLength(4));
  expect(relay.logged.join()).not.toContain('SECRET');
  expect(relay.logged.join()).not.toContain(relay.key);
  expect(JSON.parse(relay.logged[1] ?? '')).toMatchObject({
    provider: 'openai',
    model: 'models/gemini-2.0-flash-exp',
    method: 'generateContent',
    status: 400,
    requestBytes: 65,
    milliseconds: expect.any(Number),
    fault: 'model_refused_request',
    do: catalogue.model_refused_request.do,
  });
});

test('whoever watches the calls is told of each that was let in, once, with what was asked', async () => {
  const relay = await testRelay(standIn);
  await callRelay(relay, asking('Hello'));
  await callRelay(relay, asking('Hello'), { key: 'wrong' });
  await vi.waitFor(() => expect(relay.logged).toHaveLength(2));
  expect(relay.calls).toMatchObject([{ provider: 'stand-in', status: 200, request: asking('Hello') }]);
});

test('a relay that cannot listen says so at its start', async () => {
  const relay = await testRelay(standIn);
  await expect(testRelay(standIn, { port: Number(new URL(relay.url).port) })).rejects.toThrow('EADDRINUSE');
});

test.each([
  [{ kind: 'gemini', baseUrl: 'https://x', key: 'k' } as const, 'Gemini'],
  [
    { kind: 'openai', baseUrl: 'http://localhost:11434/v1', key: undefined, model: 'llama3' } as const,
    'llama3 at localhost:11434',
  ],
  [standIn, 'a built-in stand-in, which is not a language model'],
])('a person reads who answers: %o', (model, name) => {
  expect(modelName(model)).toBe(name);
});
