/**
 * The HTTP server in front of everything: what comes in is made unambiguous or refused before the application sees it.
 * It hands Hono the canonical path; what the client really sent stays beside it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { BanyanError, type ErrorCode } from '../errors.ts';
import { faultAnswer } from '../serve/gateway-answer.ts';
import { ambiguityOf } from './framing.ts';
import { readTarget, type Target } from './target.ts';

const targetOf = Symbol('target');

/** What Hono gets for a path that is not canonical; no route matches it. */
const noRoute = '/\u{10ffff}';

export type Bindings = { incoming: IncomingMessage & { [targetOf]?: Target }; outgoing: ServerResponse };

type Fetch = Parameters<typeof getRequestListener>[0];

export interface EntranceOptions {
  fetch: Fetch;
  /** Whether a request may leave HTTP for another protocol; where not, its `Upgrade` is ignored (RFC 9110 7.8). */
  mayUpgrade: (incoming: IncomingMessage, target: Target) => boolean;
  upgrade: (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** Longer than the idle time of the clients and balancers in front, so that they close first. */
const idleTowardsClients = 75_000;

export function createEntrance(options: EntranceOptions): Server {
  const listener = getRequestListener(options.fetch, {
    // HTTP/1.0 needs no Host; Hono needs one for a URL that nothing reads.
    hostname: 'localhost',
    overrideGlobalObjects: false,
    // Bodies are read by the backends or drained by us.
    autoCleanupIncoming: false,
    errorHandler: () => refusal(new BanyanError('malformed_request', { reason: 'its Host is not a host' })),
  });
  const server = createServer(
    {
      keepAliveTimeout: idleTowardsClients,
      headersTimeout: 30_000,
      // A slow upload is not a fault; the head has its own limit.
      requestTimeout: 0,
      shouldUpgradeCallback: (incoming: IncomingMessage) => {
        const reading = readTarget(incoming.url ?? '/', incoming.headers.host);
        return 'target' in reading && !ambiguityOf(incoming) && options.mayUpgrade(incoming, reading.target);
      },
    },
    (incoming, outgoing) => {
      const fault = enter(incoming);
      if (fault) refuse(outgoing, fault);
      else void listener(incoming, outgoing);
    },
  );
  server.on('upgrade', options.upgrade);
  server.on('clientError', answerClientError);
  return server;
}

/** The target that `enter` read. */
export function enteredTarget(incoming: Bindings['incoming']): Target {
  const target = incoming[targetOf];
  if (!target) throw new Error('The request did not come through the entrance');
  return target;
}

/** Reads the target and puts the canonical path in its place. @returns why the request is refused */
function enter(incoming: Bindings['incoming']): BanyanError | undefined {
  const reason = ambiguityOf(incoming);
  if (reason) return new BanyanError('ambiguous_request', { reason });
  const reading = readTarget(incoming.url ?? '/', incoming.headers.host);
  if ('fault' in reading) return new BanyanError(`${reading.fault}_request`, { reason: reading.reason });
  incoming[targetOf] = reading.target;
  incoming.url = reading.target.canonical ? reading.target.path : noRoute;
  return undefined;
}

function refuse(outgoing: ServerResponse, error: BanyanError): void {
  const answer = faultAnswer(error, ['Connection', 'close']);
  outgoing.writeHead(answer.status, answer.reason, [...answer.rawHeaders]);
  outgoing.end(answer.body);
}

function refusal(error: BanyanError): Response {
  return Response.json(error.toBody(), { status: error.status, headers: { connection: 'close' } });
}

const clientFaults: Record<string, ErrorCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** Bytes that Node's parser refuses never become a request; they get an answer all the same. */
function answerClientError(error: Error & { code?: string; reason?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = clientFaults[error.code ?? ''] ?? 'malformed_request';
  const { status, reason, rawHeaders, body } = faultAnswer(
    new BanyanError(code, { reason: (error.reason ?? error.message).toLowerCase() }),
    ['Connection', 'close'],
  );
  const lines = [`HTTP/1.1 ${status} ${reason}`];
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${Buffer.from(body as Uint8Array).toString('utf8')}`);
}
