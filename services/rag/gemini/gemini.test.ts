import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { answering, type Script, scriptedModel } from '@banyan/gateway/relay/testing.ts';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startOracle } from '../../wire/testing/oracle.ts';
import { toMessages, toReply } from '../messages.ts';
import { type LegacyRetrieval, legacyRetrieval } from '../testing/legacy.ts';
import { GeminiChat } from './gemini-chat.ts';
import { reprOfFloat } from './python-repr.ts';

let legacy: LegacyRetrieval;
beforeAll(async () => {
  legacy = await legacyRetrieval();
});
afterAll(() => legacy.close());

/** Our reply, where the model is at this address. */
async function ours(baseUrl: string): Promise<string | null> {
  try {
    return toReply(await new GeminiChat({ baseUrl, apiKey: 'a-key' }).invoke(toMessages([], 'x')));
  } catch (error) {
    return `I encountered an error: ${(error as Error).message}`;
  }
}

async function expectSame(baseUrl: string): Promise<string | null> {
  const theirs = await legacy.call('ask', baseUrl, [], 'x');
  expect(await ours(baseUrl)).toBe(theirs);
  return theirs;
}

const text = (body: string | Buffer, status: number, type = 'application/json', reason?: string): Script => {
  return (response) => {
    if (reason === undefined) response.writeHead(status, { 'content-type': type });
    else response.writeHead(status, reason, { 'content-type': type });
    response.end(body);
  };
};

describe('a reply is what legacy makes of the answer', () => {
  const parts = (...all: unknown[]) => ({ candidates: [{ content: { parts: all, role: 'model' } }] });
  test.each<[string, unknown, string | null]>([
    ['one text', parts({ text: 'Fine.' }), 'Fine.'],
    [
      'several texts, thinking left out',
      parts({ text: 'a' }, { text: 'b', thought: true }, { text: 'c' }),
      'ac',
    ],
    ['an empty text', parts({ text: '' }), ''],
    ['a null text', parts({ text: null }), null],
    ['a part without a text', parts({}), null],
    ['thinking alone', parts({ text: 'a', thought: true }), null],
    ['a call of a function', parts({ functionCall: { name: 'f', args: {} } }), null],
    [
      'a picture before the text',
      parts({ inlineData: { mimeType: 'image/png', data: 'AAAA' } }, { text: 'b' }),
      'b',
    ],
    ['half of a pair, and an escape', parts({ text: '\ud83d \u0000 😀' }), '\ud83d \u0000 😀'],
    ['members that nobody knows', { ...parts({ text: 'a', odd: 1 }), odd: [] }, 'a'],
    [
      'two candidates',
      { candidates: [...parts({ text: 'a' }).candidates, ...parts({ text: 'b' }).candidates] },
      'a',
    ],
    ['no parts', parts(), "I couldn't generate a response."],
    ['null parts', { candidates: [{ content: { parts: null } }] }, "I couldn't generate a response."],
    ['no content', { candidates: [{ finishReason: 'SAFETY' }] }, "I couldn't generate a response."],
    ['a null content', { candidates: [{ content: null }] }, "I couldn't generate a response."],
    ['an empty content', { candidates: [{ content: {} }] }, "I couldn't generate a response."],
    ['no candidates', { promptFeedback: { blockReason: 'SAFETY' } }, "I couldn't generate a response."],
    ['an empty list of them', { candidates: [] }, "I couldn't generate a response."],
    ['null ones', { candidates: null }, "I couldn't generate a response."],
    ['null', null, "I couldn't generate a response."],
    ['a list', [], "I couldn't generate a response."],
  ])('%s', async (_, body, expected) => {
    const model = await scriptedModel(answering(200, body));
    expect(await expectSame(model.url)).toBe(expected);
  });

  test.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['no JSON', '<html>Ok</html>'],
    ['half of a JSON', '{"candidates": [{"content"'],
    ['a mark at its beginning', '\ufeff{}'],
    [
      'bytes that are no UTF-8',
      Buffer.from('{"candidates":[{"content":{"parts":[{"text":"\xff"}]}}]}', 'latin1'),
    ],
  ])('200 with %s', async (_, body) => {
    await expectSame((await scriptedModel(text(body, 200))).url);
  });
});

