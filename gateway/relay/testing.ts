/** For the relay's tests: a scripted model on a real port, as it is the one thing that costs money, and a relay before it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ModelSettings } from '../settings.ts';
import type { RelayCall } from './handle-call.ts';
import { type RelayOptions, startRelay } from './relay.ts';

export interface ReceivedCall {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Script = (response: ServerResponse, call: ReceivedCall) => void | Promise<void>;

/** Answers every request by the script; both go away with the test. */
export async function scriptedModel(script: Script): Promise<{ url: string; calls: ReceivedCall[] }> {
  const calls: ReceivedCall[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const call = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
    calls.push(call);
    await script(response, call);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

/** A script that answers with JSON. */
export function answering(status: number, body: unknown, headers: Record<string, string> = {}): Script {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers });
    response.end(JSON.stringify(body));
  };
}

export async function testRelay(model: ModelSettings, options: Partial<RelayOptions> = {}) {
  const logged: string[] = [];
  const calls: RelayCall[] = [];
  const note = (fields: object, message: string) => logged.push(JSON.stringify({ ...fields, message }));
  const relay = await startRelay({
    host: '127.0.0.1',
    port: 0,
    model,
    log: { info: note, warn: note },
    onCall: (call) => calls.push(call),
    ...options,
  });
  onTestFinished(() => relay.close());
  return { ...relay, logged, calls };
}

export interface CallOptions {
  path?: string;
  key?: string;
  signal?: AbortSignal;
}

/** Calls a relay as a backend does. */
export function callRelay(
  relay: { url: string; key: string },
  body: unknown,
  options: CallOptions = {},
): Promise<Response> {
  const { path = '/v1beta/models/gemini-2.0-flash-exp:generateContent', key = relay.key, signal } = options;
  return fetch(relay.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { 'x-goog-api-key': key }) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  });
}

export const STREAM = '/v1beta/models/gemini-2.0-flash-exp:streamGenerateContent';
export const SSE = `${STREAM}?alt=sse`;

/** One user turn. */
export const asking = (text: string) => ({ contents: [{ role: 'user', parts: [{ text }] }] });

/** The parts of a streamed answer. */
export function events(body: string): { [member: string]: unknown }[] {
  return body
    .split(/\r?\n\r?\n/)
    .filter((event) => event.startsWith('data: '))
    .map((event) => JSON.parse(event.slice('data: '.length)));
}
