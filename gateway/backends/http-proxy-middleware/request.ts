/** A request as http-proxy-middleware reads one. */
import type { IncomingMessage } from 'node:http';
import { Readable, type Writable } from 'node:stream';
import type { BackendRequest } from '../backend.ts';
import { carry } from '../carry.ts';

/** @param deadline started again with each piece of the body */
export function requestFor(
  request: BackendRequest,
  rawHeaders: readonly string[],
  deadline: NodeJS.Timeout,
): IncomingMessage {
  const body = request.body ?? Readable.from([]);
  return {
    method: request.method,
    url: request.target,
    headers: headersFor(rawHeaders),
    httpVersionMajor: 1,
    // The library drops an ECONNRESET without a word where the client's socket is gone; whether it is, we know better.
    socket: { writable: true },
    on: body.on.bind(body),
    pipe: (upstream: Writable) => carry(body, upstream, () => deadline.refresh()),
  } as unknown as IncomingMessage;
}

/** The library looks for these in lower case, and adds its own where it does not see them: two lengths, one of them wrong. */
const framing = new Set(['content-length', 'transfer-encoding']);

function headersFor(rawHeaders: readonly string[]): Record<string, string | string[]> {
  // A header may be named `__proto__`.
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const given = rawHeaders[i] as string;
    const lower = given.toLowerCase();
    const name = framing.has(lower) ? lower : given;
    const value = rawHeaders[i + 1] as string;
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}
