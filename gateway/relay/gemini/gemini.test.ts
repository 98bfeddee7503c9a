import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import {
  answering,
  asking,
  callRelay,
  type Script,
  SSE,
  STREAM,
  scriptedModel,
  testRelay,
} from '../testing.ts';

async function behindRelay(script: Script, options: { deadline?: number } = {}) {
  const gemini = await scriptedModel(script);
  const relay = await testRelay({ kind: 'gemini', baseUrl: gemini.url, key: 'the-real-key' }, options);
  return { gemini, relay };
}

const bytes = async (response: Response) => Buffer.from(await response.arrayBuffer()).toString();

describe('what Gemini gets', () => {
  test('is the body as the backend sent it, byte for byte, with members that nobody here knows', async () => {
    const { gemini, relay } = await behindRelay(answering(200, {}));
    const body =
      '{ "contents":[{"parts":[{"text":"\\ud83c\\udf33 é 🌳"}], "role":"user"}], "safetySettings": [], "future":1.0}';
    await callRelay(relay, body);
    expect(gemini.calls[0]?.body).toBe(body);
  });

  test('is the same path and query, with the real key and never the relay’s', async () => {
    const { gemini, relay } = await behindRelay(answering(200, {}));
    const path = `/v1/models/gemini-pro:generateContent?key=${relay.key}&alt=json&$prettyPrint=false`;
    await callRelay(relay, asking('Hello'), { path, key: '' });
    expect(gemini.calls[0]?.url).toBe('/v1/models/gemini-pro:generateContent?alt=json&%24prettyPrint=false');
    expect(gemini.calls[0]?.headers['x-goog-api-key']).toBe('the-real-key');
    expect(JSON.stringify(gemini.calls)).not.toContain(relay.key);
  });
});

describe('what the backend gets', () => {
  const odd = '{\n  "candidates": [ ],\t"x": 1.50, "text": "\\u00e9 é"}\n';

  test.each([
    ['', odd],
    ['gzip', gzipSync(odd)],
  ])('is the answer byte for byte, decompressed where it was compressed (%s)', async (encoding, body) => {
    const { relay } = await behindRelay((response) => {
      response.writeHead(200, {
        'content-type': 'application/json; charset=UTF-8',
        ...(encoding && { 'content-encoding': encoding }),
      });
      response.end(body);
    });
    const response = await callRelay(relay, asking('Hello'));
    expect(response.headers.get('content-type')).toBe('application/json; charset=UTF-8');
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(await bytes(response)).toBe(odd);
  });

  test.each([400, 403, 404, 429, 500, 503])('is Gemini’s own error %i unchanged', async (status) => {
    const error = { error: { code: status, message: 'Theirs.', status: 'THEIRS', details: [{ a: 1 }] } };
    const { relay } = await behindRelay(answering(status, error, { 'retry-after': '7' }));
    const response = await callRelay(relay, asking('Hello'));
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await bytes(response)).toBe(JSON.stringify(error));
  });

  test.each([SSE, STREAM])('is a stream part by part, as it comes (%s)', async (path) => {
    let finish = () => {};
    const { relay } = await behindRelay((response) => {
      response.writeHead(200, { 'content-type': path === SSE ? 'text/event-stream' : 'application/json' });
      response.write('data: {"candidates":[1]}\r\n\r\n');
      finish = () => response.end('data: {"candidates":[2]}\r\n\r\n');
    });
    const response = await callRelay(relay, asking('Hello'), { path });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe('data: {"candidates":[1]}\r\n\r\n');
    finish();
    const second = await reader?.read();
    expect(Buffer.from(second?.value ?? []).toString()).toBe('data: {"candidates":[2]}\r\n\r\n');
    expect((await reader?.read())?.done).toBe(true);
  });

  test('is an error of a streamed call with its status', async () => {
    const { relay } = await behindRelay(
      answering(429, [{ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }]),
    );
    const response = await callRelay(relay, asking('Hello'), { path: SSE });
    expect(response.status).toBe(429);
    expect(await response.json()).toEqual([{ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }]);
  });
});

describe('a fault on the way to Gemini is an error in Gemini’s format:', () => {
  const html: (status: number) => Script = (status) => (response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end('<h1>From a proxy</h1>');
  };

  test.each([
    ['a page with status 200', html(200), 500, 'INTERNAL', 'The model failed: its answer is not JSON.'],
    [
      'a page with status 502',
      html(502),
      503,
      'UNAVAILABLE',
      'The model is not available: it answered 502 without saying why.',
    ],
    [
      'a page with status 504',
      html(504),
      504,
      'DEADLINE_EXCEEDED',
      'The model did not answer in time: it answered 504 without saying why.',
    ],
    [
      'a page with status 407',
      html(407),
      503,
      'UNAVAILABLE',
      'The model is not available: it answered 407 without saying why.',
    ],
    [
      'an answer that breaks off',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{"candidates":', () => response.destroy());
      },
      503,
      'UNAVAILABLE',
      'The model is not available: it broke off before its answer was complete.',
    ],
    [
      'silence',
      () => {},
      504,
      'DEADLINE_EXCEEDED',
      'The model did not answer in time: it was silent for 1000 ms.',
    ],
    [
      'silence after the head',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{');
      },
      504,
      'DEADLINE_EXCEEDED',
      'The model did not answer in time: it was silent for 1000 ms.',
    ],
  ] satisfies [string, Script, number, string, string][])('%s', async (_, script, code, status, message) => {
    const { relay } = await behindRelay(script, { deadline: 1000 });
    const response = await callRelay(relay, asking('Hello'));
    expect(response.status).toBe(code);
    expect(response.headers.get('content-type')).toBe('application/json; charset=UTF-8');
    expect(await response.json()).toEqual({ error: { code, message, status } });
  });

  test.each([200, 502])('a page with status %i where a stream was asked for', async (status) => {
    const { relay } = await behindRelay(html(status));
    const response = await callRelay(relay, asking('Hello'), { path: SSE });
    expect(response.status).toBe(status === 200 ? 500 : 503);
    expect(await response.json()).toMatchObject({ error: { code: response.status } });
  });

  test('nobody listens', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => free.once('listening', resolve));
    const { port } = free.address() as { port: number };
    await new Promise((resolve) => free.close(resolve));
    const relay = await testRelay({ kind: 'gemini', baseUrl: `http://127.0.0.1:${port}`, key: 'k' });
    const response = await callRelay(relay, asking('Hello'));
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      error: {
        code: 503,
        message: 'The model is not available: it cannot be reached.',
        status: 'UNAVAILABLE',
      },
    });
    await vi.waitFor(() => expect(relay.logged.join()).toContain('ECONNREFUSED'));
  });

  test('a stream that breaks off carries the error and is broken off itself', async () => {
    let breakOff = () => {};
    const { relay } = await behindRelay((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"candidates":[1]}\r\n\r\n');
      breakOff = () => response.destroy();
    });
    const response = await callRelay(relay, asking('Hello'), { path: SSE });
    let seen = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? []) {
        seen += Buffer.from(chunk).toString();
        breakOff();
      }
    })();
    await expect(reading).rejects.toThrow('terminated');
    expect(seen).toContain('data: {"candidates":[1]}');
    expect(JSON.parse(seen.slice(seen.indexOf('{\n')))).toMatchObject({
      error: { code: 503, status: 'UNAVAILABLE' },
    });
    await vi.waitFor(() => expect(relay.calls).toMatchObject([{ status: 503 }]));
  });
});
