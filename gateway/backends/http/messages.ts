/** Between the backend interface and Node's HTTP messages. */
import type { IncomingMessage } from 'node:http';
import type { BackendRequest, BackendResponse } from '../backend.ts';

/**
 * The header list with its framing.
 * Without a body Node would announce a chunked one for these methods; an empty one is what the client meant.
 */
export function framed(request: BackendRequest): string[] {
  const headers = request.rawHeaders as string[];
  if (request.body || !/^(?:POST|PUT|PATCH)$/.test(request.method)) return headers;
  const named = headers.some((text, i) => i % 2 === 0 && text.toLowerCase() === 'content-length');
  return named ? headers : [...headers, 'Content-Length', '0'];
}

export function responseOf(answer: IncomingMessage): BackendResponse {
  return {
    status: answer.statusCode ?? 0,
    reason: answer.statusMessage ?? '',
    rawHeaders: answer.rawHeaders,
    body: answer,
  };
}
