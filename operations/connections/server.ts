/**
 * The HTTP server of every port. Node dispatches whatever its parser finds on a connection, also after a request that was
 * refused; here nothing more is dispatched once a client and the server may disagree about where requests begin.
 */
import {
  createServer as createNodeServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { closeGentlyAtEnd, isClosing } from './close.ts';
import { framingFault } from './framing.ts';
import {
  pendingOn,
  type Refusal,
  type RefusalAnswer,
  refusalOf,
  refuseInTurn,
  refuseRequest,
} from './refuse.ts';

export interface Port {
  /** Called once the requests before it on its connection are answered: they may build on one another (RFC 9112 9.3.2). */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): unknown;
  /** Why a request is refused beside its framing; asked when its head arrives. */
  faultOf?(incoming: IncomingMessage): Refusal | undefined;
  /** What a refused client is told. */
  answerTo(refusal: Refusal): RefusalAnswer;
  /** Whether a request may leave HTTP for another protocol. If not, its `Upgrade` is ignored (RFC 9110 7.8). */
  mayUpgrade?(incoming: IncomingMessage): boolean;
  upgrade?(incoming: IncomingMessage, socket: Socket, head: Buffer): void;
}

/**
 * The last request of a connection that is dispatched, or that even this one was refused. Node's parser forgets the rest
 * of a segment behind a request with an `Upgrade`, so the next segment may begin in the middle of a body.
 */
const lastOf = new WeakMap<Duplex, IncomingMessage | 'refused'>();

export function createServer(port: Port, options: ServerOptions = {}): Server {
  const faultOf = (incoming: IncomingMessage) => framingFault(incoming) ?? port.faultOf?.(incoming);

  const arrive = (incoming: IncomingMessage, outgoing: ServerResponse, wantsContinue: boolean) => {
    const { socket } = incoming;
    const last = lastOf.get(socket);
    if ((last && last !== incoming) || !socket.writable) {
      incoming.resume();
      return;
    }
    const fault = faultOf(incoming);
    if (fault) {
      lastOf.set(socket, 'refused');
      refuseRequest(incoming, outgoing, port.answerTo(fault));
      return;
    }
    if (last) outgoing.shouldKeepAlive = false;
    if (outgoing.socket) admit(incoming, outgoing, wantsContinue);
    else outgoing.once('socket', () => admit(incoming, outgoing, wantsContinue));
  };
  const admit = (incoming: IncomingMessage, outgoing: ServerResponse, wantsContinue: boolean) => {
    // Its body turned out not to be HTTP while it waited; `refuseInTurn` answers.
    if (lastOf.get(incoming.socket) === 'refused' && !incoming.complete) return;
    if (wantsContinue) outgoing.writeContinue();
    port.handle(incoming, outgoing);
  };
  /** Asked by Node for each request that its parser takes for an upgrade. */
  const shouldUpgradeCallback = (incoming: IncomingMessage): boolean => {
    const { socket } = incoming;
    if (lastOf.has(socket)) return false;
    // An answer to an earlier request of this connection may still be under way.
    const isFree = socket.writable && !pendingOn(socket);
    if (isFree && !faultOf(incoming) && port.mayUpgrade?.(incoming)) return true;
    lastOf.set(socket, incoming);
    return false;
  };

  const server = createNodeServer({ ...options, requireHostHeader: false, shouldUpgradeCallback });
  server.on('connection', closeGentlyAtEnd);
  server.on('request', (incoming, outgoing) => arrive(incoming, outgoing, false));
  server.on('checkContinue', (incoming, outgoing) => arrive(incoming, outgoing, true));
  // An `Expect` that is not known is ignored, as most servers do; Node would answer 417.
  server.on('checkExpectation', (incoming, outgoing) => arrive(incoming, outgoing, false));
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (port.upgrade) port.upgrade(incoming, socket as Socket, head);
    else socket.destroy();
  });
  server.on('connect', (_incoming: IncomingMessage, socket: Duplex) => {
    detach(socket as Socket);
    if (lastOf.has(socket)) return;
    lastOf.set(socket, 'refused');
    const refusal: Refusal = { code: 'malformed_request', reason: 'no tunnel is offered here' };
    refuseInTurn(socket as Socket, port.answerTo(refusal));
  });
  server.on('clientError', (error: Error & { code?: string }, socket: Duplex) => {
    const last = lastOf.get(socket);
    // Bytes behind the last request, which are discarded.
    if (last === 'refused' || last?.complete || isClosing(socket)) return;
    lastOf.set(socket, 'refused');
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else refuseInTurn(socket as Socket, port.answerTo(refusalOf(error)));
  });
  return server;
}

/** Node has taken its listeners off; answers to earlier requests of the connection may be under way. */
function detach(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.on('drain', () => pendingOn(socket)?.emit('drain'));
  socket.resume();
}
