/**
 * The HTTP server in front of everything: what comes in is made unambiguous or refused before the application sees it.
 * It hands Hono the canonical path; what the client really sent stays beside it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { BanyanError } from '../errors.ts';
import { ambiguityOf, hasBody, isOfOurVersion } from './framing.ts';
import { answerClientError, refuse, refuseSocket } from './refusal.ts';
import { readTarget, type Target } from './target.ts';

const targetOf = Symbol('target');

/** What Hono gets for a path that is not canonical; no route matches it. */
const noRoute = '/\u{10ffff}';

/** A Host that Hono's reading of addresses leaves as it is. */
const plainHost = /^[A-Za-z0-9._-]+(?::\d{1,5})?$/;

export type Bindings = { incoming: IncomingMessage & { [targetOf]?: Target }; outgoing: ServerResponse };

type Fetch = Parameters<typeof getRequestListener>[0];

export interface EntranceOptions {
  fetch: Fetch;
  /** Whether a request may leave HTTP for another protocol; where not, its `Upgrade` is ignored (RFC 9110 7.8). */
  mayUpgrade: (incoming: IncomingMessage, target: Target) => boolean;
  upgrade: (incoming: IncomingMessage, target: Target, socket: Socket, head: Buffer) => void;
}

/** Longer than the idle time of the clients and balancers in front, so that they close first. */
const idleTowardsClients = 75_000;

/** As much as the legacy app takes in one line (Python's http.server), so that no cookie or query gets too long here. */
const longestHead = 64 * 1024;

export function createEntrance(options: EntranceOptions): Server {
  const listener = getRequestListener(options.fetch, {
    // HTTP/1.0 needs no Host; Hono needs one for a URL that nothing reads.
    hostname: 'localhost',
    overrideGlobalObjects: false,
    // Bodies are read by the backends or drained by us.
    autoCleanupIncoming: false,
  });
  const admit = (incoming: Bindings['incoming'], outgoing: ServerResponse) => {
    const fault = enter(incoming);
    if (fault) refuse(incoming, outgoing, fault);
    else void listener(incoming, outgoing);
  };
  /** Node reads ahead, but requests that follow one another on a connection may build on one another (RFC 9112 9.3.2). */
  const inTurn = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (outgoing.socket) admit(incoming, outgoing);
    else outgoing.once('socket', () => admit(incoming, outgoing));
  };
  const server = createServer({
    keepAliveTimeout: idleTowardsClients,
    headersTimeout: 30_000,
    // A slow upload is not a fault; the head has its own limit.
    requestTimeout: 0,
    maxHeaderSize: longestHead,
    // It is refused by us, in the catalogue's words.
    requireHostHeader: false,
    shouldUpgradeCallback: (incoming: IncomingMessage) => {
      const target = upgradeTarget(incoming);
      return target !== undefined && options.mayUpgrade(incoming, target);
    },
  });
  server.on('request', inTurn);
  // Legacy ignores an `Expect` that it does not know; Node would answer 417.
  server.on('checkExpectation', inTurn);
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    const target = upgradeTarget(incoming);
    if (target) options.upgrade(incoming, target, socket as Socket, head);
    else socket.destroy();
  });
  server.on('connect', (_incoming: IncomingMessage, socket: Duplex) =>
    refuseSocket(socket, new BanyanError('malformed_request', { reason: 'no tunnel is offered here' })),
  );
  server.on('clientError', answerClientError);
  return server;
}

/** The target that `enter` read. */
export function enteredTarget(incoming: Bindings['incoming']): Target {
  const target = incoming[targetOf];
  if (!target) throw new Error('The request did not come through the entrance');
  return target;
}

/** The path that routes are matched with. */
export function routedPath(incoming: Bindings['incoming']): string {
  const target = enteredTarget(incoming);
  return target.canonical ? target.path : noRoute;
}

/** Reads the target and puts the canonical path in its place. @returns why the request is refused */
function enter(incoming: Bindings['incoming']): BanyanError | undefined {
  if (!isOfOurVersion(incoming))
    return new BanyanError('malformed_request', { reason: 'its version is neither 1.0 nor 1.1' });
  const reason = ambiguityOf(incoming);
  if (reason) return new BanyanError('ambiguous_request', { reason });
  const { host } = incoming.headers;
  const reading = readTarget(incoming.url ?? '/', host);
  if ('fault' in reading) return new BanyanError(`${reading.fault}_request`, { reason: reading.reason });
  incoming[targetOf] = reading.target;
  // Hono makes an address of Host and path, which nothing reads, and refuses Hosts that legacy takes.
  const plain = host === undefined || plainHost.test(host);
  incoming.url = plain ? routedPath(incoming) : 'http://localhost/';
  return undefined;
}

/** @returns undefined where the request cannot be upgraded, whatever it asks for */
function upgradeTarget(incoming: IncomingMessage): Target | undefined {
  // An answer to an earlier request of this connection may still be under way.
  const waiting = '_httpMessage' in incoming.socket && incoming.socket._httpMessage;
  if (waiting || incoming.httpVersion !== '1.1') return undefined;
  if (ambiguityOf(incoming) || hasBody(incoming)) return undefined;
  const reading = readTarget(incoming.url ?? '/', incoming.headers.host);
  return 'target' in reading ? reading.target : undefined;
}
