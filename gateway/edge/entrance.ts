/**
 * The HTTP server in front of everything: what comes in is made unambiguous or refused before the application sees it.
 * It hands Hono the canonical path; what the client really sent stays beside it.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Refusal } from '@banyan/operations/connections/refuse.ts';
import { createServer } from '@banyan/operations/connections/server.ts';
import { getRequestListener } from '@hono/node-server';
import { refusalAnswer } from '../fault-answer.ts';
import { hasBody } from './framing.ts';
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
  return createServer(
    {
      handle: listener,
      faultOf: enter,
      answerTo: refusalAnswer,
      mayUpgrade: (incoming) =>
        mayLeaveHttp(incoming) && options.mayUpgrade(incoming, enteredTarget(incoming)),
      upgrade: (incoming, socket, head) => options.upgrade(incoming, enteredTarget(incoming), socket, head),
    },
    {
      keepAliveTimeout: idleTowardsClients,
      headersTimeout: 30_000,
      // A slow upload is not a fault; the head has its own limit.
      requestTimeout: 0,
      maxHeaderSize: longestHead,
    },
  );
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

/** Reads the target, once, and puts the canonical path in its place. @returns why the request is refused */
function enter(incoming: Bindings['incoming']): Refusal | undefined {
  if (incoming[targetOf]) return undefined;
  const { host } = incoming.headers;
  const reading = readTarget(incoming.url ?? '/', host);
  if ('fault' in reading) return { code: `${reading.fault}_request`, reason: reading.reason };
  incoming[targetOf] = reading.target;
  // Hono makes an address of Host and path, which nothing reads, and refuses Hosts that legacy takes.
  const plain = host === undefined || plainHost.test(host);
  incoming.url = plain ? routedPath(incoming) : 'http://localhost/';
  return undefined;
}

/** A request with a body, or of HTTP/1.0, cannot be upgraded, whatever it asks for. */
function mayLeaveHttp(incoming: IncomingMessage): boolean {
  return incoming.httpVersion === '1.1' && !hasBody(incoming);
}
