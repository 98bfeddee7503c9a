/**
 * WebSocket upgrades, carried to legacy. Not through a forwarder: once a connection changes its protocol there is no
 * answer that a backend could hand over, only two connections to be joined.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { closeGently, isClosing } from '@banyan/operations/connections/close.ts';
import { refuseSocket } from '@banyan/operations/connections/refuse.ts';
import { faultOf, reasonBehind } from '../backends/faults.ts';
import { addressOf, longestAnswerHead } from '../backends/http/address.ts';
import { changesProtocol } from '../backends/http/messages.ts';
import { UnusableAnswer } from '../backends/reasons.ts';
import { toClient } from '../edge/headers.ts';
import type { Target } from '../edge/target.ts';
import { BanyanError } from '../errors.ts';
import { faultAnswer } from '../fault-answer.ts';
import type { Logger } from '../log.ts';
import { joinSockets } from './join.ts';

export interface UpgradesOptions {
  /** Origin of the legacy backend. */
  url: string;
  /** The headers that the backend gets; `Connection` and `Upgrade` are added again. */
  headersOf: (incoming: IncomingMessage) => string[];
  /** How long the answer may take to start, in milliseconds. */
  deadline: number;
  log: Logger;
}

export interface Upgrades {
  /** @param head what the client sent after the request */
  handle(incoming: IncomingMessage, target: Target, socket: Socket, head: Buffer): void;
  /** Ends the connections that are still open: they would never end by themselves. */
  close(): void;
}

export function createUpgrades(options: UpgradesOptions): Upgrades {
  const { client, authority: _, ...address } = addressOf(options.url);
  const agent = new client.Agent({ keepAlive: false });
  const open = new Set<Socket>();

  const ask = (incoming: IncomingMessage, target: Target): ClientRequest => {
    const protocol = incoming.headers.upgrade ?? 'websocket';
    const headers = [...options.headersOf(incoming), 'Connection', 'Upgrade', 'Upgrade', protocol];
    const request = { method: 'GET', path: target.raw, headers, agent, maxHeaderSize: longestAnswerHead };
    return client.request({ ...address, ...request });
  };

  return {
    handle(incoming, target, socket, head) {
      open.add(socket);
      socket.on('error', () => undefined);
      const early = readEarly(socket, head);
      const upstream = ask(incoming, target);
      const timer = setTimeout(() => upstream.destroy(late(options.deadline)), options.deadline);
      socket.once('close', () => {
        open.delete(socket);
        upstream.destroy();
      });
      upstream.once('close', () => clearTimeout(timer));
      let hasBegun = false;
      const fail = (error: Error) => {
        if (socket.destroyed || isClosing(socket)) return;
        const fault = faultOf(error, 'legacy');
        options.log.warn({ fault: fault.message, reason: reasonBehind(fault) }, 'upgrade');
        early();
        if (fault instanceof BanyanError && !hasBegun) refuseSocket(socket, faultAnswer(fault, []));
        // Where no length was announced, a FIN would be the end of a whole answer.
        else socket.resetAndDestroy();
      };
      upstream.on('error', fail);
      upstream.once('upgrade', (answer, legacySocket, first) => {
        if (!agrees(incoming, answer)) {
          legacySocket.destroy();
          fail(new UnusableAnswer(otherProtocol));
          return;
        }
        hasBegun = true;
        const upgraded = ['Connection', 'Upgrade', 'Upgrade', answer.headers.upgrade ?? ''];
        socket.write(headOf(answer, upgraded), 'latin1');
        joinSockets({ socket, head: early() }, { socket: legacySocket, head: first });
      });
      upstream.once('response', (answer) => {
        if (changesProtocol(answer)) {
          upstream.destroy(new UnusableAnswer(otherProtocol));
          return;
        }
        clearTimeout(timer);
        answer.once('error', fail);
        // Node's parser goes on in the bytes that came with the head: what is wrong in them can still be a 502.
        setImmediate(() => {
          if (answer.errored || upstream.errored || socket.destroyed) return;
          hasBegun = true;
          early();
          passInstead(answer, socket);
        });
      });
      upstream.end();
    },
    close() {
      for (const socket of open) socket.destroy();
      agent.destroy();
    },
  };
}

const otherProtocol = 'it changed to a protocol that was not asked for';

/** Whether legacy changes to the protocol that the client asked for (RFC 9110 7.8). */
function agrees(incoming: IncomingMessage, answer: IncomingMessage): boolean {
  return answer.headers.upgrade?.toLowerCase() === incoming.headers.upgrade?.toLowerCase();
}

/** As much as a client may say before legacy has agreed, in bytes; more waits in its socket. */
const mostEarly = 64 * 1024;

/**
 * Reads on while legacy is asked: a client that goes away would not be noticed otherwise.
 * @returns what ends it, with all that was read
 */
function readEarly(socket: Socket, head: Buffer): () => Buffer {
  const pieces = [head];
  let length = head.length;
  const keep = (piece: Buffer) => {
    pieces.push(piece);
    length += piece.length;
    if (length > mostEarly) socket.pause();
  };
  const gone = () => socket.destroy();
  socket.on('data', keep).once('end', gone);
  return () => {
    socket.off('data', keep).off('end', gone).pause();
    return Buffer.concat(pieces);
  };
}

const late = (deadline: number) => new BanyanError('backend_timeout', { backend: 'legacy', deadline });

/** An answer instead of an upgrade: the connection ends with it. */
function passInstead(answer: IncomingMessage, socket: Socket): void {
  socket.resume();
  socket.write(headOf(answer, ['Connection', 'close']), 'latin1');
  answer.once('end', () => closeGently(socket));
  answer.pipe(socket, { end: false });
}

function headOf(answer: IncomingMessage, connection: string[]): string {
  const headers = [...toClient(answer.rawHeaders), ...connection];
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
