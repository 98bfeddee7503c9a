import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, test } from 'vitest';
// The environment of the legacy app, with the SDK that it pins.
import { python } from '../../tools/setup/testing/places.ts';
import { answering, type Script, scriptedModel, testRelay } from './testing.ts';

const probe = spawn(python, [join(import.meta.dirname, 'sdk-probe.py')], {
  env: { PATH: process.env.PATH },
  stdio: ['pipe', 'pipe', 'inherit'],
});
const answers = createInterface({ input: probe.stdout })[Symbol.asyncIterator]();
afterAll(() => probe.stdin.end());

/** What Google's SDK makes of the relay's answers: a whole one, a streamed one, a streamed one with asyncio. */
async function throughTheSdk({ url, key }: { url: string; key: string }, version = 'v1beta') {
  probe.stdin.write(`${JSON.stringify({ url, key, version })}\n`);
  const { value, done } = await answers.next();
  if (done) throw new Error('the probe has ended');
  return JSON.parse(value);
}

const isStream = (url: string) => url.includes(':streamGenerateContent');

const geminiPart = (text: string, finishReason?: string) => ({
  candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason, index: 0 }],
  ...(finishReason && { usageMetadata: { totalTokenCount: 9 } }),
  modelVersion: 'gemini-2.0-flash-exp',
});

/** Gemini as it answers when all is well. */
const gemini: Script = (response, call) => {
  if (!isStream(call.url)) return answering(200, geminiPart('Fine.', 'STOP'))(response, call);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const part of [geminiPart('Fi'), geminiPart('ne.', 'STOP')])
    response.write(`data: ${JSON.stringify(part)}\r\n\r\n`);
  response.end();
};

/** A chat completions endpoint as it answers when all is well. */
const openai: Script = (response, call) => {
  const about = { id: 'chatcmpl-1', model: 'gpt-x' };
  const usage = { prompt_tokens: 6, completion_tokens: 3, total_tokens: 9 };
  if (!JSON.parse(call.body).stream)
    return answering(200, {
      ...about,
      usage,
      choices: [{ index: 0, message: { role: 'assistant', content: 'Fine.' }, finish_reason: 'stop' }],
    })(response, call);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const choice = (content: string | undefined, finish_reason: string | null) => [
    { index: 0, delta: { content }, finish_reason },
  ];
  for (const chunk of [
    { ...about, choices: choice('Fi', null) },
    { ...about, choices: choice('ne.', null) },
    { ...about, choices: choice(undefined, 'stop') },
    { ...about, choices: [], usage },
  ])
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  response.end('data: [DONE]\n\n');
};

const whole = { text: 'Fine.', finish: ['STOP'], tokens: 9, blocked: null };

