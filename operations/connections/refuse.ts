/** Refusing requests, and being done with their connection. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { closeGently } from './close.ts';

export interface Refusal {
  code: 'ambiguous_request' | 'malformed_request' | 'headers_too_large' | 'request_timeout';
  /** What is wrong with the request, without anything of its content. */
  reason: string;
}

/** What a refused client is told; `Connection: close` is added. */
export interface RefusalAnswer {
  status: number;
  reason: string;
  rawHeaders: readonly string[];
  body: Uint8Array;
}

const close = ['Connection', 'close'];

/** Answers a request, in its turn, and closes the connection after it. */
export function refuseRequest(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { status, reason, rawHeaders, body }: RefusalAnswer,
): void {
  outgoing.writeHead(status, reason, [...rawHeaders, ...close]);
  outgoing.end(body);
  incoming.resume();
}

/** Answers on a bare connection, and closes it. */
export function refuseSocket(socket: Socket, { status, reason, rawHeaders, body }: RefusalAnswer): void {
  const headers = [...rawHeaders, ...close];
  const lines = [`HTTP/1.1 ${status} ${reason}`];
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  socket.on('error', () => undefined);
  socket.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]));
  closeGently(socket);
}

/**
 * Answers on a bare connection after the requests before it have got their answers.
 * @param socket its parser has failed, or was taken off
 */
export function refuseInTurn(socket: Socket, answer: RefusalAnswer): void {
  const pending = pendingOn(socket);
  if (!pending) {
    if (socket.writable) refuseSocket(socket, answer);
  }
  // The bytes belong to a later request.
  else if (pending.req.complete) pending.once('finish', () => refuseInTurn(socket, answer));
  // They belong to the body of this one, which will never be whole.
  else if (!pending.headersSent) refuseSocket(socket, answer);
  else socket.resetAndDestroy();
}

/** The answer that this connection is waiting for; Node's own handler of parser errors looks at the same field. */
export function pendingOn(socket: object): ServerResponse | undefined {
  return '_httpMessage' in socket ? ((socket._httpMessage as ServerResponse | null) ?? undefined) : undefined;
}

const codes: Record<string, Refusal['code']> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** An error of Node's parser as a refusal. Its texts are fixed and hold nothing of the request. */
export function refusalOf(error: Error & { code?: string; reason?: string }): Refusal {
  return {
    code: codes[error.code ?? ''] ?? 'malformed_request',
    reason: (error.reason ?? error.message).toLowerCase(),
  };
}
