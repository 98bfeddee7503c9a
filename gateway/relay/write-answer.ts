/** Writes answers and faults to a backend, at the pace at which it takes them. Both resolve with the bytes written. */
import type { ServerResponse } from 'node:http';
import type { BanyanError } from '../errors.ts';
import { JSON_TYPE } from './gemini-format/answer.ts';
import { errorBytes } from './gemini-format/errors.ts';
import type { ModelAnswer } from './provider.ts';
import type { Target } from './read-call.ts';

export async function writeAnswer(
  response: ServerResponse,
  answer: ModelAnswer,
  signal: AbortSignal,
): Promise<number> {
  const { status, headers, body } = answer;
  if (body instanceof Uint8Array) {
    response.writeHead(status, { ...headers, 'content-length': body.length });
    await end(response, body);
    return body.length;
  }
  response.writeHead(status, headers);
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (!response.write(chunk)) await drained(response, signal);
    signal.throwIfAborted();
  }
  await end(response);
  return length;
}

/**
 * An answer that has begun cannot change its status. Gemini then sends the error as an object of its own between the
 * events; and because some versions of the SDK skip that, the connection is broken off too, so that nobody takes half an
 * answer for a whole one.
 */
export async function writeFault(
  response: ServerResponse,
  fault: BanyanError,
  target: Target,
): Promise<number> {
  const sse = target.query.get('alt') === 'sse';
  if (response.headersSent) {
    const bytes = sse ? Buffer.concat([Buffer.from('\r\n\r\n'), errorBytes(fault, false)]) : Buffer.alloc(0);
    await new Promise<void>((resolve) => response.write(bytes, () => resolve()));
    response.destroy();
    return bytes.length;
  }
  const bytes = errorBytes(fault, target.method === 'streamGenerateContent' && !sse);
  response.writeHead(fault.status, { 'content-type': JSON_TYPE, 'content-length': bytes.length });
  await end(response, bytes);
  return bytes.length;
}

/** Resolves when more can be written, or when nothing ever will be. */
function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  if (response.destroyed || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    response.once('drain', done);
    signal.addEventListener('abort', done);
  });
}

/** Ends an answer and resolves once it has left, or its connection has. */
function end(response: ServerResponse, bytes?: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    response.once('close', resolve).once('finish', resolve);
    response.end(bytes);
  });
}