describe('Google’s own SDK', () => {
  test.each(['v1', 'v1beta'])('gets Gemini’s answers through the relay, at /%s', async (version) => {
    const model = await scriptedModel(gemini);
    const relay = await testRelay({ kind: 'gemini', baseUrl: model.url, key: 'the-real-key' });
    const seen = await throughTheSdk(relay, version);
    const streamed = [
      { text: 'Fi', finish: [null] },
      { text: 'ne.', finish: ['STOP'], tokens: 9 },
    ];
    expect(seen).toMatchObject({ whole, streamed, async: streamed });
    expect(model.calls.map((call) => call.url)).toEqual([
      `/${version}/models/gemini-2.0-flash-exp:generateContent`,
      `/${version}/models/gemini-2.0-flash-exp:streamGenerateContent?alt=sse`,
      `/${version}/models/gemini-2.0-flash-exp:streamGenerateContent?alt=sse`,
    ]);
    for (const call of model.calls) expect(call.headers['x-goog-api-key']).toBe('the-real-key');
  });

  test('gets the answers of a chat completions endpoint, which gets the whole conversation', async () => {
    const model = await scriptedModel(openai);
    const relay = await testRelay({ kind: 'openai', baseUrl: model.url, key: 'sk', model: 'gpt-x' });
    const seen = await throughTheSdk(relay);
    const streamed = [
      { text: 'Fi', finish: [null], model: 'gpt-x' },
      { text: 'ne.', finish: [null] },
      { finish: ['STOP'], tokens: 9 },
    ];
    expect(seen).toMatchObject({ whole: { ...whole, model: 'gpt-x' }, streamed, async: streamed });
    expect(JSON.parse(model.calls[0]?.body ?? '')).toEqual({
      model: 'gpt-x',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi.' },
        { role: 'user', content: 'How are you?' },
      ],
      temperature: 0.5,
      max_tokens: 50,
    });
  });

  test('gets the stand-in’s answers', async () => {
    const seen = await throughTheSdk(await testRelay({ kind: 'stand-in' }));
    expect(seen.whole).toMatchObject({
      text: expect.stringMatching(/^\[stand-in model\] No language model is configured/),
      finish: ['STOP'],
      model: 'banyan-stand-in',
    });
    expect(seen.streamed.map((part: { text: string }) => part.text).join('')).toBe(seen.whole.text);
    expect(seen.async).toEqual(seen.streamed);
  });

  test('raises the same error through the relay as without it', async () => {
    const error = {
      code: 429,
      message: 'Quota exceeded.',
      status: 'RESOURCE_EXHAUSTED',
      details: [{ a: 1 }],
    };
    const model = await scriptedModel((response, call) => answering(429, { error })(response, call));
    const relay = await testRelay({ kind: 'gemini', baseUrl: model.url, key: 'k' });
    const behind = await throughTheSdk(relay);
    expect(behind).toEqual(await throughTheSdk({ url: model.url, key: 'k' }));
    expect(behind.whole).toMatchObject({ error: 'ClientError', code: 429, status: 'RESOURCE_EXHAUSTED' });
  });

  test.each([
    [400, 'ClientError', 400, 'INVALID_ARGUMENT'],
    [401, 'ClientError', 403, 'PERMISSION_DENIED'],
    [404, 'ClientError', 404, 'NOT_FOUND'],
    [429, 'ClientError', 429, 'RESOURCE_EXHAUSTED'],
    [500, 'ServerError', 500, 'INTERNAL'],
    [503, 'ServerError', 503, 'UNAVAILABLE'],
  ])(
    'raises APIError with the same fields for a chat completions endpoint’s %i',
    async (status, error, code, name) => {
      const model = await scriptedModel(answering(status, { error: { message: 'Theirs.' } }));
      const relay = await testRelay({ kind: 'openai', baseUrl: model.url, key: 'sk', model: 'gpt-x' });
      const seen = await throughTheSdk(relay);
      const { message } = seen.whole;
      const text = `${code} ${name}. {'error': {'code': ${code}, 'message': ${message.includes("'") ? `"${message}"` : `'${message}'`}, 'status': '${name}'}}`;
      const raised = { error, code, status: name, message, text };
      expect(seen).toEqual({ whole: raised, streamed: raised, async: raised });
    },
  );

  test('raises APIError for silence, for an endpoint that is gone, and for a wrong key', async () => {
    const model = await scriptedModel(() => {});
    const silent = await testRelay({ kind: 'gemini', baseUrl: model.url, key: 'k' }, { deadline: 300 });
    const timeout = { error: 'ServerError', code: 504, status: 'DEADLINE_EXCEEDED' };
    expect(await throughTheSdk(silent)).toMatchObject({ whole: timeout, streamed: timeout, async: timeout });
    const gone = await testRelay({ kind: 'gemini', baseUrl: 'http://127.0.0.1:1', key: 'k' });
    const unavailable = { error: 'ServerError', code: 503, status: 'UNAVAILABLE' };
    expect(await throughTheSdk(gone)).toMatchObject({ whole: unavailable, streamed: unavailable });
    const refused = { error: 'ClientError', code: 400, status: 'INVALID_ARGUMENT' };
    expect(await throughTheSdk({ url: gone.url, key: 'wrong' })).toMatchObject({ whole: refused });
  });

  test.each([
    ['gemini', `data: ${JSON.stringify(geminiPart('Fi'))}\r\n\r\n`],
    ['openai', 'data: {"choices":[{"delta":{"content":"Fi"}}]}\n\n'],
  ] as const)('never takes a stream of %s that broke off for a whole answer', async (kind, begin) => {
    const model = await scriptedModel((response, call) => {
      if (!isStream(call.url) && !JSON.parse(call.body).stream) return gemini(response, call);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(begin, () => response.destroy());
    });
    const settings = { baseUrl: model.url, key: 'k', model: 'gpt-x' };
    const seen = await throughTheSdk(await testRelay({ kind, ...settings }));
    expect(seen.streamed).toEqual({ error: 'RemoteProtocolError' });
    expect(seen.async).toEqual({ error: 'RemoteProtocolError' });
  });
});
