/** Refusing what comes in, before it is a request of the application's. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { BanyanError, type ErrorCode } from '../errors.ts';
import { faultAnswer } from '../serve/gateway-answer.ts';

const closing = ['Connection', 'close'];

/** Answers a whole request with a fault, and closes the connection after it. */
export function refuse(incoming: IncomingMessage, outgoing: ServerResponse, error: BanyanError): void {
  const answer = faultAnswer(error, closing);
  outgoing.writeHead(answer.status, answer.reason, [...answer.rawHeaders]);
  outgoing.end(answer.body);
  incoming.resume();
}

/** How long a refused client may take to read the answer, in milliseconds. */
const linger = 500;

/** Answers on a bare connection, and closes it. */
export function refuseSocket(socket: Duplex, error: BanyanError): void {
  const { status, reason, rawHeaders, body } = faultAnswer(error, closing);
  const lines = [`HTTP/1.1 ${status} ${reason}`];
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  socket.on('error', () => undefined);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${Buffer.from(body as Uint8Array).toString('utf8')}`);
  closeInTime(socket);
}

/** Destroys a connection that was ended: at once, with bytes of the client's still unread, a reset would take the answer. */
export function closeInTime(socket: Duplex): void {
  setTimeout(() => socket.destroy(), linger).unref();
}

const clientFaults: Record<string, ErrorCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

const refused = new WeakSet<Duplex>();

/** Bytes that Node's parser refuses never become a request; they get an answer all the same, after those before them. */
export function answerClientError(error: Error & { code?: string; reason?: string }, socket: Duplex): void {
  // More bytes after the bad ones are reported again.
  if (refused.has(socket)) return;
  refused.add(socket);
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = clientFaults[error.code ?? ''] ?? 'malformed_request';
  const reason = (error.reason ?? error.message).toLowerCase();
  inTurn(socket, new BanyanError(code, { reason }));
}

function inTurn(socket: Duplex, fault: BanyanError): void {
  const pending = pendingOn(socket);
  if (!pending) refuseSocket(socket, fault);
  // The bytes belong to a later request, and whoever asked earlier gets an answer first.
  else if (pending.req.complete) pending.once('finish', () => inTurn(socket, fault));
  // They belong to this one's body: it will never be whole.
  else if (!pending.headersSent) refuseSocket(socket, fault);
  else socket.destroy();
}

/** The answer that this connection is waiting for; Node's own handler of such errors looks at the same field. */
function pendingOn(socket: Duplex): ServerResponse | undefined {
  return '_httpMessage' in socket ? ((socket._httpMessage as ServerResponse | null) ?? undefined) : undefined;
}
