/** One POST, with faults told apart as Python's httpx does it. No retry, no redirect, a connection of its own. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { constants } from 'node:os';

export interface HttpAnswer {
  status: number;
  /** As the status line has it. */
  reason: string;
  contentType: string;
  body: Buffer;
}

/** The model could not be asked; the message is what httpx says. */
class TransportError extends Error {
  override name = 'TransportError';
}

/**
 * @throws TransportError, the signal's reason
 */
export async function post(
  url: URL,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal | undefined,
): Promise<HttpAnswer> {
  signal?.throwIfAborted();
  try {
    const answer = await begin(url, headers, body, signal);
    return {
      status: answer.statusCode ?? 0,
      reason: answer.statusMessage ?? '',
      contentType: answer.headers['content-type'] ?? '',
      body: await wholeBody(answer),
    };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw error instanceof TransportError ? error : new TransportError(textOfFault(error), { cause: error });
  }
}

function begin(
  url: URL,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    // Not kept: one that the other side has just closed would fail a call that costs money to repeat.
    const sent = request(url, { method: 'POST', headers, agent: false, ...(signal && { signal }) }, resolve);
    sent.once('error', reject);
    sent.end(body);
  });
}

async function wholeBody(answer: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  try {
    for await (const part of answer) parts.push(part);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).message !== 'aborted') throw error;
    const received = parts.reduce((sum, { length }) => sum + length, 0);
    const expected = answer.headers['content-length'];
    const what =
      expected === undefined ? 'incomplete chunked read' : `received ${received} bytes, expected ${expected}`;
    throw new TransportError(`peer closed connection without sending complete message body (${what})`, {
      cause: error,
    });
  }
  return Buffer.concat(parts);
}

/** What the C library calls the system's faults. */
const systemTexts: Record<string, string> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  ETIMEDOUT: 'Connection timed out',
  EPIPE: 'Broken pipe',
};

/** What `getaddrinfo` says, with its own numbers. */
const nameTexts: Record<string, string> = {
  ENOTFOUND: '[Errno -2] Name or service not known',
  EAI_AGAIN: '[Errno -3] Temporary failure in name resolution',
};

function textOfFault(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (message === 'socket hang up') return 'Server disconnected without sending a response.';
  const text = systemTexts[code];
  if (text !== undefined) return `[Errno ${constants.errno[code as keyof typeof constants.errno]}] ${text}`;
  return nameTexts[code] ?? message;
}