describe('an error is a reply with the words of the SDK', () => {
  const gemini = (code: number, message: string, status: string) => ({ error: { code, message, status } });
  test.each<[string, number, unknown]>([
    [
      'a refused key',
      400,
      gemini(400, 'API key not valid. Please pass a valid API key.', 'INVALID_ARGUMENT'),
    ],
    [
      'too many requests',
      429,
      gemini(429, 'Resource has been exhausted (e.g. check quota).', 'RESOURCE_EXHAUSTED'),
    ],
    ['an overload', 503, gemini(503, 'The model is overloaded.', 'UNAVAILABLE')],
    [
      'details',
      403,
      { error: { ...gemini(403, 'x', 'P').error, details: [{ '@type': 'a', metadata: { n: 1.5 } }] } },
    ],
    ['a list of one', 500, [gemini(500, "it's", 'INTERNAL')]],
    ['a list of two', 500, [gemini(500, 'a', 'A'), gemini(500, 'b', 'B')]],
    ['a list of none', 500, []],
    ['quotes and escapes', 400, gemini(400, 'it\'s "quoted"\n\t\\ é 😀 \u200b \ud83d \u0000', 'X')],
    ['a status outside of the error', 500, { status: 'S', message: 'M' }],
    ['a status that is no text', 500, { status: 5, error: { status: null } }],
    ['a null status', 500, { status: null, error: { status: 'INTERNAL' } }],
    ['an empty object', 404, {}],
    ['a null error', 500, { error: null }],
    ['an error that is a text', 500, { error: 'no' }],
    ['null', 500, null],
    ['a text', 500, 'no'],
    ['a number', 500, 1e22],
    ['numbers of every kind', 500, { a: [1, -0.5, 1e16, 1e-5, 123456789.125, true, false, null] }],
    ['a status below 400', 302, { error: { status: 'FOUND' } }],
    ['201', 201, { candidates: [] }],
    ['a code that nobody knows', 599, {}],
  ])('%s', async (_, status, body) => {
    const model = await scriptedModel(answering(status, body));
    expect(await expectSame(model.url)).toMatch(/^I encountered an error: ./);
    expect(model.calls).toHaveLength(2);
  });

  test.each<[string, string | Buffer, number, string, string | undefined]>([
    ['a page', '<html>Bad "gateway", it\'s</html>\n', 502, 'text/html', undefined],
    ['nothing', '', 500, 'text/plain', undefined],
    ['a reason of its own', 'x', 503, 'text/plain', 'It Sleeps'],
    ['no reason', 'x', 503, 'text/plain', ''],
    ['Latin-1', Buffer.from('caf\xe9 \x85', 'latin1'), 500, 'text/plain; charset=ISO-8859-1', undefined],
    [
      'UTF-8 with a broken end',
      Buffer.from('caf\xc3', 'latin1'),
      500,
      'text/plain; charset=utf-8',
      undefined,
    ],
    ['a charset that is none', 'é', 500, 'text/plain; charset=klingon', undefined],
    ['JSON that breaks off', '{"error": ', 500, 'application/json', undefined],
    ['a number that is too long', '1'.repeat(5000), 500, 'application/json', undefined],
  ])('no JSON: %s', async (_, body, status, type, reason) => {
    await expectSame((await scriptedModel(text(body, status, type, reason))).url);
  });
});

describe('a model that cannot be reached', () => {
  /** Answers bytes, then ends or resets the connection. */
  async function rawServer(answer: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      // Once the body has arrived, so that nothing unread resets the connection.
      socket.on('data', (bytes) => void (bytes.includes('contents') && answer(socket)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test.each<[string, string, RegExp]>([
    ['nobody listens', 'http://127.0.0.1:1', /\[Errno \d+\] Connection refused$/],
    ['the name is unknown', 'http://banyan.invalid', /\[Errno -\d\] /],
  ])('%s', async (_, url, expected) => {
    expect(await expectSame(url)).toMatch(expected);
  });

  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
  test.each<[string, (socket: Socket) => void]>([
    ['it hangs up', (socket) => socket.end()],
    ['it resets the connection', (socket) => socket.resetAndDestroy()],
    ['it breaks off within a length', (socket) => socket.end(`${head}Content-Length: 100\r\n\r\n{"a"`)],
    [
      'it breaks off within a chunk',
      (socket) => socket.end(`${head}Transfer-Encoding: chunked\r\n\r\n10\r\n{"a"`),
    ],
  ])('%s', async (_, answer) => {
    const url = await rawServer(answer);
    expect(await expectSame(url)).toMatch(/^I encountered an error: ./);
  });
});

test('a float is printed as Python prints it', async () => {
  const oracle = startOracle();
  onTestFinished(() => oracle.close());
  const numbers = [
    0, -0, 1, 0.1, 1e15, 1e16, 123456789012345680, 1e22, 1e-4, 1e-5, 5e-324, 1.7976931348623157e308,
  ];
  for (let n = 0; n < 500; n++) numbers.push(Math.sin(n) * 10 ** ((n % 60) - 30));
  for (const number of numbers) {
    const [, value] = await oracle.loads(
      Buffer.from(`${number}`.includes('e') ? `${number}` : number.toExponential()),
    );
    expect((value as { float: string }).float).toBe(reprOfFloat(Object.is(number, -0) ? 0 : number));
  }
});
